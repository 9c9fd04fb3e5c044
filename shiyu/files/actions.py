"""Keeping photos: decoded, stripped, stored, then entered (存照片)."""

import secrets
from datetime import datetime

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _

from shiyu.common.errors import Refused
from shiyu.common.wall import beyond
from shiyu.files import store
from shiyu.files.models import Photo
from shiyu.files.pictures import read_picture
from shiyu.people.actors import Actor

A_REPORT = 3
"""How many photos one report may bring."""


@transaction.atomic
def keep_photo(
    upload: "File[bytes] | Photo",
    *,
    subject: str,
    role: str,
    actor: Actor,
    at_most: int | None = None,
) -> Photo:
    """Take in a photo of a record (存照片): where and when it was taken are read, then stripped.

    upload   a file, or a photo that was sent ahead of its record and waits for it.
    at_most  how many photos of this role the record may have.

    The caller has already asked whether the actor may add to the record, and writes the move.

    Raises  Refused with a sentence for whatever is not one still photo within the limits.
    """
    if at_most is not None:
        kept = Photo.objects.filter(subject=subject, role=role).count()
        if kept >= at_most:
            text = _("最多 %(limit)s 张照片，去掉几张再提交") % {"limit": at_most}
            raise Refused(text, field="photos")
    if isinstance(upload, Photo):
        return _take_over(upload, subject, role, actor)
    picture = read_picture(upload)
    return Photo.objects.create(
        public_id=secrets.token_hex(16),
        subject=subject,
        role=role,
        sha256=store.put(picture.full, picture.small),
        width=picture.width,
        height=picture.height,
        bytes=len(picture.full),
        taken_at=picture.taken_at,
        lon=picture.lon,
        lat=picture.lat,
        added_by=actor.ref,
    )


def _take_over(photo: Photo, subject: str, role: str, actor: Actor) -> Photo:
    """Give a photo that waited its record, unless another request was quicker."""
    waiting = Photo.objects.filter(pk=photo.pk, subject=photo.subject)
    with beyond("photos handed over"):
        taken = waiting.update(subject=subject, role=role, added_by=actor.ref)
    if not taken:
        raise Refused(_("这张照片已经用过，请重新上传"), field="photos")
    photo.subject, photo.role, photo.added_by = subject, role, actor.ref
    return photo


def discard_waiting(prefix: str, *, before: datetime) -> int:
    """Drop photos sent ahead of a record that never came (清理未用照片)."""
    old = Photo.objects.filter(subject__startswith=prefix, added_at__lt=before)
    return old.delete()[0]


@transaction.atomic
@beyond("photos handed over")
def hand_over(subject: str, *, to: str, actor: Actor) -> int:
    """Give the photos of one record to another, e.g. of a draft to the case it became (转交照片).

    They count as added by the actor; returns how many there were.
    """
    return Photo.objects.filter(subject=subject).update(subject=to, added_by=actor.ref)


@transaction.atomic
def discard(subject: str, *, public_id: str | None = None) -> int:
    """Drop photos of a draft, one or all, before anybody was given them (弃用照片).

    Their files go with the next round of `remove_orphans`. The caller answers for the record
    being a draft: what belongs to a case is never dropped.
    """
    photos = Photo.objects.filter(subject=subject)
    if public_id is not None:
        photos = photos.filter(public_id=public_id)
    return photos.delete()[0]


def remove_orphans(*, before: datetime) -> int:
    """Remove files older than this that no row names: what a crash or a refusal left behind.

    `before` lies well back, since a file is written a moment before its row is committed.
    """
    removed = 0
    for path in store.stored():
        is_old = path.stat().st_mtime < before.timestamp()
        if is_old and not Photo.objects.filter(sha256=path.stem).exists():
            store.remove(path.stem)
            removed += 1
    return removed
