"""Django's PostgreSQL with the second wall: each statement says whose sight it has (第二道墙)."""
