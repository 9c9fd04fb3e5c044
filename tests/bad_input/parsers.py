"""Everything of ours that reads what others wrote, with small seeds to begin from.

A new reader is one more row. What it may raise is its own refusal: anything else is a crash.
"""

import io
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import xlsxwriter
from django.test import RequestFactory
from PIL import Image

from shiyu.api.v1.reading import read_json
from shiyu.cases import finding
from shiyu.cases.actions.taking import receipt_hash
from shiyu.catalogue.sheet import read_entries
from shiyu.common.egress import Forbidden, target_of
from shiyu.common.errors import Refused
from shiyu.common.sheets import sheets_of
from shiyu.common.worktime import Allowance
from shiyu.desk.listing import Mark
from shiyu.files.decode import decode
from shiyu.history.reports.markup import xml_records
from shiyu.history.reports.reading import Layout, read
from shiyu.journal.proof import Malformed, check
from shiyu.live.asgi import _event_id
from shiyu.notices.views.receipts import _is_signed
from shiyu.places.geometry import parse_geojson, read_boundaries

NAMED = Layout({"id": ("编号",), "created": ("时间",), "text": ("内容",)}, source="试验")
ASKING = RequestFactory()


@dataclass(frozen=True)
class Reader:
    """Takes bytes; what it refuses with; texts it takes; whether the system's decoders do the work.

    native  written in C over large tables: tried by fewer in the ordinary run.
    """

    reads: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    refusals: tuple[type[BaseException], ...] = (Refused,)
    native: bool = False


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _in_a_file(ending: str, reads: Callable[[Path], object]) -> Callable[[bytes], object]:
    def written(data: bytes) -> object:
        with tempfile.NamedTemporaryFile(suffix=ending) as file:
            file.write(data)
            file.flush()
            return reads(Path(file.name))

    return written


def _workbook() -> bytes:
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    sheet = book.add_worksheet("立案标准")
    for at, row in enumerate((("编号", "时间", "内容"), ("1", "2026-11-22 08:00:00", "井盖"))):
        sheet.write_row(at, 0, row)
    book.close()
    return made.getvalue()


def _bomb() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 3_000_000)
        archive.writestr("../../etc/passwd", "x")
    return made.getvalue()


def _picture(kind: str) -> bytes:
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (34.0, 48.0, 0.0), 3: "E", 4: (114.0, 18.0, 36.0)}
    exif[0x9003] = "2026:11:22 08:00:00"
    exif[0x0112] = 6
    made = io.BytesIO()
    Image.new("RGB", (24, 16), "gray").save(made, kind, exif=exif)
    return made.getvalue()


def _signed(data: bytes) -> object:
    stamp, _, rest = data.partition(b"\n")
    headers = {
        "webhook-id": _text(rest[:40]).replace("\n", " ").replace("\r", " "),
        "webhook-timestamp": _text(stamp).replace("\r", " "),
        "webhook-signature": _text(rest).replace("\n", " ").replace("\r", " "),
    }
    asked = ASKING.post("/", rest, content_type="application/json", headers=headers)
    return _is_signed(asked, "c2VjcmV0")


def _json(data: bytes) -> object:
    return read_json(ASKING.post("/", data, content_type="application/json"))


def _boundaries(data: bytes) -> object:
    return read_boundaries(parse_geojson(_text(data)), crs="wgs84", code_property="code")


SQUARE = b"[[[114.3,34.7],[114.4,34.7],[114.4,34.8],[114.3,34.7]]]"
LINE = b"[[[114.3,34.7],[114.4,34.7],[114.3,34.7],[114.3,34.7]]]"
"""A ring that mending leaves nothing of: atheris found that it was an error of ours."""
GEOJSON = (
    b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"410204"},'
    b'"geometry":{"type":"Polygon","coordinates":' + SQUARE + b"}}]}"
)
CSV = '编号,时间,内容\n1,2026-11-22 08:00:00,井盖\n2,2026-11-22,"a,\n""b"\n'.encode()
XML = "<?xml version='1.0'?><requests><request><id>1</id><t a='b'>井&amp;</t></request></requests>"

READERS: dict[str, Reader] = {
    "sheets": Reader(sheets_of, (CSV, CSV.decode().encode("gb18030"), _workbook(), _bomb())),
    "standards": Reader(
        lambda data: read_entries(sheets_of(data)),
        ("序号,类别,立案条件,处置时限\n1,井盖(部件),破损,3工作日\n".encode(), _workbook()),
    ),
    "hotline csv": Reader(_in_a_file(".csv", lambda path: read(path, NAMED)), (CSV,), native=True),
    "hotline xlsx": Reader(
        _in_a_file(".xlsx", lambda path: read(path, NAMED)), (_workbook(), _bomb()), native=True
    ),
    "hotline json": Reader(
        _in_a_file(".json", lambda path: read(path, NAMED)),
        ('[{"编号":"1","时间":"2026-11-22","内容":"井"}]'.encode(), b'{"results":[[[]]]}'),
        native=True,
    ),
    "xml records": Reader(
        _in_a_file(".xml", lambda path: list(xml_records(path))), (XML.encode(), b"<!DOCTYPE x>")
    ),
    "boundaries": Reader(
        _boundaries, (GEOJSON, GEOJSON.replace(SQUARE, LINE), b"[" * 4000), native=True
    ),
    "json of the interface": Reader(
        _json, (b'{"text":"\\u4e95","lon":114.3,"photos":[]}', b"[" * 200)
    ),
    "photos": Reader(
        decode, (_picture("JPEG"), _picture("PNG"), _picture("WEBP")), (Exception,), native=True
    ),
    "search words": Reader(
        lambda data: finding.read(_text(data)),
        ("KF20261122000001 书店街 井盖".encode(), b"ABCD-1234"),
    ),
    "receipts' codes": Reader(lambda data: receipt_hash(_text(data)), (b"ABCD-EFGH-2345",)),
    "proofs": Reader(
        lambda data: check(_text(data), keys={}, witnessed=lambda _seq: None),
        (b'{"form":"shiyu-proof-1","line":"","seal":{},"path":[]}',),
        (Malformed,),
    ),
    "marks of lists": Reader(
        lambda data: Mark.parse(_text(data)), (b"1700000000000000~17", b"-~3")
    ),
    "Last-Event-ID": Reader(lambda data: _event_id(data.decode("latin-1")), (b"12-34",)),
    "addresses of webhooks": Reader(
        lambda data: target_of(_text(data)),
        (b"https://example.com:8443/hook?x=1", b"https://[2001:db8::1]/"),
        (Forbidden,),
    ),
    "limits": Reader(
        lambda data: Allowance.parse(_text(data)),
        ("3工作日".encode(), "4紧急工作时".encode()),
        (ValueError,),
    ),
    "signatures": Reader(_signed, (b"1700000000\nv1,abcd= v1,efgh=", b"\n")),
}
