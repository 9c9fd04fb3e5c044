"""What each row of a file is as a report of this city, and which can be none (审核).

A file is judged slice by slice, so that writing the first rows does not wait for the last.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl

from shiyu.cases.channels import Channel
from shiyu.cases.siting import centres_for
from shiyu.catalogue.models import Procedure
from shiyu.history.intake.placing import Ground
from shiyu.history.intake.presets import ENDED
from shiyu.history.intake.sorting import Rules
from shiyu.places.models import Place
from shiyu.places.rules import the_city

ENDED_ALREADY = "来源已办结，不是新件：历史用 shiyu city from-reports"
NOTHING_SAID = "没有说是什么问题"
NO_PROCEDURE = "当时还没有生效的流程参数"
NAME_MOST = 40
PHONE = r"^\+?\d{5,15}$"
OF_DAY: dict[str, type[pl.DataType]] = {"day": pl.Date, "procedure_id": pl.Int64}
OF_CENTRE = dict.fromkeys(("procedure_id", "place_number", "centre_id"), pl.Int64)


@dataclass(slots=True)
class Counts:
    """Of the rows that can be taken in: how they were placed, and what is known of them."""

    by_point: int = 0
    by_name: int = 0
    city_only: int = 0
    with_kind: int = 0
    with_contact: int = 0


@dataclass(slots=True)
class Judge:
    """What the city knows, read once, and what came of the rows so far.

    rejects  line and reason of each row that cannot be a new report.
    """

    channel: Channel
    ground: Ground
    rules: Rules
    timezone: str
    every: Sequence[Procedure]
    counts: Counts = field(default_factory=Counts)
    rejects: list[tuple[int, str]] = field(default_factory=list)
    _days: dict[date, Procedure | None] = field(default_factory=dict)
    _asked: dict[int, set[int]] = field(default_factory=dict)
    _centres: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=OF_CENTRE))

    @classmethod
    def of_city(
        cls, channel: Channel, *, crs: str, otherwise: Place | None, kinds: Path | None
    ) -> "Judge":
        """Raises  Refused: the table of kinds cannot be read or names kinds the city lacks."""
        rules = Rules.of_city(kinds)
        ground = Ground.of_city(crs=crs, otherwise=otherwise)
        every = list(Procedure.objects.order_by("-version"))
        return cls(channel, ground, rules, the_city().timezone, every)

    def judge(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows as the city's records want them; what no live report could be is refused."""
        placed = self.ground.place(rows)
        words = pl.concat_str("title", "text", separator="\n", ignore_nulls=True)
        rows = placed.rows.with_columns(
            words.alias("words"),
            pl.col("name").str.slice(0, NAME_MOST),
            _phone().alias("phone"),
            placed.reason,
        )
        kinds = self.rules.sort([rows["kind"], rows["kind_name"]], rows["words"].fill_null(""))
        rows = rows.drop("kind_name").with_columns(kinds.get_columns() + self._under(rows))
        rows = rows.with_columns(_reason().alias("reason"))
        refused = rows.filter(pl.col("reason").is_not_null())
        self.rejects += zip(refused["line"], refused["reason"], strict=True)
        kept = rows.filter(pl.col("reason").is_null()) if refused.height else rows
        self._count(kept)
        return kept

    def _count(self, kept: pl.DataFrame) -> None:
        contact = (pl.col("name").fill_null("") != "") | (pl.col("phone").fill_null("") != "")
        named = pl.col("place_id") != self.ground.root
        by_point, by_name, with_kind, with_contact = kept.select(
            pl.col("lon").is_not_null().sum().alias("by_point"),
            (named & pl.col("lon").is_null()).sum().alias("by_name"),
            pl.col("kind_id").is_not_null().sum().alias("with_kind"),
            contact.sum().alias("with_contact"),
        ).row(0)
        counts = self.counts
        counts.by_point += by_point
        counts.by_name += by_name
        counts.city_only += kept.height - by_point - by_name
        counts.with_kind += with_kind
        counts.with_contact += with_contact

    def _under(self, rows: pl.DataFrame) -> list[pl.Series]:
        """The procedure in force on the day of each report, and the centre it gives it to."""
        day = pl.col("created_at").dt.convert_time_zone(self.timezone).dt.date().alias("day")
        asked = rows.select(day, "place_number")
        for one in asked["day"].unique():
            if one not in self._days:
                self._days[one] = procedure_on(one, self.every)
        ids = {one: found.pk for one, found in self._days.items() if found}
        days = pl.DataFrame(list(ids.items()), schema=OF_DAY, orient="row")
        asked = asked.join(days, on="day", how="left", maintain_order="left")
        self._find_centres(asked["place_number"].drop_nulls().unique().to_list())
        keys = ["procedure_id", "place_number"]
        both = asked.join(self._centres, on=keys, how="left", maintain_order="left")
        return both.select("procedure_id", "centre_id").get_columns()

    def _find_centres(self, numbers: Sequence[int]) -> None:
        """Look up the centres of places not met before, under every procedure met so far."""
        used = {found.pk: found for found in self._days.values() if found}
        for pk, procedure in used.items():
            there = self._asked.setdefault(pk, set())
            fresh = [number for number in numbers if number not in there]
            there.update(fresh)
            found = centres_for(fresh, procedure.tier_for(self.channel)) if fresh else {}
            rows = [(pk, number, unit.pk) for number, unit in found.items()]
            self._centres.extend(pl.DataFrame(rows, schema=OF_CENTRE, orient="row"))


def _ended() -> pl.Expr:
    status = pl.col("status").str.to_lowercase().is_in(list(ENDED)).fill_null(value=False)
    return status | pl.col("closed_at").is_not_null()


def _reason() -> pl.Expr:
    """The first reason why a row is no new report of this city; null when it is one."""
    return pl.coalesce(
        pl.when(_ended()).then(pl.lit(ENDED_ALREADY)),
        pl.when(pl.col("reason") != "").then(pl.col("reason")),
        pl.when(pl.col("procedure_id").is_null()).then(pl.lit(NO_PROCEDURE)),
        pl.when((pl.col("words").fill_null("") == "") & pl.col("kind_id").is_null()).then(
            pl.lit(NOTHING_SAID)
        ),
    )


def _phone() -> pl.Expr:
    """A number somebody can be called at, in digits; anything else is none."""
    digits = pl.col("phone").str.replace_all(r"[\s()（）-]", "")
    return pl.when(digits.str.contains(PHONE)).then(digits)


def procedure_on(day: date, every: Iterable[Procedure]) -> Procedure | None:
    """`catalogue.rules.procedure_at` among all, the newest first; None where that refuses."""
    return next((one for one in every if one.valid_from <= day), None)
