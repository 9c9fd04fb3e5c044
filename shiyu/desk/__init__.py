"""The operator's desk and the case page (工作台)."""
