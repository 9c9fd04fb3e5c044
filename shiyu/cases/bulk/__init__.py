"""The bulk writer of cases: whole histories at once, under the rules of the actions (批量写入).

`past` folds a history with the same replay, clock and effects as a live move; `writer` and
`recorded` bring the rows into the tables with COPY. Who may make which move, and when, is asked
by the history engine before anything comes here.
"""

from shiyu.cases.bulk.arrived import Arriving, write_arrived
from shiyu.cases.bulk.past import REPORTER, Past, Told, fold
from shiyu.cases.bulk.recorded import Recorded, write_recorded
from shiyu.cases.bulk.writer import write

__all__ = [
    "REPORTER",
    "Arriving",
    "Past",
    "Recorded",
    "Told",
    "fold",
    "write",
    "write_arrived",
    "write_recorded",
]
