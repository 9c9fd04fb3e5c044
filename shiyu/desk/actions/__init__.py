"""Every write of what people keep at the desk (工作台的写入)."""
