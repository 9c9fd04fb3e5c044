"""Pages of the interfaces: keys for the system administrator (keys), the reference (reference)."""
