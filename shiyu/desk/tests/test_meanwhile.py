"""What happened since a page was opened: who, when, what, and what may still be done."""

import re

import pytest

from shiyu.cases import actions as do
from shiyu.cases.lifecycle import Stage


@pytest.fixture
def opened(client, world, make_case):
    """A case as somebody at intake has it open, and where their page asks."""
    case = make_case(Stage.FILED)
    client.force_login(world.people["clerk"])
    page = client.get(f"/cases/{case.number}/").content.decode()
    found = re.search(r'data-meanwhile="([^"]+)"', page)
    assert found
    return case, found[1]


def test_nothing_happened(client, opened):
    told = client.get(opened[1]).json()

    assert told["lines"] == []
    assert told["stage"] == "待派遣"
    assert "dispatch" in told["moves"]


def test_who_did_what_when_and_what_may_still_be_done(client, world, opened):
    case, address = opened
    do.remark(case, actor=world.actor("intake"), reason="电话里说的不许进历史")
    do.dispatch(case, lead=world.units["roads"], actor=world.actor("dispatcher"))

    told = client.get(address).json()

    remark, dispatched = told["lines"]
    assert re.fullmatch(r"王芳 \d\d:\d\d 已“批注”", remark)
    assert re.fullmatch(r"\S+ \d\d:\d\d 已“派遣” → .+（主责）", dispatched)
    assert told["stage"] == "待签收"
    assert "dispatch" not in told["moves"]
    assert "电话里" not in str(told)


def test_who_lost_sight_of_the_case_is_told_nothing(client, world, opened):
    client.force_login(world.people["intake_longting"])

    assert client.get(opened[1]).status_code == 404


def test_a_case_put_in_again_on_its_own_page_keeps_its_form(client, opened):
    case, _address = opened

    alone = client.get(f"/cases/{case.number}/?whole=1", headers={"HX-Request": "true"})
    beside = client.get(f"/cases/{case.number}/", headers={"HX-Request": "true"})

    assert '<h1 class="case-title"' in alone.content.decode()
    assert "hx-target" not in alone.content.decode()
    assert 'hx-target="#case-pane"' in beside.content.decode()
