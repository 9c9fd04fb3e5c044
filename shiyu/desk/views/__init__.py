"""Pages of those who sign in to work on cases."""
