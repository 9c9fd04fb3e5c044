"""Who reported is seen with a purpose, for a while, and never without a record."""

from datetime import timedelta

import pytest
from django.utils import timezone

from shiyu.cases.actions import looking
from shiyu.cases.models import Look
from shiyu.cases.tests.world import LONG_AGO
from shiyu.common.models import Answered
from shiyu.journal.models import Line, Remark
from shiyu.people.models import Appointment, Person, Post, PostDuty

PHONE, NAME = "13800001234", "王芳芳"


@pytest.fixture
def told(world):
    """A report with a name and a number, and its receipt."""
    return world.report(phone=PHONE, name=NAME)


def ask(client, report, **said):
    sent = {"purpose": "verify", "reason": "电话核实井盖的位置", "fields": ["name", "phone"]} | said
    return client.post(f"/cases/{report.case.number}/reporter/{report.pk}/", sent)


def administrator(world, duty, at="city"):
    person = Person.objects.create(username=duty, name=duty, password="!", made_up=True)
    post = Post.objects.create(unit=world.units["city"], title="管理员")
    Appointment.objects.create(person=person, post=post, starts_on=LONG_AGO)
    place = world.places[at]
    PostDuty.objects.create(
        post=post, duty=duty, place_code=place.code, place_first=place.first, place_last=place.last
    )
    return person


def page(client, report):
    return client.get(f"/cases/{report.case.number}/").content.decode()


def test_a_purpose_opens_name_and_number_for_this_person_alone(client, world, told):
    report, _code = told
    client.force_login(world.people["intake"])
    assert PHONE not in page(client, report)

    answer = ask(client, report)

    assert answer["Location"] == f"/cases/{report.case.number}/#reports"
    html = page(client, report)
    assert PHONE in html
    assert NAME in html
    client.force_login(world.people["clerk"])
    assert PHONE not in page(client, report)
    assert "谁看过上报人信息（1 次）" in page(client, report)


def test_it_is_a_grant_for_a_shift_by_what_law_and_for_what(client, world, told):
    report, _code = told
    client.force_login(world.people["intake"])
    ask(client, report)
    look = Look.objects.get()
    assert look.until - look.at == timedelta(hours=8)
    assert (look.basis, look.fields) == ("duty", ["name", "phone"])


def test_what_was_not_asked_for_stays_masked(client, world, told):
    report, _code = told
    client.force_login(world.people["intake"])
    ask(client, report, fields=["phone"])

    html = page(client, report)

    assert PHONE in html
    assert NAME not in html
    assert Look.objects.latest("pk").fields == ["phone"]


def test_after_its_time_it_is_masked_without_a_new_act(client, world, told, monkeypatch):
    report, _code = told
    client.force_login(world.people["intake"])
    monkeypatch.setattr(looking, "OPEN_FOR", timedelta(0))
    ask(client, report)

    assert PHONE not in page(client, report)
    assert "查看姓名和电话" in page(client, report)


@pytest.mark.parametrize("by", ["oneself", "security_admin"])
def test_a_grant_that_is_ended_is_masked_at_once(by, client, world, told):
    report, _code = told
    client.force_login(world.people["intake"])
    ask(client, report)
    look = Look.objects.get()
    assert PHONE in page(client, report)
    assert report.case.number in client.get("/privacy/grants/").content.decode()

    if by != "oneself":
        client.force_login(administrator(world, by))
        assert report.case.number in client.get("/privacy/grants/").content.decode()
    client.post(f"/privacy/grants/{look.pk}/end/")

    client.force_login(world.people["intake"])
    assert PHONE not in page(client, report)
    assert report.case.number not in client.get("/privacy/grants/").content.decode()
    assert look.end.why == ("done" if by == "oneself" else "revoked")
    assert Line.objects.filter(verb="end_look").count() == 1
    client.post(f"/privacy/grants/{look.pk}/end/")
    assert Line.objects.filter(verb="end_look").count() == 1


def test_whoever_no_longer_takes_the_case_in_sees_nothing_of_what_was_open(client, world, told):
    report, _code = told
    client.force_login(world.people["intake"])
    ask(client, report)
    report.case.__class__.objects.filter(pk=report.case_id).update(centre=world.units["city"])

    assert PHONE not in page(client, report)


@pytest.mark.parametrize("who", ["clerk", "intake_longting", "audit_admin", "elsewhere"])
def test_nobody_else_ends_a_grant(who, client, world, told):
    report, _code = told
    client.force_login(world.people["intake"])
    ask(client, report)
    look = Look.objects.get()
    if who in world.people:
        client.force_login(world.people[who])
    else:
        duty = "security_admin" if who == "elsewhere" else who
        client.force_login(administrator(world, duty, "longting" if who == "elsewhere" else "city"))

    foreign, absent = (
        client.post(f"/privacy/grants/{pk}/end/") for pk in (look.pk, look.pk + 10_000)
    )

    assert not hasattr(Look.objects.get(pk=look.pk), "end")
    if who != "audit_admin":  # who looks on over the place is told whose it is
        assert (foreign.status_code, absent.status_code) == (404, 404)
        assert report.case.number not in client.get("/privacy/grants/").content.decode()


def test_it_is_a_line_of_its_own_without_the_person_in_it(client, world, told):
    report, _code = told
    client.force_login(world.people["intake"])

    ask(client, report)

    line = Line.objects.get(verb="unmask")
    assert (line.subject, line.actor) == (report.subject, world.actor("intake").ref)
    assert line.facts["case"] == report.case_id
    assert line.facts["purpose"] == "verify"
    assert Remark.objects.get(pk=line.remark_id).text == "电话核实井盖的位置"
    assert PHONE not in str(line.facts)
    assert NAME not in str(line.facts)


def test_the_kept_answer_holds_neither_name_nor_number(client, world, told):
    report, _code = told
    client.force_login(world.people["intake"])

    ask(client, report)

    kept = str(list(Answered.objects.values_list("answer", flat=True)))
    assert PHONE not in kept


def test_asking_twice_is_one_look(client, world, told):
    report, _code = told
    client.force_login(world.people["intake"])

    ask(client, report, form_token="once")
    ask(client, report, form_token="once")

    assert Look.objects.count() == 1


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"purpose": ""}, "选一个目的"),
        ({"purpose": "by_phone"}, "选一个目的"),
        ({"purpose": "curiosity"}, "选一个目的"),
        ({"reason": "  "}, "写明理由或情况"),
        ({"fields": []}, "选要看的内容"),
        ({"fields": ["address"]}, "选要看的内容"),
        ({"reason": "长" * 2001}, "说明最多 2000 字"),
    ],
)
def test_without_a_purpose_and_words_nothing_opens(said, sentence, client, world, told):
    report, _code = told
    client.force_login(world.people["intake"])

    answer = ask(client, report, **said)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert PHONE not in answer.content.decode()
    assert not Look.objects.exists()


@pytest.mark.parametrize("who", ["dispatcher", "commander", "verifier", "patrol", "intake_city"])
def test_whoever_does_not_take_the_case_in_may_not(who, client, world, told):
    report, _code = told
    client.force_login(world.people[who])

    assert ask(client, report).status_code == 403
    assert not Look.objects.exists()


@pytest.mark.parametrize("who", ["intake_longting", "handler_lamps", "nobody"])
def test_for_an_outsider_there_is_no_such_report(who, client, world, told):
    report, _code = told
    client.force_login(world.people[who])

    assert ask(client, report).status_code == 404


def test_a_report_of_another_case_is_not_opened_through_this_one(client, world, told):
    report, _code = told
    other = world.report()[0]
    client.force_login(world.people["intake"])

    answer = client.post(
        f"/cases/{other.case.number}/reporter/{report.pk}/",
        {"purpose": "verify", "reason": "x", "fields": "phone"},
    )

    assert answer.status_code == 404


def test_an_anonymous_report_has_nothing_to_open(client, world):
    report = world.report()[0]
    client.force_login(world.people["intake"])

    assert ask(client, report).status_code == 422
    assert "查看姓名和电话" not in page(client, report)


def test_it_is_never_printed(client, world, told):
    report, _code = told
    client.force_login(world.people["intake"])
    ask(client, report)

    assert PHONE not in client.get(f"/cases/{report.case.number}/print/").content.decode()


def test_the_reporter_sees_who_looked_and_why_but_no_colleagues_name(client, world, told):
    report, code = told
    before = client.get(f"/r/{code}/").content.decode()
    assert "还没有人看过。" in before
    client.force_login(world.people["intake"])
    ask(client, report, purpose="answer")
    client.post("/desk/search/", {"q": PHONE})
    client.logout()

    html = client.get(f"/r/{code}/").content.decode()

    assert "鼓楼区指挥中心受理人员：答复办理结果" in html
    assert "鼓楼区指挥中心受理人员：按来电号码查找案件" in html
    assert world.people["intake"].name not in html
    assert PHONE not in html


def test_an_old_look_opens_nothing_any_more(client, world, told):
    report, _code = told
    ended = timezone.now() - timedelta(seconds=1)
    Look.objects.create(
        report=report,
        person=world.people["intake"],
        purpose="verify",
        at=ended - timedelta(minutes=15),
        until=ended,
    )
    client.force_login(world.people["intake"])

    assert PHONE not in page(client, report)


def test_a_look_cannot_be_rewritten_by_the_pages_role(world, told):
    from django.db import ProgrammingError, transaction

    Look.objects.create(
        report=told[0],
        person=world.people["intake"],
        purpose="verify",
        at=timezone.now(),
        until=timezone.now(),
    )
    for change in (Look.objects.all().delete, lambda: Look.objects.update(purpose="answer")):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            change()
