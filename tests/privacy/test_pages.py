"""Pages of those who answer for personal data, and of those whom it is about."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shiyu.cases import actions as cases
from shiyu.cases.models import Look, Report, Reporter
from shiyu.cases.tests.world import LONG_AGO, World
from shiyu.people.models import Appointment, Person, Post, PostDuty
from shiyu.portal.tests.phone import Phone
from shiyu.privacy import notice
from shiyu.privacy.models import Demand, Hold

pytestmark = pytest.mark.django_db

PHONE = "13912345678"


@pytest.fixture(autouse=True)
def own_list(tmp_path, monkeypatch):
    monkeypatch.setenv("SHIYU_ERASURES", str(tmp_path / "erasures.jsonl"))


@pytest.fixture
def told(world: World) -> tuple[Report, str]:
    return world.report(text="井盖坏了，我是王芳", name="王芳", phone=PHONE)


def employ(world: World, key: str, duty: str, at: str = "city") -> Person:
    person = Person.objects.create(username=key, name=key, password="!", made_up=True)
    post = Post.objects.create(unit=world.units["city"], title="管理员")
    Appointment.objects.create(person=person, post=post, starts_on=LONG_AGO)
    place = world.places[at]
    PostDuty.objects.create(
        post=post, duty=duty, place_code=place.code, place_first=place.first, place_last=place.last
    )
    return person


@pytest.fixture
def security(world: World, client: Client) -> Client:
    client.force_login(employ(world, "security", "security_admin"))
    return client


def test_a_resident_takes_everything_away_with_code_and_telephone(
    client: Client, told: tuple[Report, str]
) -> None:
    _report, code = told
    page = client.get(f"/r/{code}/data/").content.decode()
    assert "我的个人信息" in page
    assert PHONE not in page

    wrong = client.post(f"/r/{code}/data/copy/", {"phone": "13900000000"})
    assert (wrong.status_code, wrong["Content-Type"][:9]) == (422, "text/html")
    right = client.post(f"/r/{code}/data/copy/", {"phone": PHONE})

    packed = zipfile.ZipFile(io.BytesIO(right.content))
    found = json.loads(packed.read("data.json"))["reports"][0]
    assert (found["name"], found["phone"]) == ("王芳", PHONE)
    assert found["words"][0]["text"] == "井盖坏了，我是王芳"
    assert PHONE in packed.read("read.html").decode()
    assert not Look.objects.exists()


def test_guessing_a_telephone_is_closed_after_ten_tries(
    client: Client, told: tuple[Report, str]
) -> None:
    _report, code = told
    for n in range(10):
        client.post(f"/r/{code}/data/copy/", {"phone": f"139000000{n:02d}"})

    answer = client.post(f"/r/{code}/data/copy/", {"phone": PHONE})

    assert answer.status_code == 422
    assert "次数太多" in answer.content.decode()


def test_asking_and_erasing_from_the_first_page_to_the_last(
    world: World, client: Client, told: tuple[Report, str]
) -> None:
    report, code = told
    client.post(f"/r/{code}/data/erase/", {"phone": PHONE, "ground": "no_longer_needed"})
    demand = Demand.objects.get()
    assert "申请了删除" in client.get(f"/r/{code}/data/").content.decode()

    client.force_login(employ(world, "security", "security_admin"))
    assert report.case.number in client.get("/privacy/requests/").content.decode()
    assert "现在删除" in client.get(f"/privacy/requests/{demand.pk}/").content.decode()
    client.post(f"/privacy/requests/{demand.pk}/erase/")

    assert not Reporter.objects.exists()
    assert "已经删除" in client.get(f"/r/{code}/data/").content.decode()
    assert "没有存着" in client.get(f"/r/{code}/data/").content.decode()
    assert client.get(f"/r/{code}/").status_code == 200


def test_two_officers_take_a_copy_and_the_reporter_reads_of_it(
    world: World, security: Client, told: tuple[Report, str]
) -> None:
    report, code = told
    page = security.get(f"/privacy/of/{report.case.number}/").content.decode()
    assert "王芳" not in page
    assert PHONE not in page
    at = f"/privacy/of/{report.case.number}/{report.pk}/ask-copy/"
    assert security.post(at, {"ground": "withdrawn"}).status_code == 422

    asked = security.post(at, {"ground": "in_person"}).url
    assert security.post(f"{asked}grant/").status_code == 302
    assert security.post(f"{asked}copy/").status_code == 302
    assert not Look.objects.exists()
    second = Client()
    second.force_login(employ(world, "second", "security_admin"))
    assert "同意查阅" in second.get(asked).content.decode()
    second.post(f"{asked}grant/")
    assert second.post(f"{asked}copy/").status_code == 302
    assert "取走副本" in security.get(asked).content.decode()
    answer = security.post(f"{asked}copy/")

    assert answer["Content-Type"] == "application/zip"
    assert (Look.objects.get().purpose, Look.objects.get().basis) == ("subject", "right")
    assert "代本人查阅" in security.get(f"/r/{code}/data/").content.decode()


def test_who_asked_for_somebody_sees_no_button_to_erase(
    security: Client, told: tuple[Report, str]
) -> None:
    report, _code = told
    at = f"/privacy/of/{report.case.number}/{report.pk}/"
    assert security.post(f"{at}ask/", {"ground": ""}).status_code == 422
    security.post(f"{at}ask/", {"ground": "withdrawn", "whole_person": "on"})
    demand = Demand.objects.get()

    page = security.get(f"/privacy/requests/{demand.pk}/").content.decode()
    answer = security.post(f"/privacy/requests/{demand.pk}/erase/")

    assert "现在删除" not in page
    assert answer.status_code == 302
    assert Reporter.objects.exists()


def test_a_hold_is_made_seen_and_lifted(security: Client, told: tuple[Report, str]) -> None:
    report, _code = told
    at = f"/privacy/of/{report.case.number}/"
    tomorrow = timezone.localdate() + timedelta(days=1)
    yesterday = timezone.localdate() - timedelta(days=1)
    past = security.post(f"{at}{report.pk}/hold/", {"ground": "lawsuit", "until": str(yesterday)})
    assert past.status_code == 422
    security.post(f"{at}{report.pk}/hold/", {"ground": "lawsuit", "until": str(tomorrow)})
    assert "依法留存到" in security.get(at).content.decode()

    security.post(f"/privacy/holds/{Hold.objects.get().pk}/lift/")

    assert "依法留存到" not in security.get(at).content.decode()


def test_catalogue_and_keeping_are_read_with_figures(security: Client) -> None:
    catalogue = security.get("/privacy/").content.decode()
    keeping = security.get("/privacy/keeping/?due=1").content.decode()

    assert "cases_reporter.sealed" in catalogue
    assert "敏感个人信息" in catalogue
    assert "案件办结一年后删除" in keeping


def test_the_edition_of_the_notice_goes_with_the_report(world: World, client: Client) -> None:
    assert notice.CURRENT in client.get("/notice/").content.decode()

    seen, _code = Phone().report(phone=PHONE, notice=notice.CURRENT)
    made_up, _code = Phone().report("路灯不亮", notice="9999-01-01")

    assert (seen.notice, made_up.notice) == (notice.CURRENT, "")


def test_a_changed_notice_is_a_new_edition() -> None:
    assert notice.EDITIONS[notice.CURRENT] == notice.digest(), (
        "the notice was changed: add a new edition with this SHA-256 to EDITIONS of "
        "shiyu/privacy/notice.py; those before stay"
    )


def test_the_list_of_requests_asks_as_often_for_three_as_for_one(
    world: World, security: Client
) -> None:
    security.get("/privacy/requests/")
    counts = []
    for number in (1, 2):
        for _ in range(number):
            report, _code = world.report(text="灯")
            Demand.objects.create(
                report=report, ground="withdrawn", asked_by="receipt:1", asked_at=timezone.now()
            )
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert security.get("/privacy/requests/").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_the_list_of_grants_asks_as_often_for_three_as_for_one(
    world: World, security: Client
) -> None:
    security.get("/privacy/grants/")
    counts = []
    for number in (1, 2):
        for _ in range(number):
            report, _code = world.report(text="灯", name="王芳", phone=PHONE)
            whole = Report.objects.select_related("case", "reporter").get(pk=report.pk)
            cases.unmask(whole, purpose="verify", reason="核实", actor=world.actor("intake"))
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert "核实情况" in security.get("/privacy/grants/").content.decode()
        counts.append(len(asked))
    assert counts[0] == counts[1]
