"""What the machine and the database say of how the program runs, for Prometheus (监测)."""
