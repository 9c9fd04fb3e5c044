"""The one bulk writer of photos: kept pictures hung at many records, under the rules of actions."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from shiyu.files.models import Photo

BATCH = 2000


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture that was kept already, shown at another record in a role (示意照片)."""

    role: str
    picture: Photo


def write_photos(shown: Iterable[tuple[str, str, Shown]]) -> int:
    """Show kept pictures at records: subject, who added it, what; returns how many.

    The file itself is stored once, under its own SHA-256.
    """
    rows = [
        Photo(
            public_id=secrets.token_hex(16),
            subject=subject,
            role=one.role,
            sha256=one.picture.sha256,
            width=one.picture.width,
            height=one.picture.height,
            bytes=one.picture.bytes,
            added_by=added_by,
        )
        for subject, added_by, one in shown
    ]
    Photo.objects.bulk_create(rows, batch_size=BATCH)
    return len(rows)
