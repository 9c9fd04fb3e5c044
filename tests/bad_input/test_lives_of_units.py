"""Lives of units: renamed, put elsewhere, closed, merged, split; ordered, due, undone (T-S3)."""

from datetime import date, timedelta
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import rule

from shiyu.cases.models import Assignment
from shiyu.people import actions as do
from shiyu.people.actions.unit_changes import Share
from shiyu.people.models import Appointment, Heir, Unit, UnitChange
from tests.bad_input.machine import Life, live

pytestmark = pytest.mark.django_db

UNITS = ("roads", "waste", "lamps", "shudian")
"""Three departments, and the room of a street: another kind of unit, with a unit above it."""
WHO = ("administrator", "administrator", "administrator", "commander_city")
DAYS = st.sampled_from([-1, 0, 0, 1, 3])
ENDS = frozenset({"close", "merge", "split"})
WALKED = frozenset({"rename", "move", "close", "merge", "split"})


class Order:
    """One change with a pencil."""

    def __init__(self, kind: str, unit: str, day: date, **more: Any) -> None:
        self.kind, self.unit, self.day, self.more = kind, unit, day, more
        self.applied = self.cancelled = False

    @property
    def to_come(self) -> bool:
        return not self.applied and not self.cancelled


class UnitLife(Life):
    """Four units, one case with two of them, and everything an administrator may order."""

    watched = (Unit, UnitChange, Heir, Appointment, Assignment)

    def begin(self) -> None:
        self.case = self.world.make_case("handling", co=("waste",))
        self.at_work = {"roads", "waste"}
        self.people = {"roads": 1, "waste": 1, "lamps": 1, "shudian": 3}
        self.name = {key: self.world.units[key].name for key in UNITS}
        self.parent: dict[str, str | None] = dict.fromkeys(UNITS) | {"shudian": "gulou"}
        self.ended: dict[str, date] = {}
        self.orders: dict[int, Order] = {}

    # ---- by hand: what stands in the way ----

    def lives(self, unit: str) -> bool:
        return unit not in self.ended and not any(
            o.unit == unit and o.kind in ENDS and not o.cancelled for o in self.orders.values()
        )

    def heir_to_be(self, unit: str) -> bool:
        return any(o.to_come and unit in o.more.get("heirs", ()) for o in self.orders.values())

    def something_open(self, unit: str) -> bool:
        return bool(unit in self.at_work or self.people[unit])

    def ordered(self, act: Any, order: Order, *, who: str, allowed: bool) -> None:
        now = order.day <= self.today
        may = who == "administrator" and order.day >= self.today
        made = self.tried(act, allowed=may and allowed, lines=None, why=f"{order.kind}")
        if made:
            self.orders[made.pk] = order
            order.more["pk"] = made.pk
            if now:
                self.applied(order)
        self.holds()

    def applied(self, order: Order) -> None:
        order.applied, unit = True, order.unit
        if order.kind == "rename":
            self.name[unit] = order.more["name"]
        elif order.kind == "move":
            self.parent[unit] = order.more["parent"]
        else:
            self.ended[unit] = order.day - timedelta(days=1)
        if order.kind in {"merge", "split"}:
            heirs = order.more["heirs"]
            if order.more["with_posts"]:
                self.people[heirs[0]] += self.people[unit]
            self.people[unit] = 0
            if unit in self.at_work:
                self.at_work.remove(unit)
                self.at_work.add(heirs[-1])

    # ---- orders ----

    @rule(unit=st.sampled_from(UNITS), who=st.sampled_from(WHO), days=DAYS, n=st.integers(0, 3))
    def rename(self, unit: str, who: str, days: int, n: int) -> None:
        day, name = self.today + timedelta(days=days), ["", f"新{unit}", f"又{unit}", "same"][n]
        name = self.name[unit] if name == "same" else name
        row = self.row(unit)
        same = (name, name[:40]) == (row.name, row.short_name)
        self.ordered(
            lambda: do.rename_unit(row, name=name, from_on=day, actor=self.world.actor(who)),
            Order("rename", unit, day, name=name),
            who=who,
            allowed=bool(name) and self.lives(unit) and not same,
        )

    @rule(
        unit=st.sampled_from(["shudian", "roads"]),
        under=st.sampled_from(["gulou", "longting", "shudian", None]),
        who=st.sampled_from(WHO),
        days=DAYS,
    )
    def move(self, unit: str, under: str | None, who: str, days: int) -> None:
        day = self.today + timedelta(days=days)
        parent = self.row(under) if under else None
        dead = under in self.ended if under else False
        below_its_tier = unit == "roads" and under == "shudian"
        allowed = (
            self.lives(unit) and not dead and under != unit and not below_its_tier
            and self.parent[unit] != under
        )  # fmt: skip
        self.ordered(
            lambda: do.move_unit(
                self.row(unit), parent=parent, from_on=day, actor=self.world.actor(who)
            ),
            Order("move", unit, day, parent=under),
            who=who,
            allowed=allowed,
        )

    @rule(unit=st.sampled_from(UNITS), who=st.sampled_from(WHO), days=DAYS)
    def close(self, unit: str, who: str, days: int) -> None:
        day = self.today + timedelta(days=days)
        hindered = days <= 0 and self.something_open(unit)
        self.ordered(
            lambda: do.close_unit(self.row(unit), from_on=day, actor=self.world.actor(who)),
            Order("close", unit, day),
            who=who,
            allowed=self.lives(unit) and not self.heir_to_be(unit) and not hindered,
        )

    @rule(
        unit=st.sampled_from(UNITS),
        into=st.sampled_from(UNITS),
        who=st.sampled_from(WHO),
        days=DAYS,
        with_posts=st.booleans(),
    )
    def merge(self, unit: str, into: str, who: str, days: int, with_posts: bool) -> None:
        day = self.today + timedelta(days=days)
        like = (unit == "shudian") == (into == "shudian")
        allowed = (
            self.lives(unit) and self.lives(into) and unit != into and like
            and not self.heir_to_be(unit)
        )  # fmt: skip
        self.ordered(
            lambda: do.merge_unit(
                self.row(unit), into=self.row(into), from_on=day, with_posts=with_posts,
                actor=self.world.actor(who),
            ),
            Order("merge", unit, day, heirs=[into], with_posts=with_posts),
            who=who,
            allowed=allowed,
        )  # fmt: skip

    @rule(
        unit=st.sampled_from(UNITS),
        heirs=st.lists(st.sampled_from(UNITS), min_size=1, max_size=3),
        who=st.sampled_from(WHO),
        days=DAYS,
        named=st.sampled_from([True, True, False]),
    )
    def split(self, unit: str, heirs: list[str], who: str, days: int, named: bool) -> None:
        day = self.today + timedelta(days=days)
        kinds = ("99999",) if named else ()
        shares = [Share(self.row(h), kinds=kinds) for h in heirs[:-1]] + [
            Share(self.row(heirs[-1]))
        ]
        like = all((unit == "shudian") == (heir == "shudian") for heir in heirs)
        allowed = (
            len(heirs) >= 2 and named and len(set(heirs)) == len(heirs) and unit not in heirs
            and like and self.lives(unit) and all(self.lives(h) for h in heirs)
            and not self.heir_to_be(unit)
        )  # fmt: skip
        self.ordered(
            lambda: do.split_unit(
                self.row(unit), shares=shares, from_on=day, actor=self.world.actor(who)
            ),
            Order("split", unit, day, heirs=heirs, with_posts=False),
            who=who,
            allowed=allowed,
        )

    @rule(pick=st.integers(0, 9), who=st.sampled_from(WHO))
    def undo_one(self, pick: int, who: str) -> None:
        if not self.orders:
            return
        pk = sorted(self.orders)[pick % len(self.orders)]
        order = self.orders[pk]
        passes = not order.cancelled and (not order.applied or order.kind == "close")
        if self.tried(
            lambda: do.undo_change(UnitChange.objects.get(pk=pk), actor=self.world.actor(who)),
            allowed=who == "administrator" and passes,
            why=f"undo {order.kind}",
        ):
            if order.applied:
                del self.ended[order.unit]
            order.cancelled = True
        self.holds()

    @rule(days=st.sampled_from([1, 1, 4]))
    def days_pass(self, days: int) -> None:
        """What is due comes true by the program, in the order of its days; or says what hinders."""
        self.passing.pass_(days * 86_400)
        do.apply_due_changes()
        do.hand_over_waiting()
        due = [(o.day, pk) for pk, o in self.orders.items() if o.to_come and o.day <= self.today]
        for _day, pk in sorted(due):
            order = self.orders[pk]
            if order.kind == "close" and self.something_open(order.unit):
                assert UnitChange.objects.get(pk=pk).hindered
            else:
                self.applied(order)
        self.holds()

    def row(self, key: str) -> Unit:
        return Unit.objects.get(pk=self.world.units[key].pk)

    def holds(self) -> None:
        by_pk = {unit.pk: key for key, unit in self.world.units.items()}
        for key in UNITS:
            row = self.row(key)
            assert (row.name, row.ended_on) == (self.name[key], self.ended.get(key)), key
            assert (by_pk.get(row.parent_id) if row.parent_id else None) == self.parent[key], key
        for pk, one in self.orders.items():
            row_ = UnitChange.objects.get(pk=pk)
            stands = (row_.applied_at is not None, row_.cancelled_at is not None)
            assert stands == (one.applied, one.cancelled), one.kind
        assert UnitChange.objects.count() == len(self.orders)
        live_ = Assignment.objects.filter(
            case=self.case, state__in=["sent", "signed", "handled", "objected"]
        )
        assert {by_pk[pk] for pk in live_.values_list("unit_id", flat=True)} == self.at_work
        held = Appointment.objects.not_over().values_list("post__unit_id", flat=True)
        count = {key: sum(by_pk[pk] == key for pk in held) for key in UNITS}
        assert count == self.people

    def ended_well(self) -> None:
        for key in UNITS:
            told = self.verbs(f"unit:{self.world.units[key].pk}")
            mine = [one for one in self.orders.values() if one.unit == key]
            owed = [f"order_{one.kind}" for one in mine]
            assert [verb for verb in told if verb.startswith("order_")] == owed
            for kind in WALKED:
                done = sum(one.applied and one.kind == kind for one in mine)
                assert told.count(kind) == done, (key, kind, told)
            assert told.count("undo_change") == sum(one.cancelled for one in mine)


def test_the_walk_orders_every_change_of_a_unit() -> None:
    assert set(UnitChange.Kind.values) == WALKED


def test_units_live_as_the_pencil_says(clock_ahead: None) -> None:
    live(UnitLife, 3, 18)


@pytest.mark.long
@pytest.mark.parametrize("part", range(2))
def test_units_live_so_a_thousand_times(part: int, clock_ahead: None) -> None:
    live(UnitLife, 1000, 50, at_random=True)
