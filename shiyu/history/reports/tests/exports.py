"""Made-up exports for tests: a small town's reports of a spring."""

import csv
import random
from datetime import datetime, timedelta
from pathlib import Path

HEADER = ("id", "created", "closed", "due", "kind", "unit", "lat", "lon", "said", "address", "area")
COLUMNS = "id=id,created=created,closed=closed,due=due,kind=kind,unit=unit,lat=lat,lon=lon," + (
    "text=said,address=address,place=area"
)
KINDS = {"Pothole": "Roads", "Missed waste": "Sanitation", "Lamp out": "Lamps"}
FIRST = datetime.fromisoformat("2024-03-01T08:00:00")
FORM = "%Y-%m-%d %H:%M:%S"
Row = tuple[str, ...]


def made_up(count: int, *, first: int = 0, seed: int = 1) -> list[Row]:
    """So many rows: a quarter open, some due times missed, some points missing."""
    rows = []
    for n in range(first, first + count):
        chance = random.Random(f"{seed} {n}")
        at = FIRST + timedelta(minutes=7 * n)
        kind = chance.choice(sorted(KINDS))
        closed = at + timedelta(hours=chance.randint(0, 90)) if chance.random() < 0.75 else None
        due = at + timedelta(hours=48) if chance.random() < 0.9 else None
        there = chance.random() < 0.95
        rows.append(
            (
                f"T-{n}",
                at.strftime(FORM),
                closed.strftime(FORM) if closed else "",
                due.strftime(FORM) if due else "",
                kind,
                KINDS[kind],
                f"{chance.gauss(39.3, 0.02):.6f}" if there else "",
                f"{chance.gauss(-76.6, 0.02):.6f}" if there else "",
                chance.choice(["", "at the corner", '"again", they say', "两天了"]),
                f"{n} Main Street",
                chance.choice(["North", "South", "Harbour"]),
            )
        )
    return rows


def write(path: Path, rows: list[Row], *, header: Row = HEADER) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def without_points(rows: list[Row]) -> list[Row]:
    return [(*row[:6], "", "", *row[8:]) for row in rows]
