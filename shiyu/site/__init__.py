"""Settings, paths, base templates and the command line (站点)."""
