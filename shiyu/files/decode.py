"""Turns one uploaded picture into plain pixels, in a process of its own (照片解码).

Run by path with an isolated interpreter (`python -I decode.py`), it imports nothing of ours: the
picture comes in on stdin, and out go one line of JSON, the JPEG and its thumbnail. Decoders of
picture formats are large pieces of C; whatever goes wrong in them ends here, within limits of
memory, time and files set before the first byte is read, and without any connection or secret.
"""

import io
import json
import resource
import sys
from datetime import datetime
from typing import Any

from PIL import Image, ImageCms, ImageOps

PIXELS = 50_000_000
FULL_EDGE = 1600
SMALL_EDGE = 320
MEMORY = 1024 * 1024 * 1024
CPU_SECONDS = 10

FORMATS = (
    (0, b"\xff\xd8", "JPEG"),
    (0, b"\x89PNG", "PNG"),
    (8, b"WEBP", "WEBP"),
    (4, b"ftyp", "HEIF"),
)
"""What stands where in the first bytes, and the one decoder that is then tried."""
MOVING = ("PNG", "WEBP")
GPS_IFD, EXIF_IFD = 0x8825, 0x8769
TAKEN, TAKEN_OFFSET = 0x9003, 0x9011


class Refusal(Exception):
    """Why a picture is not taken, by code; the caller has the sentence."""


def main() -> int:
    """Exit 0 with the pictures, or 3 with {"refused": code}."""
    _limit()
    data = sys.stdin.buffer.read()
    try:
        facts, full, small = decode(data)
    except Refusal as refusal:
        return _refuse(str(refusal))
    except MemoryError:
        return _refuse("too_many_pixels")
    except Exception:  # whatever a decoder says of a broken file: here it means just that
        return _refuse("damaged")
    out = sys.stdout.buffer
    header = {**facts, "full": len(full), "small": len(small)}
    out.write(json.dumps(header).encode() + b"\n" + full + small)
    return 0


def decode(data: bytes) -> tuple[dict[str, Any], bytes, bytes]:
    """Facts (size, place, time), the picture and its thumbnail, both JPEG without metadata."""
    kind = _format(data)
    if kind == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)
    Image.MAX_IMAGE_PIXELS = None  # checked here, before a single pixel is decoded
    with Image.open(io.BytesIO(data), formats=[kind]) as image:
        width, height = image.size
        if width * height > PIXELS:
            raise Refusal("too_many_pixels")
        if image.format in MOVING and getattr(image, "n_frames", 1) > 1:
            raise Refusal("moving")
        facts = _exif(image)
        image.draft("RGB", _at_least(width, height))
        plain = _plain(ImageOps.exif_transpose(image))
    plain.thumbnail((FULL_EDGE, FULL_EDGE), Image.Resampling.LANCZOS)
    small = plain.copy()
    small.thumbnail((SMALL_EDGE, SMALL_EDGE), Image.Resampling.LANCZOS)
    facts |= {"width": plain.width, "height": plain.height}
    return facts, _jpeg(plain, 80), _jpeg(small, 75)


def _at_least(width: int, height: int) -> tuple[int, int]:
    """The size kept of a picture; a JPEG is decoded no finer than it takes to be that large."""
    longest = max(width, height)
    return max(1, width * FULL_EDGE // longest), max(1, height * FULL_EDGE // longest)


def _format(data: bytes) -> str:
    for place, mark, name in FORMATS:
        if data[place : place + len(mark)] == mark:
            return name
    raise Refusal("not_a_photo")


def _plain(image: Image.Image) -> Image.Image:
    """The pixels alone: sRGB, no transparency, none of the metadata an image carries along."""
    image.load()
    profile = image.info.get("icc_profile")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layer = image.convert("RGBA")
        image = Image.new("RGB", layer.size, "white")
        image.paste(layer, mask=layer.getchannel("A"))
    elif profile and image.mode in ("RGB", "CMYK"):
        image = _to_srgb(image, profile)
    if image.mode.startswith(("I", "F")):
        image = image.point(lambda level: level / 256).convert("L")
    image = image.convert("RGB")
    image.info.clear()
    return image


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(
            image, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return converted or image


def _jpeg(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
    return out.getvalue()


def _exif(image: Image.Image) -> dict[str, Any]:
    """Where and when it was taken, as far as the picture says so believably."""
    facts: dict[str, Any] = {"lon": None, "lat": None, "taken": None, "offset": None}
    try:
        exif = image.getexif()
        gps, shot = exif.get_ifd(GPS_IFD), exif.get_ifd(EXIF_IFD)
    except Exception:  # EXIF of any kind of brokenness is simply not used
        return facts
    lat, lon = _degrees(gps, 1, 2, "S", 90), _degrees(gps, 3, 4, "W", 180)
    if lat is not None and lon is not None and (lat, lon) != (0, 0):
        facts |= {"lat": lat, "lon": lon}
    try:
        taken = datetime.strptime(str(shot[TAKEN]).strip("\0 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007
        facts |= {"taken": taken.isoformat(), "offset": str(shot.get(TAKEN_OFFSET, ""))[:6]}
    except (KeyError, ValueError):
        pass
    return facts


def _degrees(gps: Any, ref: int, value: int, negative: str, bound: int) -> float | None:
    try:
        degrees, minutes, seconds = (float(part) for part in gps[value])
        found = degrees + minutes / 60 + seconds / 3600
        sign = -1 if str(gps.get(ref, "")).strip("\0 ").upper() == negative else 1
    except Exception:  # rationals over zero, missing parts, text: no place then
        return None
    return round(sign * found, 7) if 0 <= found <= bound else None


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _refuse(code: str) -> int:
    sys.stdout.write(json.dumps({"refused": code}) + "\n")
    return 3


if __name__ == "__main__":
    sys.exit(main())
