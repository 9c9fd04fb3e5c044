"""Something reported already: offered for joining, telling no more than it must."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from shiyu.cases import actions as cases
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case, Report
from shiyu.cases.tests.world import World
from shiyu.files.models import Photo
from shiyu.journal.models import Line
from shiyu.portal.tests.phone import Phone, photo_taken_at

pytestmark = pytest.mark.django_db
METRE = 1 / 111_000


def writes(lon: float = 114.31, lat: float = 34.80, kind: str = "10101") -> tuple[Phone, Any]:
    phone = Phone()
    phone.take(photo_taken_at())
    phone.place(address="书店街 14 号", lon=str(lon), lat=str(lat))
    return phone, phone.kind(kind, text="这里的井盖也坏了")


def test_the_same_kind_close_by_is_offered(world: World) -> None:
    world.make_case(Stage.HANDLING)

    phone, answer = writes(lat=34.80 + 40 * METRE)

    assert answer["Location"] == "/report/similar/"
    found = phone.get("/report/similar/").context["found"]
    assert [(s.kind, s.metres, s.stage) for s in found] == [("井盖破损", 40, "处置中")]


@pytest.mark.parametrize("where", [{"lat": 34.80 + 140 * METRE}, {"kind": "10201"}])
def test_what_is_farther_away_or_of_another_kind_is_not(
    world: World, where: dict[str, Any]
) -> None:
    world.make_case(Stage.HANDLING)

    _phone, answer = writes(**where)

    assert answer["Location"] == "/report/check/"


def test_what_has_ended_or_is_older_than_thirty_days_is_not(world: World) -> None:
    world.make_case(Stage.CLOSED)
    old = world.make_case(Stage.HANDLING)
    Case.objects.filter(pk=old.pk).update(reported_at=timezone.now() - timedelta(days=31))

    _phone, answer = writes()

    assert answer["Location"] == "/report/check/"


def test_the_page_tells_neither_number_address_words_nor_photo(world: World) -> None:
    case = world.make_case(
        Stage.HANDLING,
        text="王大爷家门口",
        address="书店街 9 号",
        name="王大爷",
        phone="13700000000",
        photos=[photo_taken_at()],
    )

    phone, _answer = writes()
    page = phone.get("/report/similar/").content.decode()

    photo = Photo.objects.get(subject=case.subject)
    for secret in (case.number, "王大爷", "书店街 9 号", "13700000000", photo.public_id):
        assert secret not in page
    assert f'value="{case.pk}"' not in page
    assert "别人的照片没有公开" in page


def test_joining_adds_a_report_with_a_receipt_of_its_own(world: World) -> None:
    case = world.make_case(Stage.HANDLING)
    phone, _answer = writes()
    mark = phone.get("/report/similar/").context["found"][0].mark

    phone.post("/report/similar/", same=mark)
    phone.send(phone="13800000000")

    done = phone.get("/report/done/")
    joined = case.reports.order_by("pk").last()
    assert (done.context["report"], Case.objects.count()) == (joined, 1)
    assert "已关注" in done.content.decode()
    line = Line.objects.filter(subject=case.subject).order_by("id").last()
    assert (line.verb, line.actor, line.facts) == (
        "joined",
        f"receipt:{joined.pk}",
        {"report": joined.pk, "channel": "public"},
    )
    assert Photo.objects.get().subject == case.subject


def test_whoever_joined_sees_the_progress_but_not_the_first_address(world: World) -> None:
    world.make_case(Stage.HANDLING, address="书店街 9 号", photos=[photo_taken_at()])
    phone, _answer = writes()
    mark = phone.get("/report/similar/").context["found"][0].mark
    phone.post("/report/similar/", same=mark)
    phone.send()
    code = phone.get("/report/done/").context["code"]

    page = phone.get(f"/r/{code}/")

    assert "市政养护所 已签收" in page.content.decode()
    assert "书店街 9 号" not in page.content.decode()
    assert len(page.context["before"]) == 1


def test_a_case_that_ended_meanwhile_cannot_be_joined_but_reported_anew(world: World) -> None:
    case = world.make_case(Stage.VERIFIED)
    phone, _answer = writes()
    mark = phone.get("/report/similar/").context["found"][0].mark
    phone.post("/report/similar/", same=mark)
    cases.close(case, outcome="fixed", actor=world.actor("intake"))

    answer = phone.send()

    assert answer.status_code == 422
    assert "这件刚刚办结，不能再关注。可以继续上报" in answer.content.decode()
    phone.send()
    assert Case.objects.count() == 2


def test_a_mark_of_another_draft_joins_nothing(world: World) -> None:
    world.make_case(Stage.HANDLING)
    other, _ = writes()
    phone, _ = writes()
    mark = other.get("/report/similar/").context["found"][0].mark

    answer = phone.post("/report/similar/", same=mark)

    assert answer.status_code == 422
    assert Report.objects.count() == 1


def test_one_may_always_report_anyway(world: World) -> None:
    world.make_case(Stage.HANDLING)
    phone, _answer = writes()

    phone.post("/report/similar/", same="")
    phone.send()

    assert Case.objects.count() == 2
