"""Lives of conditions, kinds, usual reasons and of what units hold against them (T-S3)."""

from datetime import date, timedelta
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import rule

from shiyu.catalogue import actions as do
from shiyu.catalogue.lifecycle import OBJECTION_MOVES
from shiyu.catalogue.models import Kind, Objection, Reason, Standard
from shiyu.catalogue.wanted import Wanted
from tests.bad_input.machine import Life, live

pytestmark = pytest.mark.django_db

EDITOR = "administrator"
WHO = (EDITOR, EDITOR, EDITOR, "intake_city", "handler")
OF_UNIT = {"handler": "roads", "handler_waste": "waste", "handler_lamps": "lamps"}
DAYS = st.sampled_from([-1, 0, 0, 1, 2, 5])
WALKED_OBJECTIONS = frozenset({"adopt", "decline", "withdraw"})


class Version:
    """One version of a condition with a pencil: which words, from when, until when."""

    def __init__(self, words: str, first: date, last: date | None = None) -> None:
        self.words, self.first, self.last = words, first, last

    @property
    def holds_ever(self) -> bool:
        return self.last is None or self.last >= self.first


class StandardLife(Life):
    """One kind, its conditions by versions and days, and units that object to them."""

    watched = (Kind, Standard, Objection, Reason)

    def begin(self) -> None:
        self.kind = self.world.kinds["manhole"]
        self.ended_on: date | None = None
        self.in_grid = True
        first = Standard.objects.get(kind=self.kind)
        self.conditions = {1: [Version(first.filing_condition, first.valid_from)]}
        self.keys = {(1, 1): first.pk}
        self.objections: dict[int, dict[str, Any]] = {}
        self.reasons: dict[int, bool] = {}

    @rule(days=st.sampled_from([1, 1, 3]))
    def days_pass(self, days: int) -> None:
        self.passing.pass_(days * 86_400)

    # ---- conditions ----

    def may_edit(self, who: str, day: date) -> bool:
        living = self.ended_on is None or self.ended_on >= day
        return who == EDITOR and day >= self.today and living

    @rule(who=st.sampled_from(WHO), days=DAYS, words=st.sampled_from(["甲", "乙", "丙"]))
    def add(self, who: str, days: int, words: str) -> None:
        if len(self.conditions) >= 3:
            return
        day = self.today + timedelta(days=days)
        made = self.tried(
            lambda: do.add_condition(
                self.kind, Wanted(words, "2工作时"), valid_from=day, actor=self.world.actor(who)
            ),
            allowed=self.may_edit(who, day),
            why="add",
        )
        if made:
            ordinal = max(self.conditions) + 1
            self.conditions[ordinal] = [Version(words, day)]
            self.keys[ordinal, 1] = made.pk
        self.holds()

    @rule(
        n=st.integers(0, 2),
        who=st.sampled_from(WHO),
        days=DAYS,
        words=st.sampled_from(["甲", "乙", "丙"]),
        behind=st.sampled_from([0, 0, 0, 1]),
    )
    def revise(self, n: int, who: str, days: int, words: str, behind: int) -> None:
        ordinal, versions = self.one(n)
        day, newest = self.today + timedelta(days=days), versions[-1]
        same = newest.last is None and self.said(ordinal, words)
        allowed = (
            self.may_edit(who, day) and not behind and not same and day >= newest.first
        )  # fmt: skip
        made = self.tried(
            lambda: do.revise_condition(
                self.kind, ordinal, Wanted(words, "2工作时"), valid_from=day,
                seen=len(versions) - behind, actor=self.world.actor(who),
            ),
            allowed=allowed,
            why="revise",
        )  # fmt: skip
        if made:
            self.end_at(newest, day)
            versions.append(Version(words, day))
            self.keys[ordinal, len(versions)] = made.pk
        self.holds()

    def said(self, ordinal: int, words: str) -> bool:
        """Whether the newest version says just this: then nothing would change."""
        newest = self.conditions[ordinal][-1]
        first = ordinal == 1 and len(self.conditions[1]) == 1
        return newest.words == words and not first and not newest.words.startswith("井盖")

    @rule(
        n=st.integers(0, 2), who=st.sampled_from(WHO), days=DAYS, behind=st.sampled_from([0, 0, 1])
    )
    def end(self, n: int, who: str, days: int, behind: int) -> None:
        ordinal, versions = self.one(n)
        day, newest = self.today + timedelta(days=days), versions[-1]
        begun = day + timedelta(days=1) >= newest.first
        allowed = self.may_edit(who, day) and not behind and newest.last is None and begun
        made = self.tried(
            lambda: do.end_condition(
                self.kind, ordinal, last_day=day, seen=len(versions) - behind,
                actor=self.world.actor(who),
            ),
            allowed=allowed,
            why="end",
        )  # fmt: skip
        if made:
            newest.last = day
        self.holds()

    @rule(n=st.integers(0, 2), who=st.sampled_from(WHO), behind=st.sampled_from([0, 0, 1]))
    def withdraw(self, n: int, who: str, behind: int) -> None:
        ordinal, versions = self.one(n)
        coming = versions[-1]
        allowed = who == EDITOR and not behind and coming.first > self.today and coming.last is None
        made = self.tried(
            lambda: do.withdraw_condition(
                self.kind, ordinal, seen=len(versions) - behind, actor=self.world.actor(who)
            ),
            allowed=allowed,
            why="withdraw",
        )
        if made:
            eve = coming.first - timedelta(days=1)
            held = [v for v in versions[:-1] if v.last == eve and v.first <= eve]
            coming.last = eve
            if held:
                versions.append(Version(held[-1].words, coming.first))
                self.keys[ordinal, len(versions)] = made.pk
        self.holds()

    def one(self, n: int) -> tuple[int, list[Version]]:
        ordinal = sorted(self.conditions)[n % len(self.conditions)]
        return ordinal, self.conditions[ordinal]

    def end_at(self, version: Version, next_from: date) -> None:
        if version.last is None or version.last >= next_from:
            version.last = next_from - timedelta(days=1)

    # ---- the kind ----

    @rule(who=st.sampled_from(WHO), days=st.integers(0, 3))
    def end_kind(self, who: str, days: int) -> None:
        day = self.today + timedelta(days=days)
        if self.tried(
            lambda: do.end_kind(self.kind, on=day, actor=self.world.actor(who)),
            allowed=who == EDITOR,
            why="end kind",
        ):
            self.ended_on = day
        self.holds()

    @rule(who=st.sampled_from(WHO), name=st.sampled_from(["take_up", "take_up", "admit", "keep"]))
    def change_kind(self, who: str, name: str) -> None:
        actor = self.world.actor(who)
        act, passes = {
            "take_up": (lambda: do.take_up_kind(self.kind, actor=actor), self.ended_on is not None),
            "admit": (lambda: do.admit(self.kind, actor=actor), not self.in_grid),
            "keep": (lambda: do.keep_out(self.kind, because="无权处理", actor=actor), True),
        }[name]
        if self.tried(act, allowed=who == EDITOR and passes, why=name):
            self.ended_on = None if name == "take_up" else self.ended_on
            self.in_grid = {"take_up": self.in_grid, "admit": True, "keep": False}[name]
        self.holds()

    # ---- objections ----

    @rule(
        n=st.integers(0, 9),
        unit=st.sampled_from(["roads", "roads", "waste"]),
        who=st.sampled_from(["handler", "handler", "handler_waste", EDITOR]),
        said=st.sampled_from(["两小时到不了", "两小时到不了", " "]),
    )
    def object_(self, n: int, unit: str, who: str, said: str) -> None:
        known = sorted(self.keys)
        ordinal, version = known[n % len(known)]
        pk, last = self.keys[ordinal, version], self.conditions[ordinal][version - 1].last
        standing = any(
            o["of"] == (pk, unit) and o["stage"] == "raised" for o in self.objections.values()
        )
        made = self.tried(
            lambda: do.object_to(
                Standard(pk=pk), unit=self.world.units[unit], said=said, actor=self.world.actor(who)
            ),
            allowed=OF_UNIT.get(who) == unit
            and bool(said.strip())
            and not (last is not None and last < self.today)
            and not standing,
            why="object",
        )
        if made:
            self.objections[made.pk] = {"of": (pk, unit), "stage": "raised"}
        self.holds()

    @rule(
        n=st.integers(0, 9),
        name=st.sampled_from(sorted(WALKED_OBJECTIONS)),
        who=st.sampled_from([EDITOR, EDITOR, "handler", "handler_waste", "intake_city"]),
        words=st.sampled_from(["按省标准", "按省标准", ""]),
    )
    def answer(self, n: int, name: str, who: str, words: str) -> None:
        if not self.objections:
            return
        pk = sorted(self.objections)[n % len(self.objections)]
        one, actor = self.objections[pk], self.world.actor(who)
        row = Objection.objects.get(pk=pk)
        if name == "withdraw":
            act = lambda: do.withdraw_objection(row, actor=actor)  # noqa: E731
            may = OF_UNIT.get(who) == one["of"][1]
        else:
            answered = {"adopt": do.adopt_objection, "decline": do.decline_objection}[name]
            act = lambda: answered(row, answer=words, actor=actor)  # noqa: E731
            may = who == EDITOR and bool(words)
        if self.tried(act, allowed=may and one["stage"] == "raised", why=name):
            one["stage"] = {"adopt": "adopted", "decline": "declined"}.get(name, "withdrawn")
            assert self.verbs(f"objection:{pk}") == ["raise", name]
        self.holds()

    # ---- usual reasons ----

    @rule(who=st.sampled_from(WHO), n=st.integers(0, 5), name=st.sampled_from(["add", "end", "up"]))
    def reason(self, who: str, n: int, name: str) -> None:
        actor, known = self.world.actor(who), sorted(self.reasons)
        if name == "add":
            text = f"理由{n}"
            rows = Reason.objects.filter(pk__in=known, text=text)
            standing = any(self.reasons[row.pk] for row in rows)
            made = self.tried(
                lambda: do.add_reason("rework", text, actor=actor),
                allowed=who == EDITOR and not standing,
                why="add reason",
            )
            if made:
                self.reasons[made.pk] = True
        elif known:
            pk = known[n % len(known)]
            act = do.end_reason if name == "end" else do.take_up_reason
            if self.tried(
                lambda: act(Reason(pk=pk), actor=actor),
                allowed=who == EDITOR and self.reasons[pk] == (name == "end"),
                why=name,
            ):
                self.reasons[pk] = name == "up"
        self.holds()

    def holds(self) -> None:
        rows = Standard.objects.filter(kind=self.kind).order_by("ordinal", "version")
        stored = [(r.ordinal, r.version, r.valid_from, r.valid_until) for r in rows]
        assert stored == [
            (ordinal, number, one.first, one.last)
            for ordinal, versions in sorted(self.conditions.items())
            for number, one in enumerate(versions, 1)
        ]
        for versions in self.conditions.values():
            for day in (self.today + timedelta(days=n) for n in range(-2, 7)):
                at_once = [
                    v for v in versions if v.first <= day and (v.last is None or v.last >= day)
                ]
                assert len(at_once) <= 1, "one version of a condition a day"
        kind = Kind.objects.get(pk=self.kind.pk)
        assert (kind.ended_on, kind.in_grid) == (self.ended_on, self.in_grid)
        stages = dict(Objection.objects.values_list("pk", "stage"))
        assert stages == {pk: one["stage"] for pk, one in self.objections.items()}
        ended = dict(Reason.objects.filter(pk__in=self.reasons).values_list("pk", "ended_at"))
        assert {pk: at is None for pk, at in ended.items()} == self.reasons


def test_the_walk_makes_every_move_of_an_objection() -> None:
    assert set(OBJECTION_MOVES) == WALKED_OBJECTIONS


def test_standards_live_as_the_pencil_says(clock_ahead: None) -> None:
    live(StandardLife, 3, 36)


@pytest.mark.long
@pytest.mark.parametrize("part", range(2))
def test_standards_live_so_a_thousand_times(part: int, clock_ahead: None) -> None:
    live(StandardLife, 1000, 50, at_random=True)
