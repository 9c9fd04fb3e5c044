"""The lines of a list are what their template draws, for every column, stage and light."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.template import engines
from django.utils import timezone
from django.utils.translation import override

from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case
from shiyu.desk import listing
from shiyu.desk.found import Found, Why
from shiyu.desk.kept import LIST_COLUMNS, Shown
from shiyu.site import rows

FORM = (Path(__file__).parent / "row.html").read_text(encoding="utf-8")
FOUND = (Path(__file__).parent / "found_row.html").read_text(encoding="utf-8")
HERE = 'in=all&q=a"b<c'
ALL = Shown(tuple(LIST_COLUMNS), dense=True)


def drawn_by_template(row: listing.Row, shown: Shown, here: str, gone: str = "") -> str:
    template = engines["django"].from_string(FORM)  # type: ignore[attr-defined]
    return str(template.render({"row": row, "shown": shown, "here": here, "gone": gone}))


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
@pytest.mark.parametrize("stage", [Stage.REPORTED, Stage.FILED, Stage.HANDLING, Stage.CLOSED])
@pytest.mark.parametrize("minutes", [-9000, -1, 30, 60 * 24 * 9])
def test_a_line_is_what_its_template_draws(stage, minutes, language, world, make_case):
    case = make_case(stage)
    now = timezone.now().replace(second=0, microsecond=0)
    if case.is_open:
        Case.objects.filter(pk=case.pk).update(
            due_at=now + timedelta(minutes=minutes), address="<b>\"路\" & 'x'"
        )
    case = Case.objects.with_row().get(pk=case.pk)
    row = listing.row_of(case, now=now, words="井盖 <坏> 了，在路口东北角大约十五米的地方")
    with override(language):
        for shown, here in ((ALL, HERE), (Shown(("kind",)), "")):
            whole = drawn_by_template(row, shown, here)
            assert lines(rows.one(row, shown, here)) == lines(whole)
            gone = drawn_by_template(row, shown, here, "已由 <某人> 派遣")
            assert lines(rows.one(row, shown, here, "已由 <某人> 派遣")) == lines(gone)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("stage", [Stage.ACCEPTED, Stage.HANDLING, Stage.CLOSED])
@pytest.mark.parametrize("here", [HERE, ""])
def test_what_a_search_found_is_what_its_template_draws(here, stage, language, make_case):
    case = Case.objects.with_row().get(pk=make_case(stage).pk)
    row = listing.row_of(case, now=timezone.now().replace(second=0, microsecond=0))
    why = [Why("", [("<北>", True), ("路 & 口", False)]), Why("反映 <", [("井盖", True)])]
    found = Found(row, [(case.number[-6:], False)], [("井盖", True), ("<破损>", False)], why)
    template = engines["django"].from_string(FOUND)  # type: ignore[attr-defined]
    with override(language):
        drawn = rows.results([found], here)
        assert lines(drawn) == lines(template.render({"found": found, "here": here}))


def lines(html: str) -> list[str]:
    """Without the moment at which it was drawn, which stands in every light that runs."""
    parts = html.replace("><", ">\n<").split()
    return [part for part in parts if not part.startswith("data-at=")]


def test_a_page_of_lines_names_every_case(world, make_case):
    made = [make_case(Stage.ACCEPTED) for _ in range(3)]
    page = listing.page(Case.objects.all(), due="", now=timezone.now())
    html = rows.table(page.rows, ALL, HERE)
    assert all(f'id="case-{case.pk}"' in html for case in made)
    assert html.count("<tr ") == 3


def test_every_column_that_a_list_may_show_is_drawn():
    assert set(rows.CELLS) == set(LIST_COLUMNS)
