"""Reports of another system, taken into a city as new ones (批量接件)."""
