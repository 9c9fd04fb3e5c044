"""Shapes of what people type, one form a move (表单)."""
