"""From an upload to a safe picture: what it is by content, then decoded apart (照片检查)."""

import io
import json
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.files.base import File
from django.utils import timezone as clock
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shiyu.common.errors import Refused
from shiyu.files import apart

MEGABYTES = 20
LIMIT = MEGABYTES * 1024 * 1024

NOT_A_PHOTO = gettext_lazy("照片应是 JPG、PNG 或 HEIC")
SENTENCES = {
    "too_many_pixels": gettext_lazy("照片超过 5000 万像素，请用普通模式重拍"),
    "moving": gettext_lazy("这是动图，请换一张照片"),
    "damaged": gettext_lazy("照片不完整，打不开，请换一张或重拍"),
    "not_a_photo": NOT_A_PHOTO,
}
STILL_HEIF = {b"heic", b"heix", b"heim", b"heis", b"mif1"}
MOVING_HEIF = {b"hevc", b"hevx", b"msf1", b"avis"}
FOREIGN = (b"%pdf-", b"<svg", b"<html", b"<script", b"<!doctype", b"<?php")


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded photo: JPEG without metadata, its thumbnail, and what its EXIF said."""

    full: bytes
    small: bytes
    width: int
    height: int
    lon: float | None
    lat: float | None
    taken_at: datetime | None


def read_picture(upload: "File[bytes]") -> Picture:
    """The picture in an upload, whatever its name says; raises Refused with a sentence."""
    if upload.size is not None and upload.size > LIMIT:
        raise Refused(
            _("照片超过 %(limit)s MB，请换一张或重拍") % {"limit": MEGABYTES}, field="photos"
        )
    upload.seek(0)
    data = upload.read(LIMIT + 1)
    if not data:
        raise Refused(_("照片是空的，请换一张或重拍"), field="photos")
    _check_kind(data)
    return _decode(data)


def _check_kind(data: bytes) -> None:
    """Only JPEG, PNG, WebP and HEIC, and nothing that is something else as well.

    What is merely appended (the film of a "live" photo) goes with re-encoding; an archive, a
    document or a page inside a picture is there to deceive.
    """
    head = data[:1024]
    is_heif = head[4:8] == b"ftyp"
    if is_heif and head[8:12] in MOVING_HEIF:
        raise Refused(str(SENTENCES["moving"]), field="photos")
    known = (
        head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))
        or (head.startswith(b"RIFF") and head[8:12] == b"WEBP")
        or (is_heif and head[8:12] in STILL_HEIF)
    )
    foreign = any(mark in head.lower() for mark in FOREIGN)
    if not known or foreign or zipfile.is_zipfile(io.BytesIO(data)):
        raise Refused(str(NOT_A_PHOTO), field="photos")


def _decode(data: bytes) -> Picture:
    """Have it decoded in a process of its own; one that is killed says the photo is damaged."""
    try:
        line, _newline, pixels = apart.decoded(data).partition(b"\n")
        facts: dict[str, Any] = json.loads(line) if line.startswith(b"{") else {}
        if not facts or ("refused" not in facts and len(pixels) != facts["full"] + facts["small"]):
            raise apart.Broken
    except (apart.Broken, ValueError, KeyError) as broken:
        raise Refused(str(SENTENCES["damaged"]), field="photos") from broken
    if "refused" in facts:
        raise Refused(str(SENTENCES.get(facts["refused"], NOT_A_PHOTO)), field="photos")
    full, small = pixels[: facts["full"]], pixels[facts["full"] :]
    return Picture(
        full=full,
        small=small,
        width=facts["width"],
        height=facts["height"],
        lon=facts["lon"],
        lat=facts["lat"],
        taken_at=_taken(facts["taken"], facts["offset"]),
    )


def _taken(taken: str | None, offset: str | None) -> datetime | None:
    """When it was taken, in the camera's zone or else the city's; a time to come is no time."""
    if not taken:
        return None
    moment = datetime.fromisoformat(taken)
    try:
        zone = datetime.strptime(offset or "", "%z").tzinfo
    except ValueError:
        zone = None
    moment = moment.replace(tzinfo=zone) if zone else clock.make_aware(moment)
    believable = datetime(1990, 1, 1, tzinfo=UTC) < moment <= clock.now() + timedelta(minutes=5)
    return moment.astimezone(UTC) if believable else None
