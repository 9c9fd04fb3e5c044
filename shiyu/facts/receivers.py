"""What facts do when lines of cases are written: count them, in the same transaction."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from shiyu.cases.happened import Lived
from shiyu.facts import actions


def keep(lived: Sequence[Lived], **_more: Any) -> None:
    """Count these lines; a fault here undoes them, so that no figure is ever short of a line."""
    actions.count(lived)


def keep_recorded(rows: pl.DataFrame, **_more: Any) -> None:
    """Count an import's reports and closings."""
    actions.count_recorded(rows)
