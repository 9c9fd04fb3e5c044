"""Lives of deliveries: owed, withheld, tried, lost, heard of, set right by a person (T-S3)."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

import hypothesis.strategies as st
import pytest
from django.utils import timezone
from hypothesis.stateful import rule

from shiyu.notices import actions as do
from shiyu.notices.actions.delivering import Result
from shiyu.notices.actions.owing import owe_deliveries
from shiyu.notices.lifecycle import MOVES
from shiyu.notices.models import Attempt, Delivery
from shiyu.notices.tests.conftest import make_address, make_mail_connector
from tests.bad_input.machine import Life, live

pytestmark = pytest.mark.django_db

BY_A_PERSON = {"resend": do.resend, "mark_arrived": do.mark_arrived, "give_up": do.give_up}
WALKED = frozenset(
    {
        *("begin", "put_off", "confirm", "refuse", "arrive", "lose", "expire", "release", "gather"),
        *BY_A_PERSON,
    }
)
ELSEWHERE = {
    "withhold": "when it is owed: the walk makes some so",
    "drop": "subscriptions and residents who want no more: their own tests",
    "doubt": "a restored database: the drill of restoring",
}
LEAVES = {  # by hand: from which states a person or a peer may
    "resend": {"unknown", "failed"},
    "mark_arrived": {"unknown"},
    "give_up": {"unknown", "failed"},
    "arrive": {"sending", "unknown", "sent"},
    "refuse": {"sending", "unknown", "sent"},
}
BECOMES = {"sent": "sent", "later": "owed", "failed": "failed", "unknown": "unknown"}
WHYS = {"sent": "", "later": "not_now", "failed": "rejected", "unknown": "worker_killed"}
A_DAY, AN_HOUR = timedelta(days=1), timedelta(hours=1)


class Debt:
    """One delivery with a pencil."""

    def __init__(self, state: str, due: datetime, owed: datetime, *, urgent: bool) -> None:
        self.state, self.due, self.owed, self.urgent = state, due, owed, urgent
        self.tries, self.left = 0, False


class DeliveryLife(Life):
    """Some deliveries of mail, whoever and whatever comes to them."""

    watched = (Delivery, Attempt)

    def begin(self) -> None:
        self.address = make_address(self.world.people["handler"])
        self.connector = make_mail_connector(25)
        self.numbers, self.debts = count(1), dict[int, Debt]()

    @rule(withheld=st.booleans(), urgent=st.booleans())
    def owed(self, withheld: bool, urgent: bool) -> None:
        if len(self.debts) >= 5:
            return
        now, state = timezone.now(), "withheld" if withheld else "owed"
        due = now + AN_HOUR if withheld else now
        row = Delivery(
            key=f"walk:{next(self.numbers)}", channel="mail", kind="dispatched", urgent=urgent,
            address=self.address, state=state, due_at=due, owed_at=now,
        )  # fmt: skip
        owe_deliveries([row, row])  # owed twice, it is owed once
        made = Delivery.objects.get(key=row.key)
        self.debts[made.pk] = Debt(state, made.due_at, made.owed_at, urgent=urgent)
        self.holds()

    @rule(hours=st.sampled_from([0.01, 0.5, 1, 2, 25]))
    def time_passes(self, hours: float) -> None:
        self.passing.pass_(hours * 3600)

    @rule(
        outcome=st.sampled_from(["sent", "later", "failed", "unknown", "never"]),
        stale=st.sampled_from([0, 0, 0, 1]),
    )
    def somebody_takes_one_up(self, outcome: str, stale: int) -> None:
        now = timezone.now()
        waiting = [
            (not one.urgent, one.due, pk)
            for pk, one in self.debts.items()
            if one.state == "owed" and one.due <= now
        ]
        claimed = do.claim("mail")
        assert (claimed is None) == (not waiting), "taken up what may go, and nothing else"
        if claimed is None:
            return
        pk = min(waiting)[2]
        assert claimed.delivery.pk == pk, "the most pressing one first"
        one = self.debts[pk]
        one.state, one.tries, one.left = "sending", one.tries + 1, False
        assert claimed.attempt == one.tries
        if outcome != "never":
            self.settled(pk, outcome, one.tries - stale)
        self.holds()

    @rule(pick=st.integers(0, 9), outcome=st.sampled_from(sorted(BECOMES)), stale=st.integers(0, 1))
    def an_outcome_comes_late(self, pick: int, outcome: str, stale: int) -> None:
        if self.debts:
            pk = sorted(self.debts)[pick % len(self.debts)]
            self.settled(pk, outcome, self.debts[pk].tries - stale)
            self.holds()

    def settled(self, pk: int, outcome: str, attempt: int) -> None:
        one = self.debts[pk]
        late = one.state == "unknown" and outcome in ("sent", "failed")
        counts = attempt == one.tries and (one.state == "sending" or late)
        told = do.settle(pk, Result(outcome, WHYS[outcome]), attempt=attempt)
        assert told == counts, "only the attempt in hand ends a delivery"
        if counts:
            one.state = BECOMES[outcome]
            if one.state == "owed":
                one.due = self.row(pk).due_at
                wait = one.due - timezone.now()
                least = min(timedelta(seconds=30) * 2 ** (one.tries - 1), AN_HOUR)
                assert abs(wait - least) < timedelta(seconds=5), (wait, least)

    @rule(pick=st.integers(0, 9), stale=st.integers(0, 1))
    def something_leaves(self, pick: int, stale: int) -> None:
        if not self.debts:
            return
        pk = sorted(self.debts)[pick % len(self.debts)]
        one = self.debts[pk]
        before = self.seen()
        try:
            do.pass_gate(pk, attempt=one.tries - stale)
        except do.Stale:
            assert one.state != "sending" or stale, "the attempt in hand may pass"
            assert self.seen() == before
        else:
            assert (one.state, stale) == ("sending", 0), "nobody else's passes the gate"

    @rule(pick=st.integers(0, 9), arrived=st.booleans(), stranger=st.booleans())
    def the_peer_reports_back(self, pick: int, arrived: bool, stranger: bool) -> None:
        if not self.debts:
            return
        pk = sorted(self.debts)[pick % len(self.debts)]
        one, name = self.debts[pk], "arrive" if arrived else "refuse"
        ref = "00000000-0000-4000-8000-000000000000" if stranger else str(self.row(pk).ref)
        counts = not stranger and one.state in LEAVES[name]
        assert do.hear_back(self.connector, ref, arrived=arrived, answer="x") == counts
        if counts:
            one.state = "arrived" if arrived else "failed"
        self.holds()

    @rule(
        pick=st.integers(0, 9),
        name=st.sampled_from(sorted(BY_A_PERSON)),
        who=st.sampled_from(["administrator", "administrator", "commander_city", "handler"]),
    )
    def somebody_sets_it_right(self, pick: int, name: str, who: str) -> None:
        if not self.debts:
            return
        pk = sorted(self.debts)[pick % len(self.debts)]
        one, actor = self.debts[pk], self.world.actor(who)
        allowed = who == "administrator" and one.state in LEAVES[name]
        made = self.tried(
            lambda: BY_A_PERSON[name](Delivery(pk=pk), actor=actor), allowed=allowed, why=name
        )
        if made:
            one.state = {"resend": "owed", "mark_arrived": "arrived", "give_up": "dropped"}[name]
            assert self.verbs(f"delivery:{pk}")[-1] == name
            if name == "resend":
                one.due, one.owed = self.row(pk).due_at, self.row(pk).owed_at
        self.holds()

    @rule()
    def what_waited_too_long_ends(self) -> None:
        now = timezone.now()
        old = [one for one in self.debts.values() if one.state == "owed" and one.owed < now - A_DAY]
        assert do.expire(now=now) == len(old)
        for one in old:
            one.state = "failed"
        self.holds()

    @rule()
    def quiet_hours_end(self) -> None:
        now = timezone.now()
        free = {pk: o for pk, o in self.debts.items() if o.state == "withheld" and o.due <= now}
        assert do.release(now=now) == len(free)
        for pk, one in free.items():
            one.state = "owed" if len(free) == 1 else "gathered"
            one.owed = self.row(pk).owed_at
        if len(free) > 1:
            digest = Delivery.objects.get(key=f"digest:{min(free)}")
            self.debts[digest.pk] = Debt("owed", digest.due_at, digest.owed_at, urgent=False)
        self.holds()

    def row(self, pk: int) -> Delivery:
        return Delivery.objects.get(pk=pk)

    def holds(self) -> None:
        rows: dict[int, Any] = {row.pk: row for row in Delivery.objects.all()}
        assert {pk: row.state for pk, row in rows.items()} == {
            pk: one.state for pk, one in self.debts.items()
        }
        for pk, one in self.debts.items():
            assert (rows[pk].attempts, Attempt.objects.filter(delivery=pk).count()) == (
                *(one.tries, one.tries),
            )


def test_the_walk_makes_every_move_of_a_delivery_or_says_where() -> None:
    assert WALKED | set(ELSEWHERE) == set(MOVES)


def test_deliveries_live_as_the_pencil_says(clock_ahead: None) -> None:
    live(DeliveryLife, 4, 40)


@pytest.mark.long
@pytest.mark.parametrize("part", range(4))
def test_deliveries_live_so_a_thousand_times(part: int, clock_ahead: None) -> None:
    live(DeliveryLife, 1000, 50, at_random=True)
