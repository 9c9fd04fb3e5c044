"""Usual reasons in the forms of moves: chosen, typed, both, neither."""

import pytest

from shiyu.catalogue import actions
from shiyu.journal.models import Remark

LISTED = "不属本单位职责"


@pytest.fixture
def sent(client, world):
    actions.add_reason("object", LISTED, actor=world.actor("administrator"))
    case = world.make_case("dispatched")
    client.force_login(world.people["handler"])

    def send(**fields):
        form = {"unit": world.units["roads"].pk, **fields}
        return client.post(f"/cases/{case.number}/object/", form)

    return send


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({"reason_usual": LISTED}, LISTED),
        ({"reason_usual": LISTED, "reason": "井盖是燃气的"}, f"{LISTED}。井盖是燃气的"),
        ({"reason": "井盖是燃气的"}, "井盖是燃气的"),
        ({"reason_usual": "没有列出的", "reason": "井盖是燃气的"}, "井盖是燃气的"),
        ({"reason_usual": LISTED, "reason": f"{LISTED}，见附图"}, f"{LISTED}，见附图"),
    ],
)
def test_what_was_chosen_stands_before_what_was_typed(sent, fields, kept):
    assert sent(**fields).status_code == 302

    assert Remark.objects.latest("pk").text == kept


def test_neither_chosen_nor_typed_is_refused(sent):
    answer = sent(reason_usual="", reason="  ")

    assert answer.status_code == 422
    assert "写明理由" in answer.content.decode()


def test_the_list_is_offered_only_where_it_belongs(client, world, sent):
    case = world.make_case("dispatched")

    page = client.get(f"/cases/{case.number}/").content.decode()

    assert page.count(f"<option>{LISTED}</option>") == 1
