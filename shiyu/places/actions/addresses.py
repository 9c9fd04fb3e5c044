"""Addresses taken in, corrected, closed; one at a time or from a table (地址维护)."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.common.errors import OutOfOrder, Refused
from shiyu.common.sheets import Outcome, Reject, Sheet
from shiyu.journal.actions import record
from shiyu.people.actors import Actor
from shiyu.places import locator, rules
from shiyu.places.addresses import DOOR, LONGEST, pieces, plain
from shiyu.places.coordinates import gcj02_from_bd09, wgs84_from_gcj02
from shiyu.places.locator import Locator, Outside
from shiyu.places.models import Address, Place

MOST_ALIASES = 8
MOST_ROWS = 200_000
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "name": ("地址", "名称", "name", "address", "标准地址"),
    "aliases": ("别名", "aliases", "俗称"),
    "lon": ("经度", "lon", "lng", "longitude", "x"),
    "lat": ("纬度", "lat", "latitude", "y"),
}


@transaction.atomic
def add_address(
    *,
    name: str,
    lon: float,
    lat: float,
    actor: Actor,
    aliases: Iterable[str] = (),
    source: str = "",
) -> Address:
    """Take an address into the gazetteer (新增地址)."""
    rules.must_edit_map(actor)
    row = _filled(Address(), name, lon, lat, aliases, source)
    if Address.objects.filter(plain=row.plain).exists():
        raise Refused(_("已经有地址“%(name)s”") % {"name": row.name}, field="name")
    row.save(force_insert=True)
    record(row.subject, "add_address", actor=actor, facts={"place": row.place_id})
    return row


@transaction.atomic
def change_address(
    row: Address,
    *,
    name: str,
    lon: float,
    lat: float,
    actor: Actor,
    aliases: Iterable[str] = (),
    source: str = "",
) -> Address:
    """Correct an address (修改地址)."""
    rules.must_edit_map(actor)
    row = Address.objects.select_for_update(of=("self",)).get(pk=row.pk)
    before = (row.name, row.aliases, row.lon, row.lat, row.source)
    row = _filled(row, name, lon, lat, aliases, source)
    if Address.objects.filter(plain=row.plain).exclude(pk=row.pk).exists():
        raise Refused(_("已经有地址“%(name)s”") % {"name": row.name}, field="name")
    after = (row.name, row.aliases, row.lon, row.lat, row.source)
    row.save()
    names = ("name", "aliases", "lon", "lat", "source")
    changed = [n for n, old, new in zip(names, before, after, strict=True) if old != new]
    record(row.subject, "change_address", actor=actor, facts={"fields": changed})
    return row


@transaction.atomic
def close_address(row: Address, *, actor: Actor, closed: bool = True) -> Address:
    """Stop finding an address, or find it again (停用、恢复)."""
    rules.must_edit_map(actor)
    row = Address.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if (row.closed_on is not None) == closed:
        raise OutOfOrder(_("已经是这样了"))
    row.closed_on = timezone.localdate() if closed else None
    row.save(update_fields=["closed_on"])
    verb = "close_address" if closed else "reopen_address"
    record(row.subject, verb, actor=actor, facts={})
    return row


@transaction.atomic
def import_addresses(
    sheets: Sequence[Sheet],
    *,
    actor: Actor,
    crs: str = "wgs84",
    source: str = "",
    accept_valid: bool = False,
    dry_run: bool = False,
) -> Outcome:
    """Take in a table of addresses, each fault said by its row (导入地址)."""
    rules.must_edit_map(actor)
    outcome = Outcome()
    rows: dict[str, Address] = {}
    for sheet in sheets:
        _read_sheet(sheet, crs, source, rows, outcome)
    known = {row.plain: row for row in Address.objects.filter(plain__in=list(rows)).order_by("pk")}
    new = [row for key, row in rows.items() if key not in known]
    changed = [_taken_over(known[key], row) for key, row in rows.items() if key in known]
    outcome.added = len(new)
    outcome.changed = sum(changed)
    outcome.unchanged = len(changed) - outcome.changed
    if dry_run or (outcome.rejected and not accept_valid) or not rows:
        return outcome
    Address.objects.bulk_create(new, batch_size=1000)
    Address.objects.bulk_update(
        known.values(), ["aliases", "lon", "lat", "place", "source", "words"], batch_size=1000
    )
    facts = {"added": outcome.added, "changed": outcome.changed}
    record("city:1", "import_addresses", actor=actor, facts=facts)
    outcome.applied = True
    return outcome


def _filled(
    row: Address,
    name: str,
    lon: float,
    lat: float,
    aliases: Iterable[str],
    source: str,
    known: Locator | None = None,
) -> Address:
    row.name = name.strip()[:LONGEST]
    row.plain = plain(row.name)
    if len(row.plain) < 2:
        raise Refused(_("填写地址，如“书店街 12 号”"), field="name")
    row.aliases = [word.strip()[:LONGEST] for word in aliases if plain(word)][:MOST_ALIASES]
    row.lon, row.lat, row.source = lon, lat, source.strip()[:40]
    row.place = _place_at(lon, lat, known or locator.current())
    match = DOOR.match(row.plain)
    row.road = match["road"] if match else ""
    row.door = int(match["door"]) if match else None
    row.words = sorted({p for text in (row.plain, *map(plain, row.aliases)) for p in pieces(text)})
    return row


def _place_at(lon: float, lat: float, known: Locator) -> Place:
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise Refused(_("坐标应是经纬度"), field="lon")
    found = known.locate(lon, lat)
    if isinstance(found, Outside):
        km = found.metres / 1000
        says = _("这一点不在本市（离最近的区域 %(km).1f 公里）")
        raise Refused(says % {"km": min(km, 99999)}, field="lon")
    return Place(pk=found.id)


def _read_sheet(
    sheet: Sheet, crs: str, source: str, rows: dict[str, Address], outcome: Outcome
) -> None:
    at, known = _columns(sheet), locator.current()
    seen: dict[str, int] = {}
    for row in sheet.rows[1:]:
        if row.is_blank:
            continue
        outcome.read += 1
        if outcome.read > MOST_ROWS:
            raise Refused(_("一次最多 %(most)d 行") % {"most": MOST_ROWS})
        try:
            named = {key: row.cell(column).strip() for key, column in at.items()}
            made = _read_row(named, crs, source, known)
            if made.plain in seen:
                raise Refused(_("与第%(row)d行重复") % {"row": seen[made.plain]})
        except Refused as refusal:
            outcome.rejected.append(Reject(row.number, refusal.message, sheet.name))
            continue
        seen[made.plain] = row.number
        rows[made.plain] = made


def _columns(sheet: Sheet) -> dict[str, int]:
    head = [cell.strip().lower() for cell in sheet.rows[0].cells] if sheet.rows else []
    found = {}
    for key, names in COLUMNS.items():
        column = next((head.index(name) for name in names if name in head), None)
        if column is not None:
            found[key] = column
    missing = [names[0] for key, names in COLUMNS.items() if key not in found and key != "aliases"]
    if missing:
        raise Refused(_("第一行缺少列：%(columns)s") % {"columns": "、".join(missing)})
    return found


def _read_row(cells: Mapping[str, str], crs: str, source: str, known: Locator) -> Address:
    try:
        lon, lat = float(cells["lon"]), float(cells["lat"])
    except ValueError:
        told = {"lon": cells["lon"][:20], "lat": cells["lat"][:20]}
        raise Refused(_("坐标不是数字：%(lon)s，%(lat)s") % told) from None
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise Refused(_("坐标应是经纬度"))
    x: Any = lon
    y: Any = lat
    if crs == "bd09":
        x, y = gcj02_from_bd09(x, y)
    if crs in ("gcj02", "bd09"):
        x, y = wgs84_from_gcj02(x, y)
    aliases = re.split(r"[、,，;；|/]", cells.get("aliases", ""))
    return _filled(Address(), cells["name"], float(x), float(y), aliases, source, known)


def _taken_over(known: Address, given: Address) -> bool:
    before = (known.aliases, known.lon, known.lat)
    if given.aliases:
        known.aliases, known.words = given.aliases, given.words
    known.lon, known.lat, known.place = given.lon, given.lat, given.place
    known.source = given.source or known.source
    return before != (known.aliases, known.lon, known.lat)
