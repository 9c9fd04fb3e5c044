"""Faults: one harness that breaks a city at work and counts what became of what was promised."""
