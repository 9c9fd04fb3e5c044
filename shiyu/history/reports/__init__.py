"""A city built from an export of its reports (历史数据建城)."""
