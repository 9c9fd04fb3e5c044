"""The drawing in the module's page is the table in lifecycle.py."""

from shiyu.cases.diagram import beside, mermaid
from shiyu.cases.lifecycle import MOVES
from shiyu.common.home import PROJECT


def test_every_move_is_drawn_or_listed():
    drawing, listed = mermaid(), beside()

    assert all(str(move.title) in drawing + listed for move in MOVES.values())


def test_the_page_shows_the_table_as_it_is():
    page = (PROJECT / "docs/modules/cases.md").read_text()

    assert f"```mermaid\n{mermaid()}```" in page, "run tools/diagram.py"
    assert beside() in page
