"""Answers in the two forms of the standard, XML and JSON, of one and the same record (应答格式)."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

XML, JSON = "xml", "json"
TYPES = {XML: "text/xml; charset=utf-8", JSON: "application/json; charset=utf-8"}
NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Signs that no XML document may hold."""

Record = Mapping[str, Any]


def answer(
    form: str, root: str, each: str, found: Record | Sequence[Record], *, status: int = 200
) -> HttpResponse:
    """A record, or a list of them, as the standard writes it.

    root  the outermost element of XML; JSON has none.
    each  the element of each record of a list.
    """
    if form == JSON:
        text = json.dumps(found, ensure_ascii=False, default=_plain)
    else:
        inside = _fields(found) if isinstance(found, Mapping) else _list(each, found)
        text = f'<?xml version="1.0" encoding="utf-8"?>\n<{root}>{inside}</{root}>\n'
    return HttpResponse(text, status=status, content_type=TYPES[form])


def form_of(request: HttpRequest, ending: str | None) -> str:
    """The form asked for: by the ending of the address, else by the Accept header, else XML."""
    if ending:
        return ending
    return JSON if "json" in request.headers.get("Accept", "") else XML


def when(at: datetime | None) -> str | None:
    """A time as the standard wants it (W3C), with the city's offset."""
    return timezone.localtime(at).isoformat(timespec="seconds") if at else None


EACH = {
    "attributes": "attribute",
    "values": "value",
    "endpoints": "endpoint",
    "formats": "format",
    "jurisdictions": "jurisdiction",
    "types": "type",
}
"""What the members of a list inside a record are called."""


def _fields(record: Record) -> str:
    return "".join(_element(name, value) for name, value in record.items())


def _element(name: str, value: Any) -> str:
    if value is None or value == "":
        return f"<{name}/>"
    if isinstance(value, Mapping):
        return f"<{name}>{_fields(value)}</{name}>"
    if isinstance(value, list | tuple):
        return f"<{name}>{_list(EACH.get(name, 'item'), value)}</{name}>"
    return f"<{name}>{_text(value)}</{name}>"


def _list(name: str, values: Sequence[Any]) -> str:
    return "".join(_element(name, value) for value in values)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(NO_XML.sub("", str(_plain(value))))


def _plain(value: Any) -> Any:
    return when(value) if isinstance(value, datetime) else str(value)
