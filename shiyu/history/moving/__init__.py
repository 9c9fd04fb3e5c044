"""Everything a city owns, in open formats, complete enough to move away (数据迁出)."""
