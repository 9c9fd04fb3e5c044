"""The notice at the point of collection, by edition: who, why, what, how long, rights (告知书).

Whoever changes `templates/privacy/notice.html` gives it a new edition with its SHA-256: a test
says so. Each report keeps the edition that stood before whoever sent it.
"""

import hashlib
from pathlib import Path

EDITIONS = {
    "2026-11-22": "fa588b02a3885587a5d682950876dd367255ce18d3ea22ef6527bd29dd8b757f",
    "2026-11-22b": "ce32c64ed6201c8c8f96cc0d5ae46dee42feea4023e82d048e8bb02786fcb05f",
}
"""Edition → SHA-256 of its text."""

CURRENT = next(reversed(EDITIONS))
TEXT = Path(__file__).parent / "templates/privacy/notice.html"


def digest() -> str:
    """The hash of the text as it is now."""
    return hashlib.sha256(TEXT.read_bytes()).hexdigest()


def known(edition: str) -> str:
    """The edition, if there was one of that name; else ""."""
    return edition if edition in EDITIONS else ""
