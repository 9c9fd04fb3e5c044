"""What no well-meaning page sends: each gets a sentence and a status, and nothing changes.

What one module alone is asked is tried beside it; here are the pages and commands as a whole.
"""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from shiyu.cases import actions as do
from shiyu.cases.lifecycle import MOVES, Stage
from shiyu.cases.models import Case
from shiyu.cases.tests.world import HERE, THERE, World, a_photo
from shiyu.common.errors import NotAllowed, Refused
from shiyu.common.models import Attempt
from shiyu.desk.moves import MOVE_FORMS
from shiyu.files.models import Photo
from shiyu.journal.models import Line, Remark
from shiyu.portal.rules import UPLOADING
from shiyu.portal.tests.phone import Phone

pytestmark = pytest.mark.django_db

NUL, OVERRIDE, ENDLESS = "井\0盖", "\u202e盖井\u202c", "9" * 5000


def traces() -> tuple[int, ...]:
    kept = (Line, Case, Photo, Remark)
    return tuple(model.objects.count() for model in kept)


def says(answer: Any, *words: str) -> bool:
    html = answer.content.decode()
    return all(word in html for word in words)


# ---- moves through their pages ----------------------------------------------------------------

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


# ---- what is entered --------------------------------------------------------------------------

CALL: dict[str, Any] = {
    "ref": "r1",
    "channel": "hotline",
    "text": "井盖破了",
    "address": "书店街",
    "lon": HERE[0],
    "lat": HERE[1],
}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lon": 116.4, "lat": 39.9}, "不在本市"),
        ({"lon": "", "lat": "", "place": "999999999"}, "选一个区域"),
        ({"lon": "", "lat": "", "place": NUL}, ""),
        ({"kind": "没有这一类"}, "没有找到"),
        ({"kind": NUL}, ""),
        ({"channel": "satellite"}, ""),
        ({"text": " \u202e \n"}, "说明是什么问题"),
        ({"text": "长" * 2001}, "多了 1 字"),
        ({"phone": "1380000"}, "11 位"),
        ({"lat": "nan", "lon": "inf"}, ""),
    ],
)
def test_a_call_that_cannot_be_taken_in_leaves_nothing(
    changes: dict[str, Any], words: str, client: Client, world: World
) -> None:
    client.force_login(world.people["intake"])
    before = traces()

    answer = client.post("/desk/new/", CALL | changes)

    assert answer.status_code == 422
    assert says(answer, words)
    assert traces() == before


def test_ten_megabytes_of_words_are_refused_before_they_are_read(
    client: Client, world: World
) -> None:
    case = world.make_case(Stage.REPORTED)
    client.force_login(world.people["intake"])
    before = traces()

    for path in ("/desk/new/", f"/cases/{case.number}/remark/"):
        answer = client.post(path, CALL | {"text": "长" * 3_500_000, "reason": "长" * 3_500_000})
        assert answer.status_code == 413
        assert says(answer, "提交的内容过大")

    assert traces() == before


def test_direction_overrides_never_reach_the_record(client: Client, world: World) -> None:
    case = world.make_case(Stage.REPORTED)
    client.force_login(world.people["intake"])

    client.post(f"/cases/{case.number}/remark/", {"reason": f"看{OVERRIDE}"})

    assert Remark.objects.latest("pk").text == "看盖井"


WRONG_FILES = {
    "a page": b"<html><script>alert(1)</script></html>",
    "an archive": b"PK\x03\x04" + b"\0" * 64,
    "half a picture": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",
    "nothing": b"",
}


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


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (datetime(2026, 1, 1), "须带时区"),  # noqa: DTZ001
        (timezone.now() + timedelta(days=1), "不能晚于现在"),
    ],
)
def test_a_time_to_come_or_without_zone_is_refused(
    when: datetime, words: str, world: World
) -> None:
    with pytest.raises(Refused, match=words):
        world.report(occurred_at=when)

    assert traces() == (0, 0, 0, 0)


# ---- orders -----------------------------------------------------------------------------------


def test_an_order_goes_no_further_than_ones_own_duty(client: Client, world: World) -> None:
    client.force_login(world.people["intake_longting"])
    before = traces()
    said = {"ref": "o1", "text": "排查窨井", "place": world.places["gulou"].code}

    answer = client.post("/desk/order/", said)

    assert answer.status_code in {403, 422}
    assert says(answer, "不在您的职责范围内")
    assert traces() == before
    with pytest.raises(NotAllowed):
        do.order(
            do.Intake("desk", "o2", "superior", text="排查", place=world.places["xisi"]),
            actor=world.actor("intake_longting"),
        )


# ---- addresses --------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", [f"{ENDLESS}~1", f"1~{ENDLESS}", "²~1", "1~²", "-~-", "~", "٣~٣"])
def test_a_mark_nobody_gave_is_no_fault_of_ours(mark: str, client: Client, world: World) -> None:
    world.make_case(Stage.REPORTED)
    client.force_login(world.people["intake"])

    for name in ("after", "before", "from"):
        for path in ("/desk/all/", "/desk/to_accept/"):
            assert client.get(path, {name: mark}).status_code == 200, (path, name)
    assert client.get("/notices/", {"after": f"u{mark}"}).status_code == 200


@pytest.mark.parametrize(
    "path", ["/cases/id/{}/", "/desk/row/{}/", "/notices/{}/read/", "/account/sessions/{}/end/"]
)
def test_a_number_beyond_all_numbers_is_not_found(path: str, client: Client, world: World) -> None:
    client.force_login(world.people["intake"])
    method = "post" if path.endswith(("read/", "end/")) else "get"

    assert getattr(client, method)(path.format(10**30)).status_code == 404


@pytest.mark.parametrize("where", ["//evil.example/", "https://evil.example/", "/\\evil.example"])
def test_nothing_leads_to_another_site(where: str, client: Client, world: World) -> None:
    for path, said in (("/size/", {"size": "elder"}), ("/language/", {"language": "en"})):
        assert client.post(path, said | {"next": where})["Location"] == "/"
    client.force_login(world.people["intake"])
    assert "evil" not in client.post("/account/logout/", {"next": where})["Location"]


# ---- residents --------------------------------------------------------------------------------


@pytest.mark.parametrize("accuracy", ["9" * 30, "-1", "nan", "40075018", NUL])
def test_an_accuracy_no_telephone_has_is_said_and_nothing_kept(accuracy: str, world: World) -> None:
    phone = Phone()
    phone.write("井盖破了")

    answer = phone.place(address="书店街", lon=HERE[0], lat=HERE[1], accuracy=accuracy)

    assert answer.status_code == 422
    assert says(answer, "位置应是经度和纬度")


def test_a_refused_picture_counts_as_a_try(world: World) -> None:
    code = world.report()[1]
    phone = Phone()
    page = SimpleUploadedFile("photo.jpg", WRONG_FILES["a page"], content_type="image/jpeg")

    answer = phone.post(f"/r/{code}/add/", photos=[page])

    assert answer.status_code == 422
    assert Attempt.objects.get(kind=UPLOADING.kind).failures == 1


def test_whoever_sends_pictures_without_end_is_stopped(world: World) -> None:
    code = world.report()[1]
    phone = Phone()
    phone.post(f"/r/{code}/add/", photos=[a_photo()])
    Attempt.objects.filter(kind=UPLOADING.kind).update(failures=UPLOADING.attempts)
    before = traces()

    answer = phone.post(f"/r/{code}/add/", photos=[a_photo("b.jpg", "red")])

    assert answer.status_code in {422, 429}
    assert says(answer, "以后再试")
    assert traces() == before
