"""Each delivery goes at most once, or says that nobody knows."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from shiyu.common.errors import OutOfOrder
from shiyu.notices import actions
from shiyu.notices.actions import Result, Stale
from shiyu.notices.actions.delivering import move
from shiyu.notices.lifecycle import FOR_GOOD, MOVES, WHY, State
from shiyu.notices.models import Attempt, Delivery, Notice, Wishes
from shiyu.notices.sending import send_all, send_one
from shiyu.notices.tests.conftest import (
    make_address,
    make_mail_connector,
    make_subscription,
)
from shiyu.notices.tests.peers import closed_port, hang_up, http_peer, mail_peer
from shiyu.people.models import Person
from shiyu.people.tests.made import make_person

pytestmark = pytest.mark.django_db
FACTS = {"number": "KF20261122000001", "kind": "井盖破损", "place": "书店街社区"}


@pytest.fixture
def person() -> Person:
    return make_person("li", "handle")


def owe(*people: Person, kind: str = "dispatched", **more: Any) -> int:
    at = more.pop("at", timezone.now())
    return actions.owe([p.pk for p in people], "case:1", kind, facts=FACTS, at=at, **more)


def happen(type_: str = "case.moved", **more: Any) -> None:
    actions.publish([type_], "case:1", data=lambda: {"number": "KF1"}, at=timezone.now(), **more)


def the_one() -> Delivery:
    return Delivery.objects.get()


# ---- the table ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("state", "name"), itertools.product(State.values, MOVES))
def test_each_move_leaves_only_the_states_it_may(state: str, name: str) -> None:
    row = Delivery(state=state)

    if state in MOVES[name].sources:
        move(row, name)
        assert row.state == MOVES[name].target
    else:
        with pytest.raises(OutOfOrder):
            move(row, name)
        assert row.state == state


def test_nothing_leaves_an_end_and_every_other_state_has_a_way_on() -> None:
    left = {source for m in MOVES.values() for source in m.sources}

    assert left & FOR_GOOD == set()
    assert left | FOR_GOOD == set(State)


def test_only_a_person_sends_again_what_nobody_knows_of() -> None:
    to_owed = [m for m in MOVES.values() if m.target == State.OWED and State.UNKNOWN in m.sources]

    assert [m.by for m in to_owed] == ["person"]


# ---- owed with the notice -----------------------------------------------------------------------


def test_who_has_a_verified_address_is_owed_a_mail_with_the_notice(person: Person) -> None:
    make_address(person)
    make_address(make_person("unverified"), verified_at=None)

    owe(person, *Person.objects.filter(username="unverified"))

    assert (the_one().notice.to, the_one().state, the_one().channel) == (person, "owed", "mail")


def test_whoever_chose_otherwise_is_told_inside_only(person: Person) -> None:
    make_address(person)
    Wishes.objects.create(person=person, mail=["hurry"])

    owe(person, kind="dispatched")
    assert Delivery.objects.count() == 0

    owe(person, kind="urged")
    assert Delivery.objects.count() == 1
    assert Notice.objects.count() == 2


def test_quiet_hours_hold_back_all_but_what_is_urgent(person: Person) -> None:
    make_address(person)
    now = timezone.localtime().replace(hour=23, minute=0)
    Wishes.objects.create(
        person=person, mail=["work", "hurry"], quiet="own", quiet_from="22:00", quiet_to="07:00"
    )

    owe(person, at=now)
    owe(person, at=now, kind="urged", urgent=True)

    held, urgent = Delivery.objects.order_by("pk")
    assert (held.state, urgent.state) == ("withheld", "owed")
    assert timezone.localtime(held.due_at) == (now + timedelta(hours=8)).replace(
        second=0, microsecond=0
    )


def test_what_was_held_back_comes_as_one_digest(person: Person) -> None:
    make_address(person)
    now = timezone.now()
    for number in range(3):
        owe(person, kind="dispatched")
        Delivery.objects.filter(pk=Delivery.objects.latest("pk").pk).update(
            state="withheld", due_at=now - timedelta(minutes=number)
        )

    actions.release()

    digest = Delivery.objects.get(kind="digest")
    assert digest.facts["count"] == 3
    assert {d.state for d in digest.gathered.all()} == {"gathered"}
    assert actions.release() == 0


def test_one_alone_is_released_as_it_is(person: Person) -> None:
    make_address(person)
    owe(person)
    Delivery.objects.update(state="withheld")

    actions.release()

    assert (the_one().state, the_one().kind) == ("owed", "dispatched")


def test_what_has_waited_too_long_ends_and_says_why(person: Person) -> None:
    make_address(person)
    owe(person)
    later = timezone.now() + timedelta(hours=25)

    assert actions.expire(now=later) == 1

    assert (the_one().state, the_one().why) == ("failed", "expired")


# ---- fencing ------------------------------------------------------------------------------------


@pytest.fixture
def claimed(person: Person) -> Any:
    make_address(person)
    make_mail_connector(25)
    owe(person)
    return actions.claim("mail")


def test_a_stale_attempt_is_refused_at_the_gate(claimed: Any) -> None:
    Delivery.objects.update(attempts=2)

    with pytest.raises(Stale):
        actions.pass_gate(claimed.delivery.pk, attempt=1)


def test_a_stale_attempt_ends_nothing(claimed: Any) -> None:
    Delivery.objects.update(attempts=2)

    assert not actions.settle(claimed.delivery.pk, Result("failed", "rejected"), attempt=1)

    assert the_one().state == "sending"


def test_an_outcome_learnt_late_is_kept(claimed: Any) -> None:
    Delivery.objects.update(state="unknown", why="worker_killed")

    assert actions.settle(claimed.delivery.pk, Result("sent"), attempt=1)

    assert (the_one().state, the_one().why) == ("sent", "")


def test_a_delivery_in_hand_is_nobody_elses(claimed: Any) -> None:
    assert actions.claim("mail") is None


def test_every_code_that_is_kept_has_words(claimed: Any) -> None:
    from shiyu.notices.actions.delivering import PEERS_FAULT

    assert set(WHY) >= PEERS_FAULT


# ---- peers that behave, and that do not ---------------------------------------------------------

OUTCOMES: dict[str, tuple[Any, str, str]] = {
    "takes it": ((200, {}, b""), "sent", ""),
    "refuses it": ((422, {}, b"no"), "failed", "rejected"),
    "is gone": ((410, {}, b""), "failed", "gone"),
    "leads elsewhere": ((302, {"Location": "http://127.0.0.1/"}, b""), "failed", "redirected"),
    "is busy": ((429, {"Retry-After": "120"}, b""), "owed", "busy"),
    "is closed": ((503, {}, b""), "owed", "not_now"),
    "breaks": ((500, {}, b""), "unknown", "peer_error"),
    "hangs up": (hang_up, "unknown", "broken_off"),
    "talks nonsense": (
        lambda h: h.wfile.write(b"\x00\xff nonsense\r\n\r\n"),
        *("unknown",) * 1,
        "broken_off",
    ),
}


@pytest.mark.parametrize("peer_", OUTCOMES)
def test_what_a_peer_answers_decides_what_is_known(peer_: str, opened: Callable[..., None]) -> None:
    answer, state, why = OUTCOMES[peer_]
    with http_peer(answer) as peer:
        opened(webhook=peer.port)
        make_subscription(peer.url)
        happen()
        before = timezone.now()

        send_all("webhook")

        assert len(peer.received) == 1
    assert (the_one().state, the_one().why) == (state, why)
    if peer_ == "is busy":
        assert the_one().due_at >= before + timedelta(seconds=120)


def test_where_nothing_listens_it_is_tried_again_later(opened: Callable[..., None]) -> None:
    port = closed_port()
    opened(webhook=port)
    make_subscription(f"http://127.0.0.1:{port}/")
    happen()

    send_all("webhook")

    row = the_one()
    assert (row.state, row.why, row.left_at, row.attempts) == ("owed", "refused", None, 1)
    assert row.due_at > timezone.now() + timedelta(seconds=20)


def test_a_peer_that_drops_repeats_gets_an_unknown_one_again(opened: Callable[..., None]) -> None:
    with http_peer(hang_up, (200, {}, b"")) as peer:
        opened(webhook=peer.port)
        make_subscription(peer.url, drops_repeats=True)
        happen()
        send_all("webhook")
        Delivery.objects.update(due_at=timezone.now())
        send_all("webhook")

    assert the_one().state == "sent"
    assert len({r.headers["webhook-id"] for r in peer.received}) == 1
    assert len(peer.received) == 2


def test_the_breaker_opens_and_then_lets_one_try(opened: Callable[..., None]) -> None:
    port = closed_port()
    opened(webhook=port)
    row = make_subscription(f"http://127.0.0.1:{port}/")
    for _ in range(9):
        happen()

    send_all("webhook")

    row.refresh_from_db()
    assert row.failures == 5
    assert row.open_until > timezone.now()
    assert Delivery.objects.filter(attempts=0).count() == 4

    row.open_until = timezone.now()
    row.save()
    assert send_one("webhook")
    row.refresh_from_db()
    assert (row.failures, send_one("webhook")) == (6, False)


def test_one_peer_resting_keeps_no_other_waiting(opened: Callable[..., None]) -> None:
    with http_peer() as peer:
        opened(webhook=peer.port)
        make_subscription(peer.url, open_until=timezone.now() + timedelta(hours=1))
        make_subscription(peer.url)
        happen()

        send_all("webhook")

    assert sorted(Delivery.objects.values_list("state", flat=True)) == ["owed", "sent"]


def test_a_queue_grown_beyond_bounds_is_dropped_and_its_subscription_paused() -> None:
    row = make_subscription("https://example.com/")
    for _ in range(4):
        happen()

    assert actions.hold_back(most=3) == 1

    row.refresh_from_db()
    assert row.standing == "paused"
    assert set(Delivery.objects.values_list("state", "why")) == {("dropped", "too_many_waiting")}


def test_only_those_hear_of_an_event_whose_places_it_is_in() -> None:
    make_subscription("https://a.example/", first=1000, last=1999)
    make_subscription("https://b.example/", first=2000, last=2999)
    make_subscription("https://c.example/", "case.closed")

    happen(place_number=1500)

    assert the_one().subscription.url == "https://a.example/"


# ---- mail, step by step -------------------------------------------------------------------------

STEPS = {
    "taken": ({}, "sent", ""),
    "not this one now": ({"at_rcpt": "451 later"}, "owed", "not_now"),
    "no such address": ({"at_rcpt": "550 unknown"}, "failed", "no_such_address"),
    "sender refused now": ({"at_mail": "421 busy"}, "owed", "not_now"),
    "text refused": ({"at_data": "554 spam"}, "failed", "rejected"),
    "text refused for now": ({"at_data": "452 full"}, "owed", "not_now"),
    "text answered with nonsense": ({"at_data": "\x01\x02 what"}, "unknown", "garbled"),
    "text answered with neither": ({"at_data": "354 go on"}, "unknown", "garbled"),
    "text answered without end": ({"at_data": "250 " + "o" * 9000}, "unknown", "garbled"),
}


@pytest.mark.parametrize("step", STEPS)
def test_what_the_mail_server_says_decides(
    step: str, person: Person, opened: Callable[..., None]
) -> None:
    said, state, why = STEPS[step]
    make_address(person)
    with mail_peer() as peer:
        vars(peer).update(said)
        opened(mail=peer.port)
        make_mail_connector(peer.port)
        owe(person)

        send_all("mail")

    assert (the_one().state, the_one().why) == (state, why)
    assert len(peer.mails) == (state == "sent")


def test_a_mail_names_the_case_and_nobody(person: Person, opened: Callable[..., None]) -> None:
    from email import message_from_bytes
    from email.policy import default

    make_address(person, language="en")
    with mail_peer() as peer:
        opened(mail=peer.port)
        make_mail_connector(peer.port, sender_name="测试市\r\nBcc: x@example.com")
        owe(person)
        send_all("mail")

    envelope = peer.mails[0]
    mail = message_from_bytes(envelope.original_content, policy=default)
    assert envelope.rcpt_tos == ["li@example.com"]
    assert mail["Message-ID"] == f"<{the_one().ref}@example.com>"
    assert mail["Bcc"] is None
    assert FACTS["number"] in mail["Subject"]
    assert person.name not in mail.get_content()
    assert Attempt.objects.get().outcome == "sent"


def test_a_server_without_tls_gets_nothing_unless_it_may(
    person: Person, opened: Callable[..., None]
) -> None:
    make_address(person)
    with mail_peer() as peer:
        opened(mail=peer.port)
        make_mail_connector(peer.port, security="starttls")
        owe(person)

        send_all("mail")

    assert (the_one().state, the_one().why, peer.mails) == ("owed", "not_secure", [])


# ---- what a person does about it ----------------------------------------------------------------


def test_a_person_sends_again_or_says_it_arrived(world: Any) -> None:
    make_subscription("https://example.com/")
    happen()
    admin, other = world.actor("administrator"), world.actor("intake")

    with pytest.raises(OutOfOrder):
        actions.resend(the_one(), actor=admin)
    Delivery.objects.update(state="unknown")
    from shiyu.common.errors import NotAllowed

    with pytest.raises(NotAllowed):
        actions.resend(the_one(), actor=other)
    actions.resend(the_one(), actor=admin)
    assert the_one().state == "owed"
    Delivery.objects.update(state="unknown")
    actions.mark_arrived(the_one(), actor=admin)
    assert the_one().state == "arrived"
