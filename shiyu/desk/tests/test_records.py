"""Erasing what was written: by whom, on what ground, and what stays."""

import pytest
from django.test import Client
from django.urls import reverse

from shiyu.cases import actions, search
from shiyu.cases.audit import Audited, replay_all
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Found
from shiyu.cases.tests.world import LONG_AGO
from shiyu.common.errors import NotAllowed, OutOfOrder, Refused
from shiyu.journal.actions import commitment
from shiyu.journal.erasing import erase
from shiyu.journal.models import Line, Remark
from shiyu.people.actors import Actor
from shiyu.people.models import Person, Post, PostDuty

pytestmark = pytest.mark.django_db


def administrator(world, duty, username=""):
    person = Person.objects.create(
        username=username or duty, name="管理员", password="!", made_up=True
    )
    post = Post.objects.create(unit=world.units["city"], title="管理员")
    person.appointments.create(post=post, starts_on=LONG_AGO)
    city = world.places["city"]
    PostDuty.objects.create(
        post=post, duty=duty, place_code=city.code, place_first=city.first, place_last=city.last
    )
    return person


@pytest.fixture
def security(world):
    return administrator(world, "security_admin")


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


def said_in(case):
    return Remark.objects.filter(subject=case.subject).order_by("pk")


def test_erasing_takes_words_and_salt_and_leaves_the_line_and_its_commitment(world, security):
    case = world.make_case(Stage.HANDLED)
    remark = said_in(case)[0]
    line = Line.objects.get(remark_id=remark.pk)
    assert line.commitment == commitment(remark)

    number = erase(
        remark,
        actor=Actor.for_person(security),
        ground="personal",
        reason="当事人来函第 3 号",
        asked_by="person:0",
    )

    remark.refresh_from_db()
    assert (remark.text, remark.salt) == ("", "")
    assert Line.objects.get(pk=line.pk).commitment == line.commitment
    told = Line.objects.get(pk=number)
    assert (told.subject, told.verb, told.actor) == (
        f"remark:{remark.pk}",
        "erase",
        f"person:{security.pk}",
    )
    assert told.facts == {"of": case.subject, "ground": "personal", "asked_by": "person:0"}
    assert Remark.objects.get(pk=told.remark_id).text == "当事人来函第 3 号"
    assert [fault for fault in replay_all(Audited()) if fault] == []


def test_a_case_is_no_longer_found_by_erased_words(world, security):
    report, _code = world.report(text="紫藤花架倒了")
    word = search.cut("紫藤")[0]
    assert word in Found.objects.get(case=report.case).words

    erase(said_in(report.case)[0], actor=Actor.program("privacy"), ground="requested")

    assert word not in Found.objects.get(case=report.case).words


@pytest.mark.parametrize("who", ["intake", "commander_city", "administrator", "nobody"])
def test_nobody_else_erases_anything(world, who):
    remark = said_in(world.make_case())[0]

    with pytest.raises(NotAllowed, match="安全管理员"):
        erase(remark, actor=world.actor(who), ground="personal")

    remark.refresh_from_db()
    assert remark.text


def test_words_are_erased_once_and_on_a_known_ground(world, security):
    remark, actor = said_in(world.make_case())[0], Actor.for_person(security)
    for alone in ("", actor.ref):
        with pytest.raises(NotAllowed, match="另一名"):
            erase(remark, actor=actor, ground="secret", asked_by=alone)
    with pytest.raises(Refused, match="依据"):
        erase(remark, actor=actor, ground="because", asked_by="person:0")
    erase(remark, actor=actor, ground="secret", asked_by="person:0")
    with pytest.raises(OutOfOrder):
        erase(remark, actor=actor, ground="secret", asked_by="person:0")
    assert Line.objects.filter(subject=f"remark:{remark.pk}").count() == 1


def test_two_security_administrators_erase_on_the_pages_without_reading(world, security):
    case = world.make_case(Stage.HANDLED)
    client, remark = signed_in(security), said_in(case)[0]
    address = reverse("desk:remarks", args=[case.number])
    assert client.get(reverse("desk:journal"), {"q": case.number.lower()}).url == address
    page = client.get(f"{address}?erase={remark.pk}").content.decode()
    assert remark.text not in page
    assert "删除后无法恢复" in page
    assert client.get(address).content.decode().count("申请删除…") == said_in(case).count()

    act = reverse("desk:erase_remark", args=[case.number, remark.pk])
    assert "选一项删除依据" in client.post(act, {}).content.decode()
    asked = client.post(act, {"ground": "personal"})
    assert client.post(act, {"ground": "secret"}).status_code == 422
    client.post(f"{asked.url}erase/")
    remark.refresh_from_db()
    assert remark.text  # nobody alone
    second = signed_in(administrator(world, "security_admin", "the second"))
    assert remark.text not in second.get(asked.url).content.decode()
    done = second.post(f"{asked.url}erase/", follow=True).content.decode()

    assert "已删除" in done
    assert "已按规定删除" in client.get(address).content.decode()
    assert case.number in client.get(reverse("desk:journal")).content.decode()
    assert client.post(act, {"ground": "secret"}).status_code == 422


def test_the_audit_administrator_looks_on(world, security):
    case = world.make_case()
    remark = said_in(case)[0]
    client = signed_in(administrator(world, "audit_admin"))

    page = client.get(reverse("desk:remarks", args=[case.number]), {"erase": remark.pk})

    assert "申请删除…" not in page.content.decode()
    assert "删除后无法恢复" not in page.content.decode()


def test_the_page_of_a_case_asks_as_much_for_one_remark_as_for_three(world, security):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client, counts = signed_in(security), []
    client.get(reverse("desk:remarks", args=[world.make_case().number]))
    for more in (1, 3):
        case = world.make_case(Stage.HANDLING)
        for n in range(more):
            actions.remark(case, actor=world.actor("handler"), reason=f"看过了{n}")
            case.refresh_from_db()
        with CaptureQueriesContext(
            connection,
        ) as asked:
            client.get(reverse("desk:remarks", args=[case.number]))
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_whoever_reported_is_told_that_words_were_erased(world, security):
    report, code = world.report()
    actions.dismiss(report.case, reason="住在三楼的某某胡说", actor=world.actor("intake"))
    reason = said_in(report.case).last()
    erase(reason, actor=Actor.program("privacy"), ground="personal")

    page = Client().get(f"/r/{code}/").content.decode()

    assert "已按规定删除" in page
    assert "三楼" not in page
