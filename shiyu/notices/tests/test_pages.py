"""The pages of how one is told and of the ways out, used as their own people would."""

import re
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from shiyu.common.models import Answered
from shiyu.journal.models import Line
from shiyu.notices import actions
from shiyu.notices.kinds import SENTENCES
from shiyu.notices.models import Address, Connector, Delivery, Follower, House, Subscription, Wishes
from shiyu.notices.preferences import GROUP_OF, Quiet
from shiyu.notices.sending import send_all
from shiyu.notices.tests.conftest import (
    make_address,
    make_connector,
    make_mail_connector,
    make_subscription,
)
from shiyu.notices.tests.peers import mail_peer

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(world: Any, client: Client) -> Client:
    client.force_login(world.people["administrator"])
    return client


@pytest.fixture
def handler(world: Any) -> Client:
    client = Client()
    client.force_login(world.people["handler"])
    return client


# ---- one's own ----------------------------------------------------------------------------------


def test_an_address_is_used_once_the_code_sent_to_it_has_come_back(
    handler: Client, opened: Callable[..., None]
) -> None:
    with mail_peer() as peer:
        opened(mail=peer.port)
        make_mail_connector(peer.port)
        handler.post("/notices/settings/mail/", {"mail-value": "liu@Example.com"})
        send_all("mail")
    text = message_from_bytes(peer.mails[0].original_content, policy=default).get_content()
    code = re.search(r"\d{6}", text).group()
    row = Address.objects.get()
    assert (peer.mails[0].rcpt_tos, row.verified_at) == (["liu@example.com"], None)
    assert code not in str(list(Delivery.objects.values())) + str(list(Address.objects.values()))

    wrong = handler.post("/notices/settings/mail/confirm/", {"mail-code": "000000x"})
    right = handler.post("/notices/settings/mail/confirm/", {"mail-code": f" {code}"})

    assert (wrong.status_code, right.status_code) == (422, 302)
    row.refresh_from_db()
    assert row.verified_at is not None
    assert "liu@example.com" not in handler.get("/notices/settings/").content.decode()


def test_a_code_is_not_guessed(handler: Client, world: Any) -> None:
    make_connector("sms", url="https://sms.example/")
    handler.post("/notices/settings/sms/", {"sms-value": "13800000002"})

    for guess in range(7):
        said = {"sms-code": f"{guess:06}"}
        answer = handler.post("/notices/settings/sms/confirm/", said)

    assert "次数太多" in answer.content.decode()


def test_a_stranger_is_not_flooded_with_codes(world: Any) -> None:
    make_connector("sms", url="https://sms.example/")
    sent = []
    for who in ("handler", "intake", "dispatcher", "verifier", "patrol", "clerk"):
        client = Client()
        client.force_login(world.people[who])
        answer = client.post("/notices/settings/sms/", {"sms-value": "13800000003"})
        sent.append(answer.status_code)

    assert sent == [302] * 5 + [422]


def test_what_is_no_address_is_told_at_its_field(handler: Client) -> None:
    make_mail_connector(25)

    answer = handler.post("/notices/settings/mail/", {"mail-value": "a@b\r\nBcc: x@y.z"})

    assert answer.status_code == 422
    assert "邮箱读不懂" in answer.content.decode()


def test_choices_and_quiet_hours_are_kept(handler: Client, world: Any) -> None:
    said = {"mail": ["work"], "quiet": "own", "quiet_from": "22:00", "quiet_to": "07:00"}

    assert handler.post("/notices/settings/", said).status_code == 302
    assert handler.post("/notices/settings/", {"quiet": "own"}).status_code == 422

    wishes = Wishes.objects.get(person=world.people["handler"])
    assert (wishes.mail, wishes.sms, str(wishes.quiet_from)) == (["work"], [], "22:00:00")


def test_a_dropped_address_gets_nothing_more(handler: Client, world: Any) -> None:
    person = world.people["handler"]
    make_address(person)
    actions.owe([person.pk], "case:1", "urged", facts={}, at=timezone.now())

    handler.post("/notices/settings/mail/drop/")

    assert not Address.objects.exists()
    assert (Delivery.objects.get().state, Delivery.objects.get().why) == ("dropped", "not_wanted")


def test_every_kind_of_notice_is_in_a_group() -> None:
    assert set(GROUP_OF) == set(SENTENCES)


@pytest.mark.parametrize(
    ("hour", "quiet"), [(21, False), (22, True), (23, True), (0, True), (6, True), (7, False)]
)
def test_quiet_hours_may_span_midnight(hour: int, quiet: bool) -> None:
    from datetime import datetime, time
    from zoneinfo import ZoneInfo

    zone = ZoneInfo("Asia/Shanghai")
    until = Quiet(time(22), time(7)).until(datetime(2026, 11, 22, hour, tzinfo=zone), zone)

    assert (until is not None) == quiet
    assert until is None or until.hour == 7


# ---- the administrator's ------------------------------------------------------------------------

MAIL = {
    "name": "市政务邮箱",
    "host": "smtp.example.com",
    "port": "587",
    "security": "starttls",
    "sender": "city@example.com",
    "user": "city",
    "secret": "a-secret-nobody-sees",
}


def test_a_secret_is_kept_sealed_and_never_shown_again(admin: Client) -> None:
    admin.post("/notices/connectors/new/mail/", MAIL)
    row = Connector.objects.get()

    page = admin.get(f"/notices/connectors/{row.pk}/").content.decode()
    kept = str(list(Connector.objects.values()) + list(Line.objects.values()))
    kept += str(list(Answered.objects.values()))

    assert MAIL["secret"] not in page + kept
    assert "已存，不显示" in page
    admin.post(f"/notices/connectors/{row.pk}/", MAIL | {"secret": "", "name": "改名"})
    changed = Connector.objects.get()
    assert (changed.name, changed.sealed) == ("改名", row.sealed)
    assert [line.verb for line in Line.objects.filter(subject=row.subject)] == ["create", "change"]


def test_one_connector_of_a_channel_is_in_use(admin: Client) -> None:
    first = make_mail_connector(25)
    second = make_connector(
        "mail", in_use=False, host="b.example", port=25, security="plain", sender="a@b.example"
    )

    admin.post(f"/notices/connectors/{second.pk}/do/use/")

    assert list(Connector.objects.filter(in_use=True)) == [second]
    assert first.pk != second.pk


def test_a_subscription_shows_its_secret_once_and_keeps_no_copy(admin: Client) -> None:
    said = {"name": "省平台", "url": "https://a.example/hook", "types": ["case.closed"]}
    admin.post("/notices/subscriptions/new/", said)
    row = Subscription.objects.get()

    first = admin.post(f"/notices/subscriptions/{row.pk}/secret/")
    second = admin.post(f"/notices/subscriptions/{row.pk}/secret/")

    secret = re.search(r"whsec_[A-Za-z0-9+/=]+", first.content.decode()).group()
    assert "no-store" in first.headers["Cache-Control"]
    assert second.status_code == 409
    assert secret not in str(list(Answered.objects.values())) + str(
        list(Subscription.objects.values())
    )


@pytest.mark.parametrize("url", ["https://169.254.169.254/", "http://a.example/", "file:///x"])
def test_an_inside_address_is_told_at_its_field(admin: Client, url: str) -> None:
    said = {"name": "x", "url": url, "types": ["case.closed"]}

    answer = admin.post("/notices/subscriptions/new/", said)

    assert (answer.status_code, Subscription.objects.count()) == (422, 0)


def test_the_citys_rules_are_kept(admin: Client) -> None:
    said = {"address": "https://city.example/", "quiet_from": "22:00", "quiet_to": "07:00"}

    assert admin.post("/notices/connectors/city/", said).status_code == 302
    assert admin.post("/notices/connectors/city/", {"quiet_from": "22:00"}).status_code == 422

    assert House.objects.get().address == "https://city.example"


def test_trying_out_goes_to_oneself(admin: Client, world: Any, opened: Callable[..., None]) -> None:
    make_address(world.people["administrator"])
    with mail_peer() as peer:
        opened(mail=peer.port)
        row = make_mail_connector(peer.port)
        admin.post(f"/notices/connectors/{row.pk}/do/try/")
        send_all("mail")

    assert peer.mails[0].rcpt_tos == ["administrator@example.com"]
    assert Delivery.objects.get().state == "sent"


def make_deliveries(world: Any, count: int, state: str = "sent") -> None:
    address = Address.objects.first() or make_address(world.people["handler"])
    at, first = timezone.now(), Delivery.objects.count()
    Delivery.objects.bulk_create(
        Delivery(
            key=f"t{first + n}",
            channel="mail",
            kind="urged",
            address=address,
            state=state,
            facts={"number": f"N{first + n}"},
            due_at=at,
            owed_at=at,
        )
        for n in range(count)
    )


def test_what_nobody_knows_of_stands_on_top(admin: Client, world: Any) -> None:
    make_deliveries(world, 1, "unknown")
    make_deliveries(world, 55)
    make_deliveries(world, 1, "unknown")

    page = admin.get("/notices/deliveries/").content.decode()
    shown = re.findall(r"催办 (N\d+)", page)
    after = re.search(r'after=(\w+)"', page).group(1)
    rest = re.findall(
        r"催办 (N\d+)", admin.get(f"/notices/deliveries/?after={after}").content.decode()
    )

    assert shown[:3] == ["N56", "N0", "N55"]
    assert len(shown) == 50
    assert sorted(shown + rest) == sorted(f"N{n}" for n in range(57))


@pytest.mark.parametrize("path", ["/notices/deliveries/", "/notices/connectors/"])
def test_a_list_asks_the_same_of_one_row_and_three(
    admin: Client, world: Any, path: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    make_deliveries(world, 1)
    make_subscription("https://a.example/")
    admin.get(path)
    with CaptureQueriesContext(connection) as one:
        admin.get(path)
    make_deliveries(world, 2)
    make_subscription("https://b.example/")
    make_subscription("https://c.example/")

    with django_assert_num_queries(len(one)):
        admin.get(path)


# ---- residents ----------------------------------------------------------------------------------


def test_a_resident_stops_hearing_and_the_number_is_gone(world: Any, client: Client) -> None:
    report, code = world.report(text="井盖破了")
    actions.follow(
        report.subject, report.case.subject, channel="sms", value="13800000001", language="zh-hans"
    )
    assert "138****0001" in client.get(f"/r/{code}/").content.decode()

    client.post(f"/r/{code}/untold/")

    assert not Follower.objects.exists()


def test_addresses_of_residents_are_forgotten_after_half_a_year(world: Any) -> None:
    report = world.report(text="井盖破了")[0]
    actions.follow(
        report.subject, report.case.subject, channel="sms", value="13800000001", language="zh-hans"
    )

    actions.forget(now=timezone.now() + timedelta(days=182))
    assert Follower.objects.exists()
    actions.forget(now=timezone.now() + timedelta(days=184))
    assert not Follower.objects.exists()
