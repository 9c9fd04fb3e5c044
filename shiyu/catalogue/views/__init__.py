"""Pages of the catalogue: everybody reads it, the system administrator edits it."""
