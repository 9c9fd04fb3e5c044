"""What every walk through a lifecycle has in common: tried moves, refusals, time that passes.

A machine makes real actions on the real database, in a transaction that is taken back. It says
beforehand, from a model of its own with a pencil, whether a move will pass; what is refused must
have changed nothing, what passes must have left the lines of the journal that it owes.
"""

import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from shiyu.cases.audit import Audited, broken_invariants, replay_all
from shiyu.cases.tests.world import World, build
from shiyu.common import clock
from shiyu.common.errors import Refused
from shiyu.journal.models import Line

AHEAD = "passing.seconds"
CLOCK = f"""
CREATE SCHEMA IF NOT EXISTS passing;
GRANT USAGE ON SCHEMA passing TO PUBLIC;
CREATE OR REPLACE FUNCTION passing.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
  $$ SELECT pg_catalog.clock_timestamp()
     + coalesce(nullif(current_setting('{AHEAD}', true), ''), '0')::float * interval '1 second' $$;
"""
"""A clock in front of PostgreSQL's own: found first by whoever looks into its schema first."""


def lay_clock(database: Any) -> None:
    """Put the clock that can be set ahead into the run's database; nobody sees it unasked."""
    with database.connect("owner", database.name) as owner:
        owner.execute(CLOCK)


class Passing:
    """Time that passes when told to, for Python and for the database alike."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self.real = timezone.now
        timezone.now = self.now  # type: ignore[assignment]
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL search_path = passing, pg_catalog, public")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        self.pass_(0)

    def now(self) -> datetime:
        return self.real() + timedelta(seconds=self.ahead)

    def pass_(self, seconds: float) -> None:
        self.ahead += seconds
        clock.forget()
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config(%s, %s, true)", [AHEAD, str(self.ahead)])

    def end(self) -> None:
        timezone.now = self.real  # type: ignore[assignment]
        clock.forget()


class Life(RuleBasedStateMachine):
    """One walk: `watched` are the tables in which a refusal may leave no trace."""

    world: ClassVar[World]
    watched: ClassVar[tuple[type[Model], ...]] = ()
    passed: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.passing = Passing()
        try:
            self.begin()
        except BaseException:
            self._take_back()
            raise

    def begin(self) -> None:
        """What a walk starts with."""

    def ended_well(self) -> None:
        """What must hold of the whole when a walk is over."""

    def teardown(self) -> None:
        try:
            self.ended_well()
            found = [fault for fault in replay_all(Audited()) if fault is not None]
            assert [*found, *broken_invariants()] == []
        finally:
            self._take_back()

    def _take_back(self) -> None:
        self.passing.end()
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    @property
    def today(self) -> Any:
        return timezone.localdate()

    def tried(
        self, act: Callable[[], Any], *, allowed: bool, lines: int | None = 1, why: str = ""
    ) -> Any:
        """Make a move that the pencil lets through or not; None when it was refused."""
        before, written = self.seen(), Line.objects.count()
        refusal, made = None, None
        try:
            made = act()
        except Refused as said:
            refusal = said
        if refusal is not None:
            assert not allowed, f"{why}: should pass, was refused: {refusal}"
            assert self.seen() == before, f"{why}: a refusal changed something"
            assert Line.objects.count() == written, f"{why}: a refusal left a line"
            return None
        assert allowed, f"{why}: passed, the pencil refuses"
        self.passed[why] += 1
        if lines is not None:
            assert Line.objects.count() == written + lines, f"{why}: not {lines} lines"
        return made

    def seen(self) -> list[dict[str, Any]]:
        return [row for model in self.watched for row in model.objects.order_by("pk").values()]

    def verbs(self, subject: str) -> list[str]:
        lines = Line.objects.filter(subject=subject).order_by("id")
        return list(lines.values_list("verb", flat=True))


def live(
    machine: type[Life], examples: int, steps: int, *, at_random: bool = False
) -> Counter[str]:
    """Walk so many times so many steps through a made city; how often which move passed.

    Few walks take every rule equally often; thousands leave some out each time, as hypothesis
    does it (swarm), and are cut down to the fewest steps when one goes wrong.
    """
    machine.world, machine.passed = build(), Counter()
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        derandomize=not at_random,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink] if at_random else [Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    if at_random:
        run_state_machine_as_test(machine, settings=chosen)
    else:
        _walks(machine, steps, chosen)
    return machine.passed


def _walks(machine: type[Life], steps: int, chosen: settings) -> None:
    """Every rule as likely as every other, from a few fixed seeds."""
    for number in range(chosen.max_examples):
        chance, walk = random.Random(number), machine()
        try:
            rules = list(walk.rules)
            for _ in range(steps):
                one = chance.choice(rules)
                if all(holds(walk) for holds in one.preconditions):
                    one.function(walk, **{n: drawn(s, chance) for n, s in one.arguments.items()})
        finally:
            walk.teardown()


def drawn(strategy: Any, chance: random.Random) -> Any:
    """What a strategy might give, without hypothesis' love of the small and the same."""
    while hasattr(strategy, "wrapped_strategy"):
        strategy = strategy.wrapped_strategy
    if hasattr(strategy, "elements"):
        return chance.choice(strategy.elements)
    if hasattr(strategy, "start"):
        return chance.randint(strategy.start, strategy.end)
    if hasattr(strategy, "element_strategy"):
        many = range(chance.randint(strategy.min_size, int(min(strategy.max_size, 4))))
        found = [drawn(strategy.element_strategy, chance) for _ in many]
        return list(dict.fromkeys(found)) if type(strategy).__name__ != "ListStrategy" else found
    return chance.random() < 0.5
