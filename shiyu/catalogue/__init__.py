"""Kinds of case with conditions, allowances and owners (立结案标准、入格事项清单)."""
