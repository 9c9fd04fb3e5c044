"""What is taken as a photo, what is left of it, and what is refused with which sentence."""

import io
import struct
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from PIL import Image
from PIL.ExifTags import IFD

from shiyu.common.errors import Refused
from shiyu.files import apart
from shiyu.files.pictures import read_picture
from shiyu.files.tests.pictures import (
    SVG,
    broken_gps,
    moving,
    opened,
    picture,
    pixel_flood,
    upload,
    with_exif,
    zipped,
)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_a_photo_of_each_kind_becomes_a_jpeg_with_a_thumbnail(kind: str) -> None:
    kept = read_picture(upload(picture(kind, (2000, 1000)), "whatever.txt"))

    full, small = opened(kept.full), opened(kept.small)
    assert (full.format, full.size, small.format, small.size) == (
        *("JPEG", (1600, 800)),
        *("JPEG", (320, 160)),
    )
    assert (kept.width, kept.height) == (1600, 800)


def test_a_small_photo_is_not_enlarged() -> None:
    assert opened(read_picture(upload(picture(size=(80, 40)))).full).size == (80, 40)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_place_and_time_are_read_and_then_nothing_is_left_of_them(kind: str) -> None:
    kept = read_picture(upload(with_exif(kind)))

    assert kept.lat == pytest.approx(34.79750, abs=1e-5)
    assert kept.lon == pytest.approx(114.35, abs=1e-5)
    taken = timezone.make_aware(datetime(2026, 11, 20, 10, 2, 3))  # noqa: DTZ001
    assert kept.taken_at == taken
    for content in (kept.full, kept.small):
        assert not opened(content).getexif()
        assert b"Exif" not in content
        assert b"SECRET" not in content
        assert set(opened(content).info) <= {
            *("jfif", "jfif_version", "jfif_unit", "jfif_density"),
            *("progressive", "progression"),
        }


def test_the_cameras_own_zone_counts_when_it_names_one() -> None:
    kept = read_picture(upload(_with_offset()))

    assert kept.taken_at == datetime(2026, 11, 20, 1, 2, 3, tzinfo=UTC)


def test_a_zone_farther_away_than_the_database_knows_is_told_in_utc() -> None:
    kept = read_picture(upload(_with_offset("+20:30")))

    assert kept.taken_at is not None
    assert kept.taken_at.isoformat() == "2026-11-19T13:32:03+00:00"


def _with_offset(zone: str = "+09:00") -> bytes:
    exif = Image.Exif()
    exif.get_ifd(IFD.Exif).update({0x9003: "2026:11:20 10:02:03", 0x9011: zone})
    return picture(exif=exif.tobytes())


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_stands_upright(orientation: int) -> None:
    kept = opened(read_picture(upload(with_exif(orientation=orientation))).full)

    lies = orientation < 5
    assert kept.size == ((80, 40) if lies else (40, 80))
    red_side = {1: "left", 2: "right", 3: "right", 4: "left", 5: "top", 6: "top"}
    side = red_side.get(orientation, "bottom")
    spot = {"left": (5, 20), "right": (75, 20), "top": (20, 5), "bottom": (20, 75)}[side]
    red, _green, blue = kept.getpixel(spot)
    assert red > 200 > blue


@pytest.mark.parametrize("odd", ["broken", "null_island", "no_such_latitude"])
def test_a_place_that_can_not_be_is_no_place(odd: str) -> None:
    content = {"broken": broken_gps(), "null_island": _at(0, 0), "no_such_latitude": _at(95, 10)}

    kept = read_picture(upload(content[odd]))

    assert (kept.lon, kept.lat) == (None, None)


def _at(lat: int, lon: int) -> bytes:
    exif = Image.Exif()
    exif.get_ifd(IFD.GPSInfo).update({1: "N", 2: (lat, 0, 0), 3: "E", 4: (lon, 0, 0)})
    return picture(exif=exif.tobytes())


def test_a_time_to_come_is_no_time() -> None:
    exif = Image.Exif()
    tomorrow = timezone.localtime() + timedelta(days=2)
    exif.get_ifd(IFD.Exif).update({0x9003: f"{tomorrow:%Y:%m:%d %H:%M:%S}"})

    assert read_picture(upload(picture(exif=exif.tobytes()))).taken_at is None


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "1", "I;16", "CMYK"])
def test_pixels_of_every_sort_become_plain_ones(mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (30, 20)).save(out, "JPEG" if mode == "CMYK" else "PNG")

    kept = read_picture(upload(out.getvalue()))

    assert opened(kept.full).mode == "RGB"


def test_what_is_transparent_becomes_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (30, 20), (0, 0, 0, 0)).save(out, "PNG")

    assert min(opened(read_picture(upload(out.getvalue())).full).getpixel((5, 5))) > 250


def test_the_film_behind_a_live_photo_is_dropped() -> None:
    film = b"\0\0\0\x18ftypmp42" + b"F" * 5000

    kept = read_picture(upload(picture() + film))

    assert b"ftyp" not in kept.full


def test_what_hides_inside_a_photo_does_not_come_out_again() -> None:
    comment = b"<script>alert(1)</script>" * 20
    plain = picture()
    marker = b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment

    with pytest.raises(Refused, match="JPG、PNG 或 HEIC"):
        read_picture(upload(plain[:2] + marker + plain[2:]))
    later = plain[:2] + b"\xff\xfe" + struct.pack(">H", 2002) + b" " * 2000 + marker + plain[2:]
    assert b"script" not in read_picture(upload(later)).full


NOT_A_PHOTO = "照片应是 JPG、PNG 或 HEIC"
DAMAGED = "照片不完整"
MOVING = "这是动图"
TOO_MANY = "5000 万像素"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "照片是空的"),
        (b"\xff", NOT_A_PHOTO),
        (SVG, NOT_A_PHOTO),
        (b"\xef\xbb\xbf" + SVG, NOT_A_PHOTO),
        (b"%PDF-1.7 " + b"x" * 100, NOT_A_PHOTO),
        (picture("GIF"), NOT_A_PHOTO),
        (picture("BMP"), NOT_A_PHOTO),
        (picture("TIFF"), NOT_A_PHOTO),
        (b"<html><script>1</script>", NOT_A_PHOTO),
        (b"PK\x03\x04" + b"x" * 100, NOT_A_PHOTO),
        (zipped(), NOT_A_PHOTO),
        (picture("JPEG", comment=b"%PDF-1.4 1 0 obj"), NOT_A_PHOTO),
        (picture("JPEG", comment=b"<?php system('id');?>"), NOT_A_PHOTO),
        (b"\0\0\0\x20ftypmp42" + b"x" * 100, NOT_A_PHOTO),
        (b"\0\0\0\x20ftypavif" + b"x" * 100, NOT_A_PHOTO),
        (b"\0\0\0\x20ftyphevc" + b"x" * 100, MOVING),
        (moving("PNG"), MOVING),
        (moving("WEBP"), MOVING),
        (picture("JPEG", (400, 400))[:-800], DAMAGED),
        (picture("PNG", (400, 400))[:-200], DAMAGED),
        (picture("WEBP", (400, 400))[:-60], DAMAGED),
        (picture("HEIF", (400, 400))[:-60], DAMAGED),
        (picture()[:3], DAMAGED),
        (b"\xff\xd8\xff" + b"\0" * 500, DAMAGED),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 500, DAMAGED),
        (b"RIFF\xff\xff\xff\x7fWEBPVP8 " + b"\0" * 500, DAMAGED),
        (b"\0\0\0\x18ftypheic" + b"\0" * 500, DAMAGED),
        (pixel_flood(10_000, 5_001), TOO_MANY),
        (pixel_flood(60_000, 60_000), TOO_MANY),
        (pixel_flood(2**31 - 1, 2**31 - 1), TOO_MANY),
        (pixel_flood(5_000, 5_000), DAMAGED),
    ],
)
def test_refused_with_a_sentence(content: bytes, says: str) -> None:
    started = time.monotonic()

    with pytest.raises(Refused) as refused:
        read_picture(upload(content))

    assert says in refused.value.message
    assert refused.value.field == "photos"
    assert time.monotonic() - started < 5


def test_a_photo_over_twenty_megabytes_is_refused_unread() -> None:
    class Huge(io.BytesIO):
        size = 10 * 1024**3

        def read(self, *_: object) -> bytes:
            raise AssertionError("not read")

    with pytest.raises(Refused, match="照片超过 20 MB"):
        read_picture(Huge())  # type: ignore[arg-type]


def test_a_decoder_that_hangs_is_stopped(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    slow = tmp_path / "slow.py"  # type: ignore[operator]
    slow.write_text("import time; time.sleep(60)")
    monkeypatch.setattr(apart, "DECODER", slow)
    monkeypatch.setattr(apart, "SECONDS", 0.3)

    with pytest.raises(Refused, match=DAMAGED):
        read_picture(upload(picture()))


@pytest.mark.parametrize(
    "crash",
    ["import os; os.kill(os.getpid(), 11)", "print('nonsense')", "raise SystemExit(1)", "x = 1"],
)
def test_a_decoder_that_crashes_takes_nothing_with_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object, crash: str
) -> None:
    broken = tmp_path / "broken.py"  # type: ignore[operator]
    broken.write_text(crash)
    monkeypatch.setattr(apart, "DECODER", broken)

    with pytest.raises(Refused, match=DAMAGED):
        read_picture(upload(picture()))
