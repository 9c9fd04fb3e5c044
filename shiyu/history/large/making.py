"""Makes a large made-up city: City-1 has 1,000,000 cases and 3,000 staff (大型演示城市).

Founded and told by the rules of the demo city; then its lives are lived again, indexes are built,
facts added up, the journal sealed. Broken off, it goes on where it stopped: what was decided
stands in the journal, what was written in a ledger beside it.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
import polars as pl
import psycopg

from shiyu.calendars.rules import read_calendars
from shiyu.cases.models import Case
from shiyu.common.connection import conninfo
from shiyu.common.errors import Refused
from shiyu.common.home import home
from shiyu.history import demo
from shiyu.history.kaifeng.organisation import Size
from shiyu.history.large import aside
from shiyu.history.large.copies import KEY, added_up, counts_of
from shiyu.history.large.patterns import DAY_ZERO, Patterns
from shiyu.history.large.plan import Draw, TooFew, draw
from shiyu.history.large.weeks import movable, shapes
from shiyu.journal.actions import moment
from shiyu.journal.sealing import seal_all
from shiyu.journal.witness import attest

CITY_1 = "city-1"
STAFF = Size(desks=3, clerks=2, walkers=14, handlers=6, branches=frozenset())
LINES_EACH = 10.01
RESIDENTS_EACH = 0.3
HANDS, PARTS = 2, 16
FIRST_DAY = date(2024, 1, 2)
"""The day after the made-up people came into office and the catalogue into force."""
WEEKS_OF_NOW = 6
FEWEST, MOST = 2_000, 40_000
"""Lives told of the last weeks; as many as such a city has, within these bounds."""
EARLIER = 12_000
"""Lives told of the years before at most: holidays and seasons come from them."""
A_QUARTER = 92
SEQUENCES = {
    "cases": "cases_case_id_seq",
    "reports": "cases_report_id_seq",
    "reporters": "cases_reporter_id_seq",
    "lines": "journal_line_id_seq",
    "remarks": "journal_remark_id_seq",
    "parts": "cases_assignment_id_seq",
    "checks": "cases_check_id_seq",
    "ratings": "cases_rating_id_seq",
    "photos": "files_photo_id_seq",
    "number": "cases_number_seq",
}
COUNTED_AS = {"reports": "cases", "reporters": "named", "number": "cases"}
Progress = Callable[[str], None]


@dataclass(slots=True)
class Made:
    """How long each part took, and what came of it."""

    cases: int = 0
    lines: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    processor: dict[str, float] = field(default_factory=dict)
    said: float = 0.0  # processor time that others told of: the hands' and the database's

    @contextmanager
    def timed(self, part: str, progress: Progress) -> Iterator[None]:
        """How long a part takes, by the clock on the wall and of the processor."""
        begun, used = time.monotonic(), time.process_time() + self.said
        yield
        self.seconds[part] = round(time.monotonic() - begun, 1)
        self.processor[part] = round(time.process_time() + self.said - used, 1)
        progress(f"{part}: {self.seconds[part]} s, {self.processor[part]} s of processor")

    @property
    def peak_mb(self) -> int:
        """The most memory that any one process of it held."""
        who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        return max(resource.getrusage(one).ru_maxrss for one in who) // 1024


def make(*, seed: int, cases: int, now: datetime | None, progress: Progress) -> Made:
    """Make the city, or go on with one that was begun.

    Raises  Refused  where another city stands, or its making is under way elsewhere.
    """
    words = conninfo("owner")
    if not words:
        raise Refused("A large city is made as the owner of its tables: set SHIYU_OWNER_URL.")
    with psycopg.connect(**words, autocommit=True) as owner, aside.one_making(owner) as alone:
        if not alone:
            raise Refused("This city is being made just now, by another process.")
        return _Making(aside.prepared(owner), Made(), progress).make(seed, cases, now)


class _Making:
    def __init__(self, owner: aside.Connection, made: Made, progress: Progress) -> None:
        self.owner, self.made, self.progress = owner, made, progress
        self.folder = home() / "making"

    def make(self, seed: int, cases: int, now: datetime | None) -> Made:
        """All parts, those done already left out."""
        timed = self._timed
        with timed("founding"):
            wanted = demo.Plan(seed, cases, now or moment(), CITY_1)
            plan = demo.begun(wanted, self.progress, STAFF)
        if demo.is_done():
            return self.made
        about = self._about(plan)
        if not aside.is_aside(self.owner):
            if Case.objects.exists():
                raise Refused("There are cases in this city already; a large one begins empty.")
            with timed("telling lives"):
                self._hands("lives")
            with timed("drawing"):
                self._draw(about)
        with timed("writing"):
            self._write()
        with timed("indexes, seals"):
            self._build_and_seal()
        with timed("facts"):
            self._facts()
        with timed("references"):
            list(aside.put_back(self.owner, "last"))
        with timed("statistics"):
            for table in aside.TABLES:
                self.owner.execute(f"ANALYZE {table}")
        with timed("finishing"):
            aside.finish(self.owner)
            demo.done()
            self._seal()
            shutil.rmtree(self.folder)
        return self.made

    @contextmanager
    def _timed(self, part: str) -> Iterator[None]:
        """One part; what the database did for this process on the owner's connection counts."""
        with self.made.timed(part, self.progress):
            before = aside.used_by(self.owner)
            yield
            self.made.said += aside.used_by(self.owner) - before

    def _about(self, plan: demo.Plan) -> dict[str, Any]:
        """What the other processes need to know; as it was said first, where that was said."""
        file = self.folder / "about.json"
        if file.exists():
            said: dict[str, Any] = json.loads(file.read_text())
            return said
        if aside.is_aside(self.owner):
            raise Refused(f"{file} is gone, without which this making cannot go on: begin anew.")
        days = (plan.now.date() - FIRST_DAY).days
        recent = int(np.clip(plan.cases * WEEKS_OF_NOW * 7 / days, FEWEST, MOST))
        about = {
            "seed": plan.seed,
            "cases": plan.cases,
            "now": plan.now.isoformat(),
            "weeks": days // 7,
            "recent": recent,
            "parts": PARTS,
            "earlier": min(max(plan.cases // 4, FEWEST), EARLIER),
            "residents": int(plan.cases * RESIDENTS_EACH),
            "taken_in": moment().isoformat(),
        }
        demo.album()  # the drawings, before several processes look for them
        self._say(about)
        return about

    def _say(self, about: dict[str, Any]) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.folder / "about.json").write_text(json.dumps(about))

    def _hands(self, what: str) -> None:
        """Let the other processes do a part; one that fails ends all."""
        environment = os.environ | {"POLARS_MAX_THREADS": "1", "SHIYU_DATABASE_HELD": "1"}
        words = [sys.executable, "-m", "shiyu.history.large.hand", what, str(self.folder)]
        hands = [
            subprocess.Popen(
                [*words, str(nth), str(HANDS)], stdout=subprocess.PIPE, text=True, env=environment
            )
            for nth in range(HANDS)
        ]
        done = [0] * HANDS
        listening = [
            threading.Thread(target=self._listen, args=(hand, done, nth))
            for nth, hand in enumerate(hands)
        ]
        try:
            for one in listening:
                one.start()
            for one in listening:
                one.join()
        finally:
            for hand in hands:
                if hand.poll() is None:
                    hand.terminate()
        if any(hand.wait() for hand in hands):
            raise Refused(f"A process of the making has failed ({what}); run it again to go on.")

    def _listen(self, hand: "subprocess.Popen[str]", done: list[int], nth: int) -> None:
        assert hand.stdout is not None
        for words in hand.stdout:
            if words.strip().isdecimal():
                done[nth] = int(words)
                self.progress(f"{sum(done)} cases")
            elif words.startswith(aside.USED):
                self.made.said += float(words.split()[1])
            else:
                self.progress(words.strip())

    def _draw(self, about: dict[str, Any]) -> None:
        """Who lives again and when, and which ids each transaction has."""
        lives = Patterns.joined(Patterns.load(self.folder / f"lives-{n}") for n in range(PARTS))
        lives.save(self.folder / "lives")
        groups, now = lives.groups, datetime.fromisoformat(about["now"])
        first, last = (FIRST_DAY - DAY_ZERO).days, (now.date() - DAY_ZERO).days
        ends = groups["ends"].to_numpy()
        shape = shapes(read_calendars(), first, max(last, int(ends.max())) + 1)
        moves = movable(groups["begins"].to_numpy(), ends, shape, first, about["weeks"])
        try:
            drawn = draw(
                groups,
                moves,
                cases=about["cases"],
                lines_each=LINES_EACH,
                days=(first, last),
                now=int(now.timestamp() * 1_000_000),
                seed=about["seed"],
            )
        except TooFew:
            raise Refused(f"Too few cases are asked for: at least {FEWEST * 2}.") from None
        ids, totals = self._ids(counts_of(lives), drawn)
        self._say(about | {"named": totals["named"], "lines": totals["lines"]})
        drawn.save(self.folder / "draw.npz")
        np.savez(self.folder / "ids.npz", **ids)
        self.progress(f"{totals['cases']} cases, {totals['lines']} lines, {totals['named']} named")
        with self.owner.transaction():
            for name, sequence in SEQUENCES.items():
                last_id = int(ids[name][0]) + totals[COUNTED_AS.get(name, name)] - 1
                self.owner.execute("SELECT setval(%s::regclass, %s)", [sequence, last_id])
            aside.take_away(self.owner)

    def _ids(self, counts: dict[str, Any], drawn: Draw) -> tuple[dict[str, Any], dict[str, int]]:
        """For each transaction the first id of each kind, in the order of time."""
        chunks = int(drawn.chunk[-1]) + 1
        each = {
            name: np.bincount(drawn.chunk, weights=count[drawn.g], minlength=chunks).astype(int)
            for name, count in counts.items()
        }
        found = {"size": each["cases"], "named_before": np.cumsum(each["named"]) - each["named"]}
        for name, sequence in SEQUENCES.items():
            asked = f"SELECT last_value + is_called::int FROM {sequence}"  # noqa: S608 - ours
            (after,) = self.owner.execute(asked).fetchone() or (1,)
            mine = each[COUNTED_AS.get(name, name)]
            found[name] = after + np.cumsum(mine) - mine
        return found, {name: int(count.sum()) for name, count in each.items()}

    def _write(self) -> None:
        about = json.loads((self.folder / "about.json").read_text())
        self.made.cases, self.made.lines = about["cases"], about["lines"]
        self._hands("copies")

    def _build_and_seal(self) -> None:
        """Indexes one by one beside the sealing, which needs one of them first."""
        list(aside.put_back(self.owner, "index", most=1))
        troubles: list[BaseException] = []

        def build() -> None:
            try:
                with psycopg.connect(**conninfo("owner"), autocommit=True) as connection:
                    for built in aside.put_back(aside.prepared(connection), "index"):
                        self.progress(built.split(" USING ")[0])
                    self.made.said += aside.used_by(connection)
            except BaseException as trouble:
                troubles.append(trouble)

        building = threading.Thread(target=build)
        building.start()
        try:
            self._seal()
            list(aside.put_back(self.owner, "index"))
        finally:
            building.join()
        if troubles:
            raise troubles[0]

    def _seal(self) -> None:
        with psycopg.connect(**conninfo("worker"), autocommit=True) as connection:
            sealed = seal_all(connection, told=lambda n: self.progress(f"{n} lines sealed"))
            attest(connection)
            self.made.said += aside.used_by(connection)
        self.progress(f"sealed {sealed} lines")

    def _facts(self) -> None:
        """The facts of all transactions added up, by quarters of a year, as the fold does."""
        every = pl.scan_parquet(str(self.folder / "facts-*.parquet"))
        first, last = every.select(a=pl.col("day").min(), b=pl.col("day").max()).collect().row(0)
        with self.owner.transaction():
            self.owner.execute("DELETE FROM facts_daily")
            for day in range(first, last + 1, A_QUARTER):
                mine = every.filter(pl.col("day").is_between(day, day + A_QUARTER - 1)).collect()
                summed = added_up(mine).sort(KEY).with_columns(pl.col("day").cast(pl.Date))
                words = f"COPY facts_daily ({', '.join(summed.columns)}) FROM STDIN (FORMAT csv, "
                words += "FORCE_NOT_NULL (outcome))"
                with self.owner.cursor() as cursor, cursor.copy(words) as copy:
                    copy.write(summed.write_csv(include_header=False).encode())
