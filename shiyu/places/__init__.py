"""The tree of places from city to grid cell, with boundaries and rosters (区域与单元网格)."""
