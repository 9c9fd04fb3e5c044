"""Open311 GeoReport v2, and one profile beyond it (Open311 接口)."""
