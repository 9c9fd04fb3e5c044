"""Pages of one's own account (own) and of the accounts one administers (people)."""
