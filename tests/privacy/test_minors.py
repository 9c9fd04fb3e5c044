"""A reporter under fourteen: the guardian consents, or nothing is kept; nobody just looks."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from shiyu.cases import actions as cases
from shiyu.cases.actions.minors import NONE
from shiyu.cases.models import Case, Report, Reporter
from shiyu.cases.tests.world import World
from shiyu.common.errors import NotAllowed, Refused
from shiyu.desk.around import around
from shiyu.desk.reporters import masked_name, masked_phone
from shiyu.journal.models import Line
from shiyu.privacy import actions, catalogue, processing
from shiyu.privacy.actions import retention
from shiyu.privacy.declared import PERSONAL, Kind
from tests.privacy.test_two_people import keeper

pytestmark = pytest.mark.django_db
NAME, PHONE = "欧阳小雀", "13912345678"
SHOWN_OF_ANYBODY = (masked_name(NAME), masked_phone(PHONE), "unmask-")
"""What the page of a case shows of whoever reported it; whole, so that no token holds it."""


@pytest.fixture
def report(world: World) -> Report:
    taken, _code = world.report(text="秋千坏了", name=NAME, phone=PHONE)
    return Report.objects.select_related("case", "reporter").get(pk=taken.pk)


def marked(world: World, report: Report, guardian: str = "phone") -> Report:
    cases.mark_minor(report, guardian=guardian, actor=world.actor("intake"))
    return Report.objects.select_related("case").get(pk=report.pk)


def test_nothing_of_them_is_shown_and_no_grant_opens_it(
    world: World, report: Report, client: Client
) -> None:
    client.force_login(world.people["intake"])
    address = f"/cases/{report.case.number}/"
    before = client.get(address).content.decode()
    assert all(said in before for said in SHOWN_OF_ANYBODY)
    report = marked(world, report)
    intake = world.actor("intake")
    with pytest.raises(Refused, match="不满十四周岁"):
        cases.unmask(report, purpose="verify", reason="核实", actor=intake)
    page = client.get(address).content.decode()
    assert "不满十四周岁，信息已隐去" in page
    assert not any(said in page for said in (NAME, PHONE, *SHOWN_OF_ANYBODY))
    now = timezone.now()
    for unmasked in (True, False):
        told, opened = around([report.case], {"name"}, actor=intake, now=now, unmasked=unmasked)
        assert NAME[0] not in str(told.reporters)
        assert opened == []


def test_two_people_let_it_be_fetched_on_record(
    world: World, report: Report, monkeypatch: Any, tmp_path: Any
) -> None:
    monkeypatch.setenv("SHIYU_ERASURES", str(tmp_path / "erasures.jsonl"))
    report, intake = marked(world, report), world.actor("intake")
    asked = actions.ask(report, kind="copy", ground="minor", whole_person=False, actor=intake)
    with pytest.raises(NotAllowed):
        actions.grant(asked, actor=intake)
    actions.grant(asked, actor=keeper(world, "s2"))
    told = actions.hand_out(asked, actor=intake)
    assert told["reports"][0]["phone"] == PHONE
    assert report.looks.get().purpose == "subject"


def test_without_consent_nothing_is_kept(world: World, report: Report) -> None:
    report = marked(world, report, NONE)
    assert not Reporter.objects.exists()
    line = Line.objects.get(verb="mark_minor")
    assert line.facts == {"case": report.case_id, "guardian": "none"}
    with pytest.raises(Refused, match="不用标记"):
        marked(world, report)


@pytest.mark.parametrize("who", ["dispatcher", "handler", "clerk_elsewhere", "audit"])
def test_only_who_takes_the_case_in_marks(world: World, report: Report, who: str) -> None:
    actor = keeper(world, "a1", "audit_admin") if who == "audit" else None
    actor = actor or (world.actor(who) if who in world.people else keeper(world, "s9"))
    with pytest.raises(NotAllowed):
        cases.mark_minor(report, guardian="phone", actor=actor)
    assert not Reporter.objects.exclude(guardian="").exists()


def test_an_answer_is_owed(world: World, report: Report) -> None:
    with pytest.raises(Refused, match="监护人"):
        marked(world, report, "perhaps")


def test_it_goes_sooner_than_anothers(world: World, report: Report) -> None:
    other, _code = world.report(text="井盖", name="王芳", phone="13700000000")
    marked(world, report)
    Case.objects.update(
        stage="withdrawn", closed_at=timezone.now() - timedelta(days=91), due_at=None
    )
    assert retention.due()["minor"].gone == 1
    retention.run()
    assert Reporter.objects.get().report_id == other.pk


def test_it_is_declared_and_assessed() -> None:
    handling = PERSONAL["cases_reporter"]["guardian"]
    assert handling.kind == Kind.MINOR
    assert processing.unassigned() == []
    assert catalogue.faults() == []


def test_through_the_page(world: World, report: Report, client: Client) -> None:
    client.force_login(world.people["intake"])
    page = f"/cases/{report.case.number}/"
    assert "上报人不满十四周岁" in client.get(page).content.decode()
    client.post(f"{page}reporter/{report.pk}/minor/", {"guardian": ""})
    assert Reporter.objects.get().guardian == ""
    client.post(f"{page}reporter/{report.pk}/minor/", {"guardian": "written"})
    assert Reporter.objects.get().guardian == "written"
    assert client.get(f"{page}reporter/{report.pk}/minor/").status_code == 405
