"""Reports, orders, addresses and pictures no well-meaning page sends: nothing is kept of them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from shiyu.cases import actions as do
from shiyu.cases.lifecycle import Stage
from shiyu.cases.tests.world import HERE, World, a_photo
from shiyu.common.errors import NotAllowed, Refused
from shiyu.common.models import Attempt
from shiyu.journal.models import Remark
from shiyu.portal.rules import UPLOADING
from shiyu.portal.tests.phone import Phone
from tests.bad_input.said import ENDLESS, NUL, OVERRIDE, WRONG_FILES, says, traces

pytestmark = pytest.mark.django_db

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
