"""`shiyu import`, a file for each kind of thing that is taken in (导入命令)."""
