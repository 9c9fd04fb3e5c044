"""Lives of what is taken out of lists and done to many at once: exports, bulk moves (T-S3)."""

from datetime import date
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import rule

from shiyu.cases import actions as cases
from shiyu.cases.models import Case
from shiyu.cases.tests.world import World
from shiyu.desk import workbook
from shiyu.desk.actions import batches, exports
from shiyu.desk.lifecycle import EXPORT_MOVES
from shiyu.desk.models import Batch, BatchItem, Export, ExportLimits
from shiyu.desk.queues import QUEUES
from shiyu.people.models import Appointment, Person, Post, PostDuty
from tests.bad_input.machine import Life, live

pytestmark = pytest.mark.django_db

PEOPLE = (
    *("intake", "intake_city", "handler", "commander", "commander_two", "commander_city"),
    *("city_two", "commander_city", "city_two", "intake_longting"),
)
COMMANDS = {  # by hand: whose word counts for what reaches so far
    "gulou": {"commander", "commander_two", "commander_city", "city_two"},
    "city": {"commander_city", "city_two"},
    "anywhere": {"commander_city", "city_two"},
}
REACH = {"intake": "gulou", "intake_city": "city", "handler": "anywhere", "commander": "gulou"}
NEEDS = {"intake": 1, "intake_city": 2, "handler": 1, "commander": 1}
KEPT_H, ALONE = 72, 1
WALKED_EXPORTS = frozenset({"approve", "refuse", "make", "fail", "download", "expire"})


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIYU_HOME", str(tmp_path))


def another_commander(world: World) -> None:
    """A second person who commands the whole city."""
    post = Post.objects.create(unit=world.units["city"], title="值班")
    place = world.places["city"]
    PostDuty.objects.create(
        post=post, duty="command", place_code=place.code,
        place_first=place.first, place_last=place.last,
    )  # fmt: skip
    made = Person.objects.create(username="city_two", name="韩梅", password="!", made_up=True)
    Appointment.objects.create(person=made, post=post, starts_on=date(2020, 1, 1))
    world.people["city_two"] = made


class Paper:
    """One export with a pencil."""

    def __init__(self, who: str, stage: str) -> None:
        self.who, self.stage, self.words = who, stage, list[str]()
        self.made_at = 0.0


class ExportLife(Life):
    """Files asked for, approved by one or two others, made, fetched, gone."""

    watched = (Export,)

    def begin(self) -> None:
        for _ in range(2):
            self.world.report()
        ExportLimits.objects.create(rows_most=100, alone_most=ALONE, kept_hours=KEPT_H)
        if "city_two" not in self.world.people:
            another_commander(self.world)
        self.owed: list[Any] = []
        self.papers: dict[int, Paper] = {}
        self.ask("intake", "周例会")
        self.ask("intake_city", "周例会")

    def teardown(self) -> None:
        super().teardown()
        self.world.people.pop("city_two", None)

    def of(self, pick: int) -> tuple[int, Paper] | None:
        known = sorted(self.papers)
        return (known[pick % len(known)], self.papers[known[pick % len(known)]]) if known else None

    @rule(who=st.sampled_from(sorted(REACH)), reason=st.sampled_from(["周例会", "周例会", " "]))
    def ask(self, who: str, reason: str) -> None:
        """Two rows are more than anybody takes out alone here; a unit without cases has none."""
        seen = who != "handler"
        made = self.tried(
            lambda: exports.ask(
                QUEUES["all"], {}, columns=["number"], purpose="report", reason=reason,
                personal=False, actor=self.world.actor(who), later=self.owed.append,
            ),
            allowed=bool(reason.strip()) and seen,
            why=f"ask {who}",
        )  # fmt: skip
        if made:
            assert (made.stage, made.approvals) == ("asked", NEEDS[who])
            self.papers[made.pk] = Paper(who, "asked")
            assert self.verbs(made.subject) == ["ask"]

    def may_decide(self, who: str, paper: Paper) -> bool:
        mine = who == paper.who or (paper.words and who == paper.words[0])
        return who in COMMANDS[REACH[paper.who]] and not mine

    @rule(pick=st.integers(0, 9), who=st.sampled_from(PEOPLE))
    def approve(self, pick: int, who: str) -> None:
        if not (found := self.of(pick)):
            return
        pk, paper = found
        waiting = len(self.owed)
        allowed = self.may_decide(who, paper) and paper.stage == "asked"
        actor = self.world.actor(who)
        made = self.tried(
            lambda: exports.approve(Export(pk=pk), actor=actor, later=self.owed.append),
            allowed=allowed,
            why=f"approve {who} {paper.stage}",
        )
        if made:
            paper.words.append(who)
            enough = len(paper.words) >= NEEDS[paper.who]
            paper.stage = "approved" if enough else "asked"
            assert len(self.owed) == waiting + enough, "made when the last word is given"
        self.holds()

    @rule(
        pick=st.integers(0, 9),
        who=st.sampled_from(PEOPLE),
        reason=st.sampled_from(["", "", "不必"]),
    )
    def refuse(self, pick: int, who: str, reason: str) -> None:
        if not (found := self.of(pick)):
            return
        pk, paper = found
        allowed = self.may_decide(who, paper) and paper.stage == "asked" and bool(reason)
        actor = self.world.actor(who)
        if self.tried(
            lambda: exports.refuse(Export(pk=pk), reason=reason, actor=actor),
            allowed=allowed,
            why=f"refuse {who} {paper.stage}",
        ):
            paper.words.append(who)
            paper.stage = "refused"
        self.holds()

    @rule(pick=st.integers(0, 9), disk_full=st.sampled_from([False, False, True]))
    def the_job_comes(self, pick: int, disk_full: bool) -> None:
        """Once, twice or for what nobody approved: only what is approved is made."""
        if not (found := self.of(pick)):
            return
        pk, paper = found
        goes = paper.stage == "approved"
        with pytest.MonkeyPatch.context() as patch:
            if disk_full:
                patch.setattr(workbook.Draft, "write", no_space)
            self.tried(
                lambda: [exports.make(Export(pk=pk))], allowed=True, lines=int(goes), why="make"
            )
        if goes:
            paper.stage = "failed" if disk_full else "made"
            paper.made_at = self.passing.ahead
        self.holds()

    @rule(pick=st.integers(0, 9), who=st.sampled_from(PEOPLE))
    def download(self, pick: int, who: str) -> None:
        if not (found := self.of(pick)):
            return
        pk, paper = found
        old = self.passing.ahead - paper.made_at > KEPT_H * 3600
        allowed = who == paper.who and paper.stage == "made" and not old
        actor = self.world.actor(who)
        self.tried(
            lambda: exports.download(Export(pk=pk), actor=actor),
            allowed=allowed,
            why=f"download {who} {paper.stage}",
        )
        self.holds()

    @rule(hours=st.sampled_from([1, 24, 73]))
    def time_passes(self, hours: int) -> None:
        self.passing.pass_(hours * 3600)

    @rule()
    def files_whose_time_is_over_go(self) -> None:
        over = [
            paper
            for paper in self.papers.values()
            if paper.stage == "made" and self.passing.ahead - paper.made_at > KEPT_H * 3600
        ]
        gone = self.tried(lambda: [exports.expire()], allowed=True, lines=len(over), why="expire")
        assert gone == [len(over)]
        for paper in over:
            paper.stage = "expired"
        self.holds()

    def holds(self) -> None:
        stages = dict(Export.objects.values_list("pk", "stage"))
        assert stages == {pk: paper.stage for pk, paper in self.papers.items()}
        for export in Export.objects.filter(stage__in=["made", "failed", "expired"]):
            assert workbook.path_of(export.key).exists() == (export.stage == "made")


def no_space(*_given: object) -> None:
    raise OSError(28, "No space left on device")


# ---- bulk moves -------------------------------------------------------------------------------


class Chosen:
    """One bulk move with a pencil: what was chosen at which version, how it stands."""

    def __init__(self, who: str, cases_: dict[int, int]) -> None:
        self.who, self.cases, self.state = who, cases_, "chosen"
        self.items = dict.fromkeys(cases_, "waiting")


class BatchLife(Life):
    """Three calls, some people who take them in together, and others who are quicker."""

    watched = (Batch, BatchItem, Case)

    def begin(self) -> None:
        self.ids = [self.world.report()[0].case.pk for _ in range(3)]
        self.stage = dict.fromkeys(self.ids, "reported")
        self.version = dict(Case.objects.filter(pk__in=self.ids).values_list("pk", "version"))
        self.batches: dict[int, Chosen] = {}

    @rule(
        who=st.sampled_from(["intake", "intake", "dispatcher", "nobody", "intake_longting"]),
        which=st.lists(st.integers(0, 2), max_size=3, unique=True),
    )
    def choose(self, who: str, which: list[int]) -> None:
        chosen = [self.ids[n] for n in which]
        actor = self.world.actor(who)
        made = self.tried(
            lambda: batches.choose(Case.objects.filter(pk__in=chosen), "accept", actor=actor),
            allowed=bool(chosen) and who in {"intake", "intake_longting"},
            lines=0,
            why=f"choose {who}",
        )
        if made:
            self.batches[made.pk] = Chosen(who, {pk: self.version[pk] for pk in chosen})
        self.holds()

    def of(self, pick: int) -> tuple[int, Chosen] | None:
        known = sorted(self.batches)
        return (known[pick % len(known)], self.batches[known[pick % len(known)]]) if known else None

    @rule(pick=st.integers(0, 9), who=st.sampled_from(["owner", "owner", "dispatcher"]))
    def say(self, pick: int, who: str) -> None:
        if not (found := self.of(pick)):
            return
        pk, batch = found
        actor = self.world.actor(batch.who if who == "owner" else who)
        self.tried(
            lambda: batches.say(Batch(pk=pk), {"reason": "统一受理"}, actor=actor),
            allowed=who == "owner" and batch.state == "chosen",
            lines=0,
            why="say",
        )
        self.holds()

    @rule(
        pick=st.integers(0, 9),
        who=st.sampled_from(["owner", "owner", "owner", "dispatcher"]),
        at_once=st.booleans(),
    )
    def begin_it(self, pick: int, who: str, at_once: bool) -> None:
        if not (found := self.of(pick)):
            return
        pk, batch = found
        actor = self.world.actor(batch.who if who == "owner" else who)
        allowed = who == "owner" and batch.state == "chosen"
        owed: list[Any] = []
        done = self.would_do(batch) if allowed and at_once else []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(batches, "AT_ONCE", 20 if at_once else 0)
            made = self.tried(
                lambda: batches.begin(Batch(pk=pk), actor=actor, later=owed.append),
                allowed=allowed,
                lines=1 + len(done),
                why="begin",
            )
        if made:
            batch.state = "running"
            assert len(owed) == (not at_once)
            if at_once:
                self.carried_out(batch, done)
        self.holds()

    @rule(pick=st.integers(0, 9))
    def the_job_comes(self, pick: int) -> None:
        """It comes again after any stop; what has been done is not done twice."""
        if not (found := self.of(pick)):
            return
        pk, batch = found
        if batch.state == "chosen":
            return  # no job is owed before
        done = self.would_do(batch)
        owner = self.world.people[batch.who]
        self.tried(
            lambda: [batches.carry_out(Batch(pk=pk, person=owner, move="accept"))],
            allowed=True,
            lines=len(done),
            why="carry out",
        )
        self.carried_out(batch, done)
        self.holds()

    @rule(n=st.integers(0, 2), who=st.sampled_from(["intake", "dispatcher"]))
    def somebody_is_quicker(self, n: int, who: str) -> None:
        pk = self.ids[n]
        actor = self.world.actor(who)
        if self.tried(
            lambda: cases.accept(Case(pk=pk), actor=actor),
            allowed=who == "intake" and self.stage[pk] == "reported",
            why="accept",
        ):
            self.stage[pk] = "accepted"
            self.version[pk] += 1
        self.holds()

    def would_do(self, batch: Chosen) -> list[int]:
        """Those still as they were seen, by somebody whose they are."""
        return [
            pk
            for pk, seen in batch.cases.items()
            if batch.items[pk] == "waiting"
            and batch.who == "intake"
            and self.version[pk] == seen
            and self.stage[pk] == "reported"
        ]

    def carried_out(self, batch: Chosen, done: list[int]) -> None:
        for pk, state in batch.items.items():
            if state == "waiting":
                batch.items[pk] = "done" if pk in done else "refused"
        for pk in done:
            self.stage[pk], self.version[pk] = "accepted", self.version[pk] + 1
        batch.state = "done"

    def holds(self) -> None:
        stored = {row.pk: row for row in Batch.objects.all()}
        assert {pk: row.state for pk, row in stored.items()} == {
            pk: batch.state for pk, batch in self.batches.items()
        }
        for pk, batch in self.batches.items():
            items = dict(BatchItem.objects.filter(batch=pk).values_list("case_id", "state"))
            assert items == batch.items
        now = {pk: (s, v) for pk, s, v in Case.objects.values_list("pk", "stage", "version")}
        assert now == {pk: (self.stage[pk], self.version[pk]) for pk in self.ids}


def test_the_walk_makes_every_move_of_an_export() -> None:
    assert set(EXPORT_MOVES) == WALKED_EXPORTS


def test_exports_live_as_the_pencil_says(clock_ahead: None) -> None:
    live(ExportLife, 4, 40)


def test_bulk_moves_live_as_the_pencil_says(clock_ahead: None) -> None:
    live(BatchLife, 4, 24)


@pytest.mark.long
@pytest.mark.parametrize("machine", [ExportLife, BatchLife])
def test_lists_live_so_a_thousand_times(machine: type[Life], clock_ahead: None) -> None:
    live(machine, 1000, 50, at_random=True)
