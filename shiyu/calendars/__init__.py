"""Office hours, holidays and make-up days of the city and its units (工作日历)."""
