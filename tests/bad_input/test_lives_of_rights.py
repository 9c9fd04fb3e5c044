"""Lives of keys to the interfaces, and of what people ask about their own data (T-S3)."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from django.utils import timezone
from hypothesis.stateful import rule

from shiyu.api import actions as keys
from shiyu.api.models import Client, Grant, Key
from shiyu.api.tests.calling import System
from shiyu.cases.models import Report, Reporter
from shiyu.people.actors import Actor, Scope
from shiyu.people.models import Person
from shiyu.privacy import actions as privacy
from shiyu.privacy.models import Demand, Erasure, Hold
from tests.bad_input.machine import Life, live

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIYU_ERASURES", str(tmp_path / "erasures.jsonl"))


# ---- keys -------------------------------------------------------------------------------------

ADMINISTRATOR = "administrator"
WHO = (ADMINISTRATOR, ADMINISTRATOR, ADMINISTRATOR, "commander_city")
SCOPES = {"look": ["cases:read"], "gulou": ["cases:read@410204"], "none": []}


class Pencilled:
    """A key with a pencil: until when it opens anything."""

    def __init__(self, text: str, until: float) -> None:
        self.text, self.until, self.revoked = text, until, False


class KeyLife(Life):
    """Systems that are let in, their keys given, changed, taken back, and shown all the while."""

    watched = (Client, Key, Grant)

    def begin(self) -> None:
        self.clients: dict[int, dict[int, Pencilled]] = {}
        self.names: set[str] = set()
        self.admit(ADMINISTRATOR, "城管")
        self.issue(0, ADMINISTRATOR, None)

    def one(self, pick: int) -> int | None:
        return sorted(self.clients)[pick % len(self.clients)] if self.clients else None

    @rule(who=st.sampled_from(WHO), name=st.sampled_from(["热线", "城管", "热线", " "]))
    def admit(self, who: str, name: str) -> None:
        made = self.tried(
            lambda: keys.admit(name, purpose="api", actor=self.world.actor(who)),
            allowed=who == ADMINISTRATOR and bool(name.strip()) and name not in self.names,
            why="admit",
        )
        if made:
            self.names.add(name)
            self.clients[made.pk] = {}

    @rule(
        pick=st.integers(0, 5), who=st.sampled_from(WHO), days=st.sampled_from([None, 1, -1, 9999])
    )
    def issue(self, pick: int, who: str, days: int | None) -> None:
        if (pk := self.one(pick)) is None:
            return
        asked = timezone.now() + timedelta(days=days) if days else None
        made = self.tried(
            lambda: keys.issue(Client(pk=pk), expires_at=asked, actor=self.world.actor(who)),
            allowed=who == ADMINISTRATOR and days in {None, 1},
            why="issue",
        )
        if made:
            self.clients[pk][made[0].pk] = Pencilled(made[1], self.ahead(days or 365))
        self.holds()

    @rule(pick=st.integers(0, 5), who=st.sampled_from(WHO), overlap=st.sampled_from([0, 7, 91]))
    def rotate(self, pick: int, who: str, overlap: int) -> None:
        if (pk := self.one(pick)) is None:
            return
        until = self.ahead(overlap)
        shortened = [k for k in self.clients[pk].values() if not k.revoked and k.until > until]
        made = self.tried(
            lambda: keys.rotate(
                Client(pk=pk), overlap=timedelta(days=overlap), actor=self.world.actor(who)
            ),
            allowed=who == ADMINISTRATOR and overlap <= 90,
            lines=2 if shortened else 1,
            why="rotate",
        )
        if made:
            for key in shortened:
                key.until = until
            self.clients[pk][made[0].pk] = Pencilled(made[1], self.ahead(365))
        self.holds()

    @rule(
        pick=st.integers(0, 5),
        n=st.integers(0, 5),
        who=st.sampled_from(WHO),
        why=st.sampled_from(["泄露", "泄露", " "]),
    )
    def revoke(self, pick: int, n: int, who: str, why: str) -> None:
        if (pk := self.one(pick)) is None or not (held := self.clients[pk]):
            return
        key = sorted(held)[n % len(held)]
        if self.tried(
            lambda: keys.revoke(Key(pk=key), why=why, actor=self.world.actor(who)),
            allowed=who == ADMINISTRATOR and bool(why.strip()) and not held[key].revoked,
            why="revoke",
        ):
            held[key].revoked = True
        self.holds()

    @rule(pick=st.integers(0, 5), who=st.sampled_from(WHO), scopes=st.sampled_from(sorted(SCOPES)))
    def regrant(self, pick: int, who: str, scopes: str) -> None:
        if (pk := self.one(pick)) is None:
            return
        before = Client.objects.get(pk=pk).version
        made = self.tried(
            lambda: keys.regrant(Client(pk=pk), scopes=SCOPES[scopes], actor=self.world.actor(who)),
            allowed=who == ADMINISTRATOR and scopes != "none",
            why="regrant",
        )
        assert Client.objects.get(pk=pk).version == before + bool(made)

    @rule(days=st.sampled_from([0.5, 2, 8, 400]))
    def time_passes(self, days: float) -> None:
        self.passing.pass_(days * 86_400)
        self.holds()

    @rule(pick=st.integers(0, 5), n=st.integers(0, 5))
    def shown(self, pick: int, n: int) -> None:
        """At the door: in with a good key, out with any other."""
        if (pk := self.one(pick)) is None or not (held := self.clients[pk]):
            return
        key = held[sorted(held)[n % len(held)]]
        answer = System(key.text).get("/cases?limit=1")
        good = not key.revoked and key.until > self.passing.ahead + 5
        assert answer.status_code == (200 if good else 401), answer.content

    def ahead(self, days: float) -> float:
        return self.passing.ahead + days * 86_400

    def holds(self) -> None:
        now = timezone.now()
        stored = {
            key.pk: key.revoked_at is None and key.expires_at > now
            for key in Key.objects.filter(client__in=self.clients)
        }
        assert stored == {
            pk: not key.revoked and key.until > self.passing.ahead
            for held in self.clients.values()
            for pk, key in held.items()
        }


# ---- what people ask about their own data ------------------------------------------------------

WALKED_DEMANDS = frozenset({"erase", "refuse"})
DEMANDS_ELSEWHERE = {
    "grant": "copies for officers: tests/privacy/test_two_people.py",
    "hand_out": "the same",
    "withdraw": "the same",
}


class RightsLife(Life):
    """Two reports of one telephone: erasure asked for, refused, held back, carried out."""

    watched = (Demand, Hold, Erasure, Reporter)

    def begin(self) -> None:
        self.ids = [
            self.world.report(name="欧阳", phone="13912345678")[0].pk,
            self.world.report(name="欧阳", phone="13912345678")[0].pk,
        ]
        security = [Person.objects.create(username=f"s{n}", name=f"安全{n}") for n in (1, 2)]
        self.actors = {
            "first": Actor.receipt(self.ids[0]),
            "second": Actor.receipt(self.ids[1]),
            "intake": self.world.actor("intake"),
            "handler": self.world.actor("handler"),
            **{
                f"security_{n}": Actor(
                    "person", one.pk, one.name, (Scope("security_admin", 1, 9999, 1),)
                )
                for n, one in enumerate(security, 1)
            },
        }
        self.demands: dict[int, dict[str, Any]] = {}
        self.held: dict[int, dict[str, Any]] = {}
        self.erased: set[int] = set()
        self.ask(0, "first", "withdrawn", False)
        self.ask(1, "intake", "withdrawn", True)

    @rule(
        n=st.integers(0, 1),
        who=st.sampled_from(["first", "second", "intake", "handler", "security_1"]),
        ground=st.sampled_from(["withdrawn", "withdrawn", "", "x"]),
        whole=st.booleans(),
    )
    def ask(self, n: int, who: str, ground: str, whole: bool) -> None:
        report = self.ids[n]
        may = {"first": n == 0, "second": n == 1, "handler": False}.get(who, True)
        receipt = who in {"first", "second"}
        open_ = any(d["of"] == report and d["stage"] == "asked" for d in self.demands.values())
        made = self.tried(
            lambda: privacy.ask(
                Report.objects.select_related("case").get(pk=report), ground=ground,
                whole_person=whole, actor=self.actors[who],
            ),
            allowed=may and ground == "withdrawn" and not (whole and receipt) and not open_,
            why=f"ask {who}",
        )  # fmt: skip
        if made:
            both = whole and report not in self.erased
            covers = {r for r in self.ids if r not in self.erased} | {report} if both else {report}
            assert set(made.reports) == covers
            self.demands[made.pk] = {"of": report, "stage": "asked", "by": who, "covers": covers}
        self.holds()

    @rule(
        pick=st.integers(0, 5),
        who=st.sampled_from(["security_1", "security_2", "security_2", "intake"]),
        yes=st.booleans(),
        words=st.sampled_from(["法定期限未满", ""]),
    )
    def decide(self, pick: int, who: str, yes: bool, words: str) -> None:
        if not self.demands:
            return
        pk = sorted(self.demands)[pick % len(self.demands)]
        one, actor = self.demands[pk], self.actors[who]
        may = who.startswith("security") and who != one["by"] and one["stage"] == "asked"
        if yes:
            kept = any(self.is_held(report) for report in one["covers"])
            if self.tried(
                lambda: privacy.carry_out(Demand(pk=pk), actor=actor),
                allowed=may and not kept,
                lines=None,
                why="carry out",
            ):
                one["stage"] = "done"
                self.erased |= one["covers"]
                for report in one["covers"]:
                    assert self.verbs(f"report:{report}")[-1] == "erase_person"
        elif self.tried(
            lambda: privacy.refuse(Demand(pk=pk), reason=words, actor=actor),
            allowed=may and bool(words),
            why="refuse",
        ):
            one["stage"] = "refused"
        self.holds()

    @rule(
        n=st.integers(0, 1),
        who=st.sampled_from(["security_1", "security_2", "intake"]),
        days=st.sampled_from([-1, 0, 3, 2000]),
        ground=st.sampled_from(["lawsuit", "lawsuit", "x"]),
    )
    def hold(self, n: int, who: str, days: int, ground: str) -> None:
        until = self.today + timedelta(days=days)
        made = self.tried(
            lambda: privacy.hold(
                Report.objects.get(pk=self.ids[n]), ground=ground, until=until,
                actor=self.actors[who],
            ),
            allowed=who.startswith("security") and ground == "lawsuit" and days in {0, 3},
            why="hold",
        )  # fmt: skip
        if made:
            self.held[made.pk] = {"of": self.ids[n], "until": until, "lifted": False}
        self.holds()

    @rule(pick=st.integers(0, 5), who=st.sampled_from(["security_1", "security_2", "handler"]))
    def lift(self, pick: int, who: str) -> None:
        if not self.held:
            return
        pk = sorted(self.held)[pick % len(self.held)]
        one = self.held[pk]
        if self.tried(
            lambda: privacy.lift(Hold(pk=pk), actor=self.actors[who]),
            allowed=who.startswith("security") and not one["lifted"],
            why="lift",
        ):
            one["lifted"] = True
        self.holds()

    @rule(days=st.sampled_from([1, 4]))
    def days_pass(self, days: int) -> None:
        self.passing.pass_(days * 86_400)

    def is_held(self, report: int) -> bool:
        today: date = self.today
        return any(
            h["of"] == report and not h["lifted"] and h["until"] >= today
            for h in self.held.values()
        )

    def holds(self) -> None:
        stages = dict(Demand.objects.values_list("pk", "stage"))
        assert stages == {pk: one["stage"] for pk, one in self.demands.items()}
        lifted = dict(Hold.objects.values_list("pk", "lifted_at"))
        assert {pk: at is not None for pk, at in lifted.items()} == {
            pk: one["lifted"] for pk, one in self.held.items()
        }
        known = set(Reporter.objects.values_list("report_id", flat=True))
        assert known == set(self.ids) - self.erased, "who is erased is known no more"
        done = sum(one["stage"] == "done" for one in self.demands.values())
        assert Erasure.objects.count() == done


def test_keys_live_as_the_pencil_says(clock_ahead: None) -> None:
    live(KeyLife, 3, 30)


def test_requests_about_ones_own_data_live_as_the_pencil_says(clock_ahead: None) -> None:
    live(RightsLife, 4, 30)


@pytest.mark.long
@pytest.mark.parametrize("machine", [KeyLife, RightsLife])
def test_rights_live_so_a_thousand_times(machine: type[Life], clock_ahead: None) -> None:
    live(machine, 1000, 50, at_random=True)
