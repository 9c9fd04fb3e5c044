"""What other modules may listen to (案件事件): after commit, save where another time is named."""

from django.dispatch import Signal

reported = Signal()
"""A new report was taken in. Arguments: case, report."""

written = Signal()
"""Lines of cases were written, in their transaction: what fails here undoes them, so listen only
to keep what must be true together with them. Arguments: lived (see `shiyu.cases.happened`)."""

recorded = Signal()
"""The same of a whole import. Arguments: rows, a polars frame with the columns reported_at,
closed_at, place_id, kind_id, centre_id, channel; unit_id, minutes and late if closed."""

moved = Signal()
"""A case made a move. Arguments: case, move (its name), actor."""
