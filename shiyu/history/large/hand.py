"""One of the processes that make a large city: `python -m shiyu.history.large.hand` (建城工序).

    lives FOLDER NTH OF     tell lives and keep those that pass, as columns, in FOLDER
    copies FOLDER NTH OF    write every OF-th transaction of the draw

Started by `making` alone. Each tells on standard output how many cases it has done.
"""

import gc
import json
import os
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import django

if TYPE_CHECKING:
    import polars as pl

    from shiyu.cases.bulk import Past
    from shiyu.history.kaifeng.town import Town
    from shiyu.history.large.copies import Copies
    from shiyu.history.large.patterns import Patterns

SAID_EVERY = 500


def main() -> None:
    what, folder, nth, of = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    os.environ["SHIYU_ROLE"] = "worker"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shiyu.site.settings")
    django.setup()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    about = json.loads((folder / "about.json").read_text())
    if what == "lives":
        tell_lives(folder, about, nth, of)
    else:
        write_copies(folder, about, nth, of)
    print(f"used {time.process_time():.2f}", flush=True)


def tell_lives(folder: Path, about: dict[str, Any], nth: int, of: int) -> None:
    """Lives of the last weeks, and some of the years before, through the history engine.

    In parts, each kept when it is whole: one that is there already is not told again.
    """
    from shiyu.history.demo import album
    from shiyu.history.kaifeng.town import read_town
    from shiyu.history.large.patterns import Patterns

    now = datetime.fromisoformat(about["now"])
    town = read_town(now, Random(about["seed"]), album())
    told = 0
    for part in range(nth, about["parts"], of):
        kept = folder / f"lives-{part}"
        if not kept.exists():
            _tell(town, about, part, told).save(kept)
        told += int(Patterns.load(kept).groups["cases"].sum())
        print(told, flush=True)


def _tell(town: "Town", about: dict[str, Any], part: int, before: int) -> "Patterns":
    """One part, told and asked."""
    from shiyu.history.engine import Engine
    from shiyu.history.large.patterns import Keeping

    cells = {cell.place.pk: number for number, cell in enumerate(town.cells)}
    keeping = Keeping(town.calendars.zone.info, cells)
    engine = Engine(town.actors, town.units, town.now)
    told = 0
    for group in engine.passing(_stories(town, about, part)):
        keeping.take(list(group))
        told += len(group)
        if told % SAID_EVERY < len(group):
            print(before + told, flush=True)
    for _past, why in engine.rejected:
        print(f"not possible: {why}", flush=True)
    return keeping.patterns()


def _stories(town: "Town", about: dict[str, Any], part: int) -> "Iterator[list[Past]]":
    """A part's share, from a seed of its own; the first tells what lies on the desks."""
    from shiyu.catalogue.models import Kind
    from shiyu.history.demo import guests_of
    from shiyu.history.kaifeng.stories import Stories

    kinds = list(Kind.objects.order_by("code"))
    seed, parts = about["seed"] * 1000 + part, about["parts"]
    recent = Stories(town, kinds, seed=seed, count=about["recent"] // parts)
    yield from recent.life()
    if part == 0:
        yield from recent.on_the_desks(guests_of(town))
    before = about["earlier"] // parts
    yield from Stories(town, kinds, seed=seed + 500, count=before, weeks=about["weeks"]).life()


def write_copies(folder: Path, about: dict[str, Any], nth: int, of: int) -> None:
    """Every OF-th transaction that is not written yet."""
    import numpy as np
    import psycopg

    from shiyu.common.connection import conninfo
    from shiyu.history.large import aside
    from shiyu.history.large.plan import Draw

    copies, drawn = _copies(folder, about), Draw.load(folder / "draw.npz")
    ids = np.load(folder / "ids.npz")
    with psycopg.connect(**conninfo("owner"), autocommit=True) as connection:
        aside.prepared(connection)
        there, written = aside.chunks_written(connection), 0
        for chunk in range(nth, int(drawn.chunk[-1]) + 1, of):
            mine = drawn.of(chunk)
            if chunk not in there:
                first = {name: int(ids[name][chunk]) for name in ids.files}
                frames = copies.frames(drawn.part(mine), first, chunk=chunk)
                _write(connection, frames, chunk, folder)
            written += int(ids["size"][chunk])
            print(written, flush=True)
        print(f"{aside.USED} {aside.used_by(connection):.2f}", flush=True)


def _copies(folder: Path, about: dict[str, Any]) -> "Copies":
    from shiyu.catalogue.models import Kind
    from shiyu.history.kaifeng.town import read_cells
    from shiyu.history.large.chunk import Written
    from shiyu.history.large.copies import Copies
    from shiyu.history.large.ground import Ground
    from shiyu.history.large.patterns import Patterns
    from shiyu.history.large.residents import Residents
    from shiyu.places.models import Place
    from shiyu.places.rules import the_city

    cells, _places = read_cells()
    city = the_city()
    written = Written(
        zone=city.timezone,
        prefix=city.number_prefix,
        kinds=dict(Kind.objects.values_list("pk", "name")),
        places=dict(Place.objects.values_list("pk", "name")),
        residents=Residents(about["residents"], about["named"], about["seed"]),
        seed=about["seed"],
        taken_in=datetime.fromisoformat(about["taken_in"]),
    )
    return Copies(Patterns.load(folder / "lives"), Ground(cells), written)


def _write(connection: Any, frames: "dict[str, pl.DataFrame]", chunk: int, folder: Path) -> None:
    """One transaction; its facts are kept beside, to be added up with the others' at the end."""
    from shiyu.cases.bulk.columns import as_csv, copy_words
    from shiyu.history.large import aside

    facts = frames.pop("facts")
    facts.write_parquet(folder / f"facts-{chunk:06d}.parquet")
    with connection.transaction(), connection.cursor() as cursor:
        for table, rows in frames.items():
            with cursor.copy(copy_words(table, rows)) as copy:
                copy.write(as_csv(rows))
        aside.note_chunk(connection, chunk)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
