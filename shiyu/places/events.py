"""What modules above may hear of places (区域事件)."""

from django.dispatch import Signal

renumbered = Signal()
"""Numbers of places were given anew; sent inside the transaction, with `place_ids`.

Whoever keeps a copy of Place.first must take it over before the transaction ends: a scope that
compared new numbers with old ones would show cases to the wrong people.
"""
