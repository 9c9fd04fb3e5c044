"""The demo city's catalogue, procedure and departments, read from the tables beside it.

Codes, names and limits are facts taken from public standards, each with its source; conditions
are in our own words. Where a source gives no limit, the row says that it is made up.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from shiyu.catalogue.actions import publish_standards, set_procedure
from shiyu.catalogue.draft import Draft, Owed
from shiyu.catalogue.models import Procedure
from shiyu.common.sheets import Outcome
from shiyu.people.actions.units import create_unit
from shiyu.people.actors import Actor
from shiyu.people.models import Tier, Unit

HERE = Path(__file__).parent

SOURCES = {
    "Y": "《运城市城市综合管理服务立案、处置和结案标准（部件）》的代码、名称、时限；条件另行表述",
    "B": "名称据北京市朝阳区部件事件代码表；时限比照运城市同类部件",
    "B2": "名称据北京市朝阳区代码表（百姓生活）或常见热线诉求；时限为演示值",
    "J": "济源市标准（ishare.iask.com/f/2gaIATvprR5）的名称、时限；条件另行表述",
    "Q": "某区标准（renrendoc.com/paper/191493937）的时限；条件另行表述",
    "D": "名称据北京市朝阳区代码表或常见事项；时限为演示值",
}
CATEGORIES = {"部件": "component", "事件": "event", "诉求": "appeal", "事项": "matter"}
CARRIED = ("category", "major_code", "major_name", "minor_code", "minor_name")
OF_THE_KIND = (
    "lead",
    "co",
    "legal_basis",
    "evidence",
    "not_in_grid_because",
    "settles",
    "for_public",
    "source",
)

PROCEDURE = {
    "limits": {
        "accept": "15分钟",
        "filing": "1工作时",
        "dispatch": "15分钟",
        "sign": "2工作时",
        "verify": "1工作日",
    },
    "objection_limit": "4工作时",
    "intake_tiers": {
        "": "county",
        "hotline": "city",
        "sensor": "city",
        "department": "city",
    },
    "source": "受理、派遣时限据运城市系统；其余为演示值",
}


@dataclass(frozen=True, slots=True)
class Department:
    """One of the 94 departments of the demo: a usual name, nobody's real duties."""

    code: str
    name: str
    short_name: str
    group: str


def departments() -> tuple[Department, ...]:
    """The departments of the demo city, in the order of their codes (职能部门)."""
    return tuple(Department(**row) for row in _table("departments"))


@lru_cache(maxsize=1)
def demo_catalogue() -> tuple[Draft, ...]:
    """Every condition of the demo's catalogue as a draft, in the order of the table."""
    return tuple(_drafts())


def found_departments(place_code: str, *, actor: Actor) -> dict[str, Unit]:
    """Enter the 94 departments; gives them by short name."""
    return {
        known.short_name: create_unit(
            known.code,
            known.name,
            short_name=known.short_name,
            kind=Unit.Kind.DEPARTMENT,
            tier=Tier.CITY,
            place_code=place_code,
            made_up=True,
            actor=actor,
        )
        for known in departments()
    }


def publish_catalogue(
    units: Mapping[str, Unit], *, valid_from: date, actor: Actor
) -> tuple[Procedure, Outcome]:
    """Set the demo's procedure and publish its catalogue; `units` by short name."""
    procedure = set_procedure(valid_from=valid_from, actor=actor, **PROCEDURE)
    outcome = publish_standards(demo_catalogue(), valid_from=valid_from, actor=actor, units=units)
    return procedure, outcome


def _table(name: str) -> Iterator[dict[str, str]]:
    with (HERE / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def _drafts() -> Iterator[Draft]:
    """A row without a kind is one more condition of the kind above."""
    kind: dict[str, str] = {}
    for number, row in enumerate(_table("catalogue"), 2):
        if row["minor_name"]:
            kind = {name: row[name] for name in (*CARRIED, *OF_THE_KIND)}
        yield _draft(kind | {k: v for k, v in row.items() if v}, number)


def _draft(row: Mapping[str, str], number: int) -> Draft:
    reason = row["not_in_grid_because"]
    return Draft(
        category=CATEGORIES[row["category"]],
        major_code=row["major_code"],
        major_name=row["major_name"],
        minor_code=row["minor_code"],
        minor_name=row["minor_name"],
        filing_condition=row["filing_condition"],
        handling=row["handling"],
        season_first=row.get("season_first", ""),
        season_last=row.get("season_last", ""),
        closing_condition=row["closing_condition"],
        evidence=tuple(row["evidence"].split(",")),
        legal_basis=row["legal_basis"],
        owed=tuple(_owed(row)),
        source=SOURCES[row["source"]],
        for_public=row["for_public"] == "1",
        settles=row["settles"] == "1",
        in_grid=not reason,
        not_in_grid_because=reason,
        row=number,
    )


def _owed(row: Mapping[str, str]) -> Iterator[Owed]:
    yield Owed(row["lead"], "lead", Tier.CITY)
    for name in filter(None, row["co"].split("、")):
        yield Owed(name, "co", Tier.CITY)
