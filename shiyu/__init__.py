"""Shiyu (市域): the operating software of a well-governed city."""

__version__ = "0.1.0"
