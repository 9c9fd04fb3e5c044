"""The lines of a list, written without a template (列表行).

A list shows fifty, each with a dozen places; through a template they took more than half of the
page's time. The form of a line is `tests/row.html` (of what a search found `tests/found_row.html`),
templates that the tests compare with.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from shiyu.common.said import said as _
from shiyu.desk.found import Found, Pieces, Why
from shiyu.desk.kept import Shown
from shiyu.desk.listing import Row
from shiyu.site import drawn
from shiyu.site.lights import light_of
from shiyu.site.quick import escaped

NUMBER_ENDS_AT = 6
WORDS_SHOWN = 14


def table(rows: Iterable[Row], shown: Shown, here: str) -> SafeString:
    """All lines of a page; `here` is the list they stand in, as part of an address."""
    now, back = timezone.now(), _back(here)
    return drawn.made(["\n".join(_line(row, shown, back, now) for row in rows)])


def results(found: Iterable[Found], here: str) -> SafeString:
    """The lines of what a search found, each with why."""
    now, back = timezone.now(), _back(here)
    return drawn.made(["\n".join(_result(line, back, now) for line in found)])


def one(row: Row, shown: Shown, here: str, gone: str = "") -> SafeString:
    """A single line anew; `gone` says who took the case out of this list."""
    if gone:
        return drawn.made([_gone(row, shown, gone)])
    return table([row], shown, here)


def _line(row: Row, shown: Shown, back: str, now: datetime) -> str:
    pk, end = row.case.pk, escaped(row.case.number[-NUMBER_ENDS_AT:])
    cells = [f'<td class="cell-{name}">{CELLS[name](row)}</td>' for name in shown.columns]
    return "\n".join(
        (
            f'<tr class="row" {_marks(row)}>',
            f'<td class="pick"><label class="hit"><input type="checkbox" name="case" value="{pk}" '
            f'id="pick-{pk}" data-pick><span class="sr">{escaped(row.pick)}</span></label></td>',
            f'<td class="cell-light">{_light(row, now)}</td>',
            f'<td class="cell-number num">{_link(row, end, back)}</td>',
            *cells,
            "</tr>",
        )
    )


def _result(found: Found, back: str, now: datetime) -> str:
    row = found.row
    stage = _meta(row.case.get_stage_display())
    return "\n".join(
        (
            f'<tr class="row" {_marks(row)}>',
            f'<td class="cell-light">{_light(row, now)}</td>',
            f'<td class="cell-number num">{_link(row, _pieces(found.number), back)}</td>',
            f'<td class="cell-main"><span>{_pieces(found.kind)}</span>{stage}</td>',
            f'<td class="cell-why">{"".join(map(_why, found.why))}</td></tr>',
        )
    )


def _why(why: Why) -> str:
    label = f"{_meta(why.label)} " if why.label else ""
    return f"<span>{label}{_pieces(why.pieces)}</span>"


def _pieces(pieces: Pieces) -> str:
    """A text in which what matched is marked."""
    return "".join(
        f"<mark>{escaped(piece)}</mark>" if hit else escaped(piece) for piece, hit in pieces
    )


def _gone(row: Row, shown: Shown, gone: str) -> str:
    end = escaped(row.case.number[-NUMBER_ENDS_AT:])
    told = f'<td colspan="{shown.count}"><span class="num">{end}</span> {escaped(gone)}</td>'
    return f'<tr class="row row-gone" {_marks(row)}>{told}</tr>'


def _back(here: str) -> str:
    return f"?{escaped(here)}" if here else ""


def _light(row: Row, now: datetime) -> str:
    """The light of an open case; of a closed one that it is done."""
    if row.case.is_open:
        return drawn.light(light_of(row.clock), "row", now)
    return _meta(_("已办结"))


def _link(row: Row, shown: str, back: str) -> str:
    """The number, which leads to the case; `shown` is HTML."""
    return (
        f'<a class="row-open" id="open-{row.case.pk}" href="{escaped(row.url)}{back}" '
        f'title="{escaped(row.case.number)}">{shown}</a>'
    )


def _marks(row: Row) -> str:
    """What the page's script knows a line by."""
    pk = row.case.pk
    return f'id="case-{pk}" data-id="{pk}" data-version="{row.case.version}"'


def _kind(row: Row) -> str:
    if row.case.kind:
        return escaped(str(row.case.kind))
    words = Truncator(row.words).chars(WORDS_SHOWN) if row.words else _("未定类别")
    return _meta(words)


def _meta(words: str) -> str:
    return f'<span class="meta">{escaped(words)}</span>'


def _num(told: str) -> str:
    return f'<span class="num">{told}</span>'


def _when(moment: datetime | None) -> str:
    return _num(f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment else "")


CELLS: dict[str, Callable[[Row], str]] = {
    "kind": _kind,
    "place": lambda row: escaped(row.where),
    "stage": lambda row: escaped(row.case.get_stage_display()),
    "channel": lambda row: escaped(str(row.channel)),
    "due": lambda row: _when(row.case.due_at),
    "reported": lambda row: _when(row.case.reported_at),
    "centre": lambda row: escaped(str(row.case.centre)),
    "round": lambda row: _num(str(row.case.round)),
}
"""What stands in each column, as HTML; the columns are those of `kept.LIST_COLUMNS`."""
