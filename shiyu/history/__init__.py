"""Histories replayed in bulk: imports, the demo city (历史回放)."""
