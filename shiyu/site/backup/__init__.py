"""Backups of a city and the way back from them: base backups, archived WAL, files, keys (备份)."""
