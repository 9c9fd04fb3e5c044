"""What other modules may listen to; sent after commit, unable to object (日历事件)."""

from django.dispatch import Signal

changed = Signal()
"""A calendar was edited. Arguments: code, unit_id (None: the city's), first_day.

Only what lies on or after `first_day` can have changed.
"""

retiming_asked = Signal()
"""A recomputation of due times waits to be made, or looked at. Argument: pk of the Retiming."""
