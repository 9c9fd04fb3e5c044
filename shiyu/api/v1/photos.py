"""Photos: sent ahead of their case, shown by short signed addresses (照片)."""

from typing import Annotated

from django.core.files.uploadedfile import UploadedFile as DjangoFile
from django.db.models import Q
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from ninja import File, Path
from ninja.files import UploadedFile

from shiyu.api.audience import ANYBODY, LOOKERS, SENDERS
from shiyu.api.pictures import SHOWN_FOR, photo_behind, token_for
from shiyu.api.refusals import Invalid
from shiyu.api.rules import upload_of
from shiyu.api.v1.cases import Number
from shiyu.api.v1.finding import case_of, only_reported
from shiyu.api.v1.routes import Given, actor_of, route
from shiyu.api.v1.shapes import Out, When
from shiyu.api.v1.words import sentence
from shiyu.cases.lifecycle import Stage
from shiyu.files.actions import keep_photo
from shiyu.files.models import Photo
from shiyu.files.views import show

SALT = "v1 photo"
WAITING_MOST = 60
SIZES = ("full", "small")


class PhotoOut(Out):
    """A photo; its addresses open for a minute, for whoever has them."""

    id: str
    role: str
    width: int
    height: int
    taken_at: When | None
    added_at: When
    href: str
    small: str
    expires_at: When


class PhotosOut(Out):
    """The photos of a case."""

    number: str
    items: list[PhotoOut]


class Uploaded(Out):
    """A photo that waits for its case, for two days at the most."""

    id: str
    width: int
    height: int
    lon: float | None
    lat: float | None
    taken_at: When | None


@route(
    "POST",
    "/photos",
    audience=SENDERS,
    answer={201: Uploaded},
    name="upload_photo",
    cost=5,
    upload=True,
    tag="photos",
    summary="上传照片",
)
def upload_photo(request: HttpRequest, photo: Annotated[UploadedFile, File()]) -> Given:
    """Send a photo ahead; name its id in the report or the move that it belongs to.

    JPEG, PNG, WebP or HEIC. It is decoded and stored without EXIF; where and when it was taken
    are told, if it says so.
    """
    actor = actor_of(request)
    waiting = upload_of(actor)
    sent: DjangoFile = photo
    kept = keep_photo(
        sent, subject=waiting, role=Photo.Role.SCENE, actor=actor, at_most=WAITING_MOST
    )
    body = Uploaded(
        id=kept.public_id,
        width=kept.width,
        height=kept.height,
        lon=kept.lon,
        lat=kept.lat,
        taken_at=kept.taken_at,
    )
    return Given(body, 201)


@route(
    "GET",
    "/cases/{number}/photos",
    audience=LOOKERS,
    answer=PhotosOut,
    name="list_photos",
    tag="photos",
    summary="案件照片",
)
def list_photos(request: HttpRequest, number: Number) -> PhotosOut:
    """The photos of a case with addresses that open for a minute."""
    actor = actor_of(request)
    case = case_of(actor, number)
    key_id: int = request.caller.key_id  # type: ignore[attr-defined]
    found = Photo.objects.filter(subject=case.subject)
    if only_reported(actor, case):
        done = Q(role=Photo.Role.AFTER) if case.stage == Stage.CLOSED else Q()
        found = found.filter(Q(added_by=actor.ref) | done)
    return PhotosOut(number=case.number, items=[_shown(photo, key_id) for photo in found])


@route(
    "GET",
    "/photos/{token}/{size}.jpg",
    audience=ANYBODY,
    answer={200: None},
    name="show_photo",
    tag="photos",
    summary="打开照片",
)
def show_photo(
    request: HttpRequest,
    token: Annotated[str, Path(max_length=120)],
    size: Annotated[str, Path(pattern="^(full|small)$")],
) -> HttpResponseBase:
    """The picture itself. The address is made only for who may see the case; it ends soon, and with
    the key."""
    found = photo_behind(token, salt=SALT)
    if size not in SIZES:
        raise Invalid(sentence("invalid"), fields=[("size", sentence("literal_error"))])
    return show(request, found, size)


def _shown(photo: Photo, key_id: int) -> PhotoOut:
    token = token_for(photo, key_id=key_id, salt=SALT)
    return PhotoOut(
        id=photo.public_id,
        role=photo.role,
        width=photo.width,
        height=photo.height,
        taken_at=photo.taken_at,
        added_at=photo.added_at,
        href=f"/api/v1/photos/{token}/full.jpg",
        small=f"/api/v1/photos/{token}/small.jpg",
        expires_at=timezone.now() + SHOWN_FOR,
    )
