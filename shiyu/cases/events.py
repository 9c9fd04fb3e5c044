"""What other modules may listen to; sent after commit, unable to object (案件事件)."""

from django.dispatch import Signal

reported = Signal()
"""A new report was taken in. Arguments: case, report."""

moved = Signal()
"""A case made a move. Arguments: case, move (its name), actor."""
