"""What is said of a problem before it is sent, answer by answer (草稿办理)."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from shiyu.cases.models import Case
from shiyu.catalogue.models import Kind
from shiyu.common.errors import KeyReused, OutOfOrder, Refused
from shiyu.common.masking import mask, still_said
from shiyu.common.wall import beyond
from shiyu.files.actions import discard, keep_photo
from shiyu.files.models import Photo
from shiyu.people.actors import Actor
from shiyu.places.models import Place
from shiyu.portal import seal, where
from shiyu.portal.models import Draft
from shiyu.portal.rules import PHOTOS_MOST

SOMEBODY = Actor("receipt", 0)
"""Whoever writes a draft: nobody we know."""

Point = tuple[float, float]
POINT = ("lon", "lat", "accuracy_m", "located")
COMPARED = ("compared", "joins")
WRITTEN = ("text", "address", "place", *POINT, "placed", "kind", "sorted", "sealed")
"""What the one page says of a draft."""
TAKEN = ("portal_draft_ref", "portal_draft_key", "reported_once")


def open_draft(door: str) -> tuple[Draft, str]:
    """Begin a report; returns the draft and the token that its browser is to hold."""
    token = seal.new_token()
    draft = begun(secrets.token_hex(16), token, door=door)
    draft.save()
    return draft, token


def begun(ref: str, token: str, *, door: str) -> Draft:
    """A report just begun, not written yet."""
    return Draft(ref=ref, key=seal.key_of(token), door=door)


@transaction.atomic
def add_photos(
    draft: Draft, uploads: Sequence[UploadedFile], *, taken_at_point: Point | None = None
) -> None:
    """Keep photos for a draft; the first place found in them is proposed as the report's.

    taken_at_point  lon, lat read by the browser from a photo it then made smaller.

    Raises  Refused for too many, too large, damaged, or not a photo; nothing is kept then.
    """
    draft = still_open(draft)
    if Photo.objects.filter(subject=draft.subject).count() + len(uploads) > PHOTOS_MOST:
        raise Refused(_("照片最多 %(most)d 张") % {"most": PHOTOS_MOST}, field="photos")
    kept = [
        keep_photo(u, subject=draft.subject, role=Photo.Role.SCENE, actor=SOMEBODY) for u in uploads
    ]
    draft.door = Draft.Door.PHOTO
    points = [(p.lon, p.lat) for p in kept if p.lon is not None and p.lat is not None]
    if taken_at_point:
        points.append(taken_at_point)
    if points and not draft.placed and not draft.has_point:
        draft.lon, draft.lat = points[0]
        draft.located = Draft.Located.PHOTO
        draft.accuracy_m = None
    save(draft, "door", "lon", "lat", "located", "accuracy_m")


@transaction.atomic
def drop_photo(draft: Draft, public_id: str) -> None:
    """Take one photo out of a draft again."""
    discard(still_open(draft).subject, public_id=public_id)


def write(draft: Draft, token: str, text: str, *, door: str | None = None) -> None:
    """Keep what somebody says of the problem."""
    draft.text = text
    if door:
        draft.door = door
    hide(draft, token)
    save(draft, "text", "door", "sealed")


def hide(draft: Draft, token: str) -> None:
    """Mask the numbers in what a draft says; as they were written only its browser has them.

    Whoever wrote it reads it so before it is sent. What they take out again is forgotten.
    """
    text, address, kept = mask(draft.text), mask(draft.address), seal.unseal(token, draft.sealed)
    draft.text, draft.address = text.text, address.text
    before = kept.pop("hidden", "").split("\n") if "hidden" in kept else []
    said = still_said([*before, *text.needed, *address.needed], f"{text.text}\n{address.text}")
    if said or before:
        kept |= {"hidden": "\n".join(said)} if said else {}
        draft.sealed = seal.seal(token, kept) if kept else ""


def put(
    draft: Draft,
    token: str,
    *,
    address: str = "",
    point: Point | None = None,
    accuracy_m: int | None = None,
    located: str = "",
    place: Place | None = None,
) -> None:
    """Say where the problem is: by a point, by a place chosen from a list, or by words.

    Raises  Refused outside the city, or when nothing is said.
    """
    if point is not None:
        place = where.inside(*point)
    elif place is None and not address:
        raise Refused(_("填写问题所在的街道和门牌，如「书店街 12 号」"), field="address")
    if point != (draft.lon, draft.lat):
        draft.compared, draft.joins = False, None
    draft.address, draft.place = address, place
    draft.lon, draft.lat = point or (None, None)
    draft.accuracy_m, draft.located = accuracy_m, located
    draft.placed = True
    hide(draft, token)
    save(draft, "address", "text", "sealed", "place", *POINT, "placed", *COMPARED)


@transaction.atomic
def fill(draft: Draft, token: str) -> None:
    """Keep all that was said on one page, new or not (一页填完).

    Raises  OutOfOrder when it has been sent meanwhile; KeyReused when another holds its name.
    """
    draft.placed = draft.has_point or draft.place is not None or bool(draft.address)
    draft.sorted = draft.placed and draft.kind is not None
    hide(draft, token)
    if draft.pk is not None:
        still_open(draft)
        save(draft, *WRITTEN)
        return
    try:
        with transaction.atomic():
            draft.save()
    except IntegrityError as error:
        raise is_taken(error) from error


def forget_point(draft: Draft) -> None:
    """Drop a place proposed by a photo that turns out to lie outside the city."""
    draft.lon = draft.lat = draft.accuracy_m = None
    draft.located = ""
    save(draft, *POINT)


def sort(draft: Draft, token: str, kind: Kind | None, *, text: str | None = None) -> None:
    """Say of what kind it is; None leaves that to the desk."""
    if kind != draft.kind:
        draft.compared, draft.joins = False, None
    draft.kind, draft.sorted = kind, True
    if text is not None:
        draft.text = text
        hide(draft, token)
    save(draft, "kind", "sorted", "text", "sealed", *COMPARED)


def compare(draft: Draft, same_as: Case | None) -> None:
    """Say whether it is the same as one reported already."""
    draft.joins, draft.compared = same_as, True
    save(draft, *COMPARED)


def keep_contact(draft: Draft, token: str, *, name: str, phone: str) -> None:
    """Keep a name and a number while somebody goes back a step, sealed for their browser."""
    kept = seal.unseal(token, draft.sealed) | {"name": name, "phone": phone}
    draft.sealed = seal.seal(token, kept)
    save(draft, "sealed")


def is_taken(error: IntegrityError) -> Exception:
    """What to say where a form's name is somebody's already; any other error as it is."""
    if not any(name in str(error) for name in TAKEN):
        return error
    return KeyReused(_("这份表单已经提交过，这次内容不同。要再交一份，请重新打开页面"))


@transaction.atomic
def clear(draft: Draft) -> None:
    """Throw a draft away with its photos."""
    draft = still_open(draft)
    discard(draft.subject)
    draft.delete()


def forget(*, before: datetime) -> int:
    """Drop drafts that nobody has touched since then, with the photos of those never sent."""
    old = Draft.objects.filter(touched_at__lt=before)
    drafts = list(old)
    for draft in drafts:
        with transaction.atomic():
            discard(draft.subject)
            draft.delete()
    return len(drafts)


@beyond("join")
def locked(draft: Draft) -> Draft:
    rows = Draft.objects.select_for_update(of=("self",)).defer("place__boundary")
    found = rows.select_related("kind", "place", "joins").filter(pk=draft.pk).first()
    if found is None:
        raise OutOfOrder(_("这份上报已经清空，请重新开始"))
    return found


def still_open(draft: Draft) -> Draft:
    """A draft under lock that has not been sent."""
    draft = locked(draft)
    if draft.report_id is not None:
        raise OutOfOrder(_("这份上报已经提交，不能再改"))
    return draft


def save(draft: Draft, *fields: str) -> None:
    """Write these answers only: another page of the same browser may be writing others."""
    draft.save(update_fields=[*fields, "touched_at"])
