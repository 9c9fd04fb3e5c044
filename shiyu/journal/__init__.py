"""The journal: every move of every record, only ever added (办理日志)."""
