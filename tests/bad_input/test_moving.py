"""Moves with what no well-meaning page sends: a sentence, a status, and nothing changes.

What one module alone is asked is tried beside it; here are the pages and commands as a whole.
"""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from shiyu.cases.lifecycle import MOVES, Stage
from shiyu.cases.tests.world import THERE, World, a_photo
from shiyu.desk.moves import MOVE_FORMS
from tests.bad_input.said import ENDLESS, NUL, OVERRIDE, WRONG_FILES, says, traces

pytestmark = pytest.mark.django_db

JUNK: dict[str, dict[str, str]] = {
    "zero bytes": dict.fromkeys(
        ("reason", "instead", "into", "kind", "standard", "address", "lead", "co", "units"), NUL
    )
    | dict.fromkeys(("unit", "outcome", "until", "found", "text", "version", "back"), NUL),
    "endless numbers": dict.fromkeys(
        ("into", "close_by", "kind", "standard", "lat", "lon", "accuracy", "lead", "unit"), ENDLESS
    )
    | dict.fromkeys(("units", "outcome", "until", "version", "back"), ENDLESS),
    "no numbers": dict.fromkeys(("lat", "lon", "version", "standard", "unit", "close_by"), "nan"),
    "overrides": dict.fromkeys(("reason", "kind", "lead", "into", "text", "back"), OVERRIDE),
}


@pytest.mark.parametrize("junk", JUNK)
@pytest.mark.parametrize(
    ("stage", "who"),
    [(Stage.ACCEPTED, "clerk"), (Stage.FILED, "clerk"), (Stage.HANDLING, "handler")],
)
def test_junk_in_every_field_of_a_move_is_answered_with_a_sentence(
    stage: Stage, who: str, junk: str, client: Client, world: World
) -> None:
    case = world.make_case(stage)
    client.force_login(world.people[who])

    for move in MOVE_FORMS if junk == "zero bytes" else _from(stage):
        before = traces()
        answer = client.post(f"/cases/{case.number}/{move}/", JUNK[junk])
        case.refresh_from_db()
        assert answer.status_code in {200, 302, 403, 409, 422}, (move, answer.status_code)
        if answer.status_code >= 400:
            assert traces() == before, move
        if case.stage != stage:  # a move that asks for nothing was made: that is all right
            case = world.make_case(stage)


def _from(stage: Stage) -> list[str]:
    return [name for name in MOVE_FORMS if stage in MOVES[name].sources]


@pytest.mark.parametrize("stage", Stage)
def test_a_move_out_of_order_says_who_moved_and_changes_nothing(
    stage: Stage, client: Client, world: World
) -> None:
    case = world.make_case(stage)
    client.force_login(world.people["clerk"])
    out_of_order = [
        name
        for name in ("accept", "file", "dispatch", "close", "check_open", "urge", "correct")
        if stage not in MOVES[name].sources
    ]
    before = traces(), case.version

    for name in out_of_order:
        answer = client.post(f"/cases/{case.number}/{name}/", {"reason": "晚了一步"})
        if name == "urge":
            assert answer.status_code in {403, 409}
            continue
        assert answer.status_code == 409, name
        assert says(answer, "您写的说明还在" if stage in MOVES["remark"].sources else "已")

    case.refresh_from_db()
    assert (traces(), case.version) == before


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"lead": "没有这个所"}, "没有找到“没有这个所”"),
        ({"lead": "所"}, "不止一个"),
        ({"lead": NUL}, ""),
        ({"lead": ""}, "选择主责单位"),
        ({"lead": "市政养护所", "co": "市政养护所"}, "不能既主责又协办"),
    ],
)
def test_a_unit_nobody_knows_is_not_sent_anything(
    fields: dict[str, str], words: str, client: Client, world: World
) -> None:
    case = world.make_case(Stage.FILED)
    client.force_login(world.people["dispatcher"])
    before = traces()

    answer = client.post(f"/cases/{case.number}/dispatch/", fields)

    assert answer.status_code == 422
    assert says(answer, words)
    assert traces() == before


@pytest.mark.parametrize("standard", ["999999999", ENDLESS, "x", "-1", ""])
def test_a_standard_of_another_case_is_not_filed_under(
    standard: str, client: Client, world: World
) -> None:
    case = world.make_case(Stage.ACCEPTED)
    client.force_login(world.people["intake"])
    forged = standard or str(world.standards["noise"].pk)

    answer = client.post(f"/cases/{case.number}/file/", {"standard": forged})

    case.refresh_from_db()
    assert answer.status_code == 422
    assert case.stage == Stage.ACCEPTED


def test_a_handler_cannot_answer_for_another_unit(client: Client, world: World) -> None:
    case = world.make_case(Stage.HANDLING, co=("waste",))
    client.force_login(world.people["handler"])
    other = world.units["waste"].pk
    before = traces()

    answer = client.post(f"/cases/{case.number}/handle/", {"unit": other, "reason": "办好了"})

    assert answer.status_code == 422
    assert traces() == before


def test_a_kind_kept_off_the_grid_is_not_sent_to_it_from_the_page(
    client: Client, world: World
) -> None:
    case = world.make_case(Stage.FILED, kind="noise")
    client.force_login(world.people["dispatcher"])
    before = traces()

    answer = client.post(f"/cases/{case.number}/dispatch/", {"lead": "书店街指挥室"})

    assert answer.status_code == 422
    assert says(answer, "未列入入格事项清单")
    assert traces() == before


def test_a_case_is_not_corrected_to_where_its_desk_has_no_say(client: Client, world: World) -> None:
    case = world.make_case(Stage.REPORTED)
    client.force_login(world.people["intake"])
    there = {"lon": THERE[0], "lat": THERE[1], "reason": "在龙亭区"}

    answer = client.post(f"/cases/{case.number}/correct/", there)

    case.refresh_from_db()
    assert answer.status_code == 422
    assert says(answer, "请上报上级中心更正")
    assert case.place == world.places["cell_a"]


@pytest.mark.parametrize("what", WRONG_FILES)
def test_a_wrong_file_with_an_answer_leaves_the_case_as_it_was(
    what: str, client: Client, world: World
) -> None:
    case = world.make_case(Stage.HANDLING)
    client.force_login(world.people["handler"])
    before = traces()
    wrong = SimpleUploadedFile("photo.jpg", WRONG_FILES[what], content_type="image/jpeg")
    said = {"unit": world.units["roads"].pk, "reason": "已更换"}

    answer = client.post(f"/cases/{case.number}/handle/", said | {"photos": [a_photo(), wrong]})

    assert answer.status_code == 422
    assert says(answer, "照片") or says(answer, "文件")
    assert traces() == before


def test_too_many_photos_with_an_answer_are_too_many(client: Client, world: World) -> None:
    case = world.make_case(Stage.HANDLING)
    client.force_login(world.people["handler"])
    said = {"unit": world.units["roads"].pk, "reason": "已更换"}

    answer = client.post(
        f"/cases/{case.number}/handle/", said | {"photos": [a_photo() for _ in range(4)]}
    )

    assert answer.status_code == 422
    assert says(answer, "照片最多 3 张")
