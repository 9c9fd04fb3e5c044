"""Load: a mixed day, intake, an import, streams, jobs, plans, a soak, overload (T-L1 … T-L8)."""
