"""What other systems of the city speak to: keys, `/api/v1`, Open311 (接口)."""
