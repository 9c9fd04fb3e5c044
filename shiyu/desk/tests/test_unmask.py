"""Who reported is seen with a purpose, for a while, and never without a record."""

from datetime import timedelta

import pytest
from django.utils import timezone

from shiyu.cases.models import Look
from shiyu.common.models import Answered
from shiyu.journal.models import Line, Remark

PHONE, NAME = "13800001234", "王芳芳"


@pytest.fixture
def told(world):
    """A report with a name and a number, and its receipt."""
    return world.report(phone=PHONE, name=NAME)


def ask(client, report, **said):
    sent = {"purpose": "verify", "reason": "电话核实井盖的位置"} | said
    return client.post(f"/cases/{report.case.number}/reporter/{report.pk}/", sent)


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


def test_it_is_open_for_a_quarter_of_an_hour(client, world, told):
    report, _code = told
    client.force_login(world.people["intake"])
    ask(client, report)
    look = Look.objects.get()
    assert look.until - look.at == timedelta(minutes=15)


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
        f"/cases/{other.case.number}/reporter/{report.pk}/", {"purpose": "verify", "reason": "x"}
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
