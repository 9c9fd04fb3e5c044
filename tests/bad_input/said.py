"""What is sent that no page would send, and what may not come of it."""

from typing import Any

from shiyu.cases.models import Case
from shiyu.files.models import Photo
from shiyu.journal.models import Line, Remark

NUL, OVERRIDE, ENDLESS = "井\0盖", "\u202e盖井\u202c", "9" * 5000

WRONG_FILES = {
    "a page": b"<html><script>alert(1)</script></html>",
    "an archive": b"PK\x03\x04" + b"\0" * 64,
    "half a picture": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",
    "nothing": b"",
}


def traces() -> tuple[int, ...]:
    kept = (Line, Case, Photo, Remark)
    return tuple(model.objects.count() for model in kept)


def says(answer: Any, *words: str) -> bool:
    html = answer.content.decode()
    return all(word in html for word in words)
