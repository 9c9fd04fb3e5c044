"""Files that nobody means well by: pictures that are something else, archives that burst (T-S7).

    for case in corpus(): case.name, case.content, case.kind ("photo" or "table"), case.harmless

Small seeds, each spoilt in ways that are told by name; nothing is drawn by chance.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import xlsxwriter

from shiyu.files.tests.pictures import broken_gps, moving, picture, pixel_flood, with_exif

SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script></svg>"
ACTIVE = {
    "svg": SVG,
    "page": b"<!DOCTYPE html><html><script>alert(document.cookie)</script></html>",
    "php": b"<?php system($_GET['c']); ?>",
    "pdf": b"%PDF-1.4\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n%%EOF",
    "xml": b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>",
    "script": b"#!/bin/sh\ncurl http://127.0.0.1/\n",
    "program": b"\x7fELF\x02\x01\x01" + bytes(60),
    "windows": b"MZ\x90\x00" + bytes(60),
    "gif": b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)//",
    "postscript": b"%!PS\n(%pipe%id) (r) file\n",
    "ole": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504),
    "tar": b"x" + bytes(99) + b"0000644\x00" + bytes(149) + b"ustar\x0000" + bytes(400),
    "gzip": b"\x1f\x8b\x08\x00" + bytes(30),
    "bmp": b"BM" + struct.pack("<IHHI", 58, 0, 0, 54) + bytes(60),
    "tiff": b"II*\x00" + struct.pack("<I", 8) + bytes(60),
    "icon": b"\x00\x00\x01\x00\x01\x00" + bytes(60),
    "words": "照片见附件".encode(),
    "nothing": b"",
    "a blank": b" ",
    "zeros": bytes(4096),
    "ones": b"\xff" * 4096,
}
FORMS = ("JPEG", "PNG", "WEBP", "HEIF")
BURSTS_TO = 100_000_000


@dataclass(frozen=True, slots=True)
class Sent:
    """One file of the corpus. `harmless`: it may be taken, what is kept of it is looked at."""

    name: str
    kind: str
    content: bytes
    harmless: bool = False


def corpus() -> Iterator[Sent]:
    """All of it, in a fixed order."""
    yield from _something_else()
    yield from _cut_short()
    yield from _with_places()
    yield from _too_large()
    yield from _spoilt()
    yield from _tables()


# ---- pictures ---------------------------------------------------------------------------------


@cache
def seed(form: str) -> bytes:
    return picture(form, (40, 30))


def _something_else() -> Iterator[Sent]:
    """What is no picture under the name of one; a picture that is something else as well."""
    for name, content in ACTIVE.items():
        yield Sent(f"renamed {name}", "photo", content)
    for form in FORMS:
        for name in ("svg", "page", "php", "pdf"):
            yield Sent(f"{form} before {name}", "photo", seed(form) + ACTIVE[name], harmless=True)
            yield Sent(f"{name} before {form}", "photo", ACTIVE[name] + seed(form))
        yield Sent(f"{form} and archive", "photo", seed(form) + _zip({"x.class": b"x"}))
        yield Sent(f"{form} and slip", "photo", seed(form) + _zip({"../../x.py": b"x"}))
    comment = b"\xff\xfe" + struct.pack(">H", len(SVG) + 2) + SVG
    yield Sent("page in a JPEG's comment", "photo", seed("JPEG")[:2] + comment + seed("JPEG")[2:])
    text = _chunk(b"tEXt", b"Comment\0" + ACTIVE["page"])
    yield Sent("page in a PNG's words", "photo", seed("PNG")[:33] + text + seed("PNG")[33:])
    profile = _chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(20_000_000)))
    bomb = seed("PNG")[:33] + profile + seed("PNG")[33:]
    yield Sent("bomb in a PNG's profile", "photo", bomb, harmless=True)
    words = _chunk(b"zTXt", b"x\0\0" + zlib.compress(bytes(20_000_000)))
    yield Sent("bomb in a PNG's words", "photo", seed("PNG")[:33] + words + seed("PNG")[33:], True)
    for form in ("PNG", "WEBP"):
        yield Sent(f"moving {form}", "photo", moving(form))


def _cut_short() -> Iterator[Sent]:
    """Each kind cut off after each tenth of it, and a byte before its end."""
    for form in FORMS:
        whole = with_exif(form)
        for tenth in range(1, 10):
            cut = whole[: len(whole) * tenth // 10]
            yield Sent(f"{form} cut at {tenth}0 %", "photo", cut, harmless=True)
        yield Sent(f"{form} without its last byte", "photo", whole[:-1], harmless=True)
        for length in (3, 12, 20):
            yield Sent(f"{form} of {length} bytes", "photo", whole[:length])


def _with_places() -> Iterator[Sent]:
    """Where they were taken, and by whose phone: nothing of it may be left."""
    for form in FORMS:
        for turned in (1, 6, 8):
            content = with_exif(form, turned)
            yield Sent(f"{form} with a place, turned {turned}", "photo", content, harmless=True)
    yield Sent("a place over zero", "photo", broken_gps(), harmless=True)
    twice = with_exif("JPEG")
    exif = twice[2 : 4 + struct.unpack(">H", twice[4:6])[0]]
    yield Sent("a place said twice", "photo", twice[:2] + exif + twice[2:], harmless=True)
    xmp = b"http://ns.adobe.com/xap/1.0/\0<x exif:GPSLatitude='34,47.85N' SECRETPHONE='1'/>"
    part = b"\xff\xe1" + struct.pack(">H", len(xmp) + 2) + xmp
    in_xmp = seed("JPEG")[:2] + part + seed("JPEG")[2:]
    yield Sent("a place in XMP", "photo", in_xmp, harmless=True)
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x10SECRETPHONE 34.7N"
    part = b"\xff\xed" + struct.pack(">H", len(iptc) + 2) + iptc
    in_iptc = seed("JPEG")[:2] + part + seed("JPEG")[2:]
    yield Sent("a place in IPTC", "photo", in_iptc, harmless=True)
    text = _chunk(b"tEXt", b"Location\0SECRETPHONE 34.7975N 114.35E")
    in_words = seed("PNG")[:33] + text + seed("PNG")[33:]
    yield Sent("a place in a PNG's words", "photo", in_words, harmless=True)
    yield Sent("a place after the end", "photo", seed("JPEG") + b"SECRETPHONE 34.7975", True)


def _too_large() -> Iterator[Sent]:
    for width, height in (
        *(
            (50_001, 1_000),
            (65_535, 65_535),
            (2**31 - 1, 1),
            (1, 2**31 - 1),
            (2**31 - 1, 2**31 - 1),
        ),
        *((0, 0), (0, 5), (100_000, 100_000)),
    ):
        yield Sent(f"PNG of {width} × {height}", "photo", pixel_flood(width, height))
    for width, height in ((65_535, 65_535), (65_500, 9_000), (0, 0)):
        yield Sent(f"JPEG of {width} × {height}", "photo", _jpeg_of(width, height))


def _jpeg_of(width: int, height: int) -> bytes:
    """A small JPEG whose frame says another size."""
    whole = bytearray(picture("JPEG", (16, 16)))
    frame = whole.index(b"\xff\xc0")
    whole[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(whole)


def _spoilt() -> Iterator[Sent]:
    """Lengths that lie, one at a time, all through the head of each kind."""
    for form in FORMS:
        whole = with_exif(form)
        for at in range(4, min(len(whole) - 4, 400), 40):
            for said in (b"\xff\xff\xff\xff", b"\0\0\0\0"):
                content = whole[:at] + said + whole[at + 4 :]
                yield Sent(f"{form} with {said.hex()} at {at}", "photo", content, harmless=True)


# ---- tables -----------------------------------------------------------------------------------


def _tables() -> Iterator[Sent]:
    book = workbook()
    for tenth in range(1, 10):
        yield Sent(f"workbook cut at {tenth}0 %", "table", book[: len(book) * tenth // 10])
    slip = {"../../../etc/cron.d/x": b"x"}
    yield Sent("workbook that slips out", "table", _zip(_parts() | slip), True)
    yield Sent("workbook without sheets", "table", _zip({"[Content_Types].xml": b"<Types/>"}))
    yield Sent("archive of nothing", "table", b"PK\x05\x06" + bytes(18), True)
    inner = _zip({"x": bytes(10**6)})
    yield Sent("archive in an archive", "table", _zip({"xl/workbook.xml": inner}))
    entities = b"<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>" + b"".join(
        f"<!ENTITY {b} '{f'&{a};' * 10}'>".encode()
        for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    cell = b"<worksheet><sheetData><row><c t='str'><v>&%s;</v></c></row></sheetData></worksheet>"
    yield Sent("a thousand million laughs", "table", workbook(entities + b"]>" + cell % b"i"), True)
    outside = b"<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>"
    yield Sent("a file of the server's", "table", workbook(outside + cell % b"e"), True)
    for said in (1, 1000, 0):
        yield Sent(f"bomb that says {said} bytes", "table", lying(said))
    yield Sent("four thousand million bytes declared", "table", declared(2**32 - 1))
    yield Sent("six hundred million bytes declared", "table", declared(600 << 20))
    for name in ("svg", "page", "pdf", "program", "zeros", "ole"):
        yield Sent(f"{name} as a table", "table", ACTIVE[name], harmless=True)
    yield Sent("formulas", "table", "名称\n=cmd|' /C calc'!A1\n@SUM(1)\n+1\n-1\n".encode(), True)
    yield Sent("one endless line", "table", b"a," * 300_000, harmless=True)
    yield Sent("quotes that never end", "table", b'"' + b"a\n" * 100_000, harmless=True)
    yield Sent("bytes of no encoding", "table", bytes(range(128, 256)) * 40, harmless=True)


BOOK, SHEET_PART = "x", "xl/worksheets/sheet1.xml"


@cache
def _parts() -> dict[str, bytes]:
    """A good workbook of one cell, by its parts."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        book.add_worksheet().write(0, 0, BOOK)
    with zipfile.ZipFile(out) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def workbook(sheet: bytes = b"") -> bytes:
    return _zip(_parts() | ({SHEET_PART: sheet} if sheet else {}))


@cache
def _bursting() -> tuple[bytes, int]:
    """A workbook of some hundred kilobytes whose sheet is 100 MB, and how large that is."""
    rows = b"<row><c t='str'><v>" + b"x" * 100 + b"</v></c></row>"
    many = rows * (BURSTS_TO // len(rows)) + b"</sheetData>"
    whole = _parts()[SHEET_PART].replace(b"</sheetData>", many)
    return workbook(whole), len(whole)


def lying(said: int) -> bytes:
    """The same, saying that its sheet is a few bytes."""
    packed, true = _bursting()
    return packed.replace(struct.pack("<I", true), struct.pack("<I", said))


def declared(size: int) -> bytes:
    """A workbook that says of its small sheet that it is enormous."""
    true = struct.pack("<I", len(_parts()[SHEET_PART]))
    return _zip(_parts()).replace(true, struct.pack("<I", size))


def _zip(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def _chunk(name: bytes, data: bytes = b"") -> bytes:
    checksum = struct.pack(">I", zlib.crc32(name + data))
    return struct.pack(">I", len(data)) + name + data + checksum
