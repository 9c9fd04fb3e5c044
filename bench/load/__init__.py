"""Load: a mixed day, intake, an import, streams, jobs, plans, a soak, too much at once (T-L1 … T-L8)."""
