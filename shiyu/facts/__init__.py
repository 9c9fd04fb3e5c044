"""Daily facts: what was done each day, where, by whom, to what, counted as it happens (日统计)."""
