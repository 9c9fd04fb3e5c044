"""Tags of lists: their lines, written without a template each (列表行)."""

from collections.abc import Iterable

from django import template
from django.utils.safestring import SafeString

from shiyu.desk.found import Found
from shiyu.desk.kept import Shown
from shiyu.desk.listing import Row
from shiyu.site import rows

register = template.Library()


@register.simple_tag
def case_rows(lines: Iterable[Row], shown: Shown, here: str) -> SafeString:
    """All lines of a page of a list."""
    return rows.table(lines, shown, here)


@register.simple_tag
def case_row(row: Row, shown: Shown, here: str, gone: str = "") -> SafeString:
    """One line, as it stands now or as it left the list."""
    return rows.one(row, shown, here, gone)


@register.simple_tag
def found_rows(found: Iterable[Found], here: str) -> SafeString:
    """The lines of what a search found."""
    return rows.results(found, here)
