"""Showing a photo to those who may see the record it belongs to."""

from pathlib import Path

from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponseBase,
    HttpResponseNotModified,
)
from django.views.decorators.http import require_safe

from shiyu.files import rules, store
from shiyu.files.models import Photo
from shiyu.people.actors import Actor
from shiyu.people.web import actor_of

CONTENT_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


@require_safe
def photo(request: HttpRequest, public_id: str, size: str) -> HttpResponseBase:
    """A photo, asked for anew each time: to others it does not exist."""
    asking = _asking(request)  # first: the database shows a photo only to whom it may be shown
    found = Photo.objects.filter(public_id=public_id).first()
    if found is None or not any(rules.visible(actor, found) for actor in asking):
        raise Http404
    return show(request, found, size)


def show(request: HttpRequest, photo: Photo, size: str) -> HttpResponseBase:
    """The file itself, for a caller who has asked the policy already.

    A browser keeps it but must ask each time (no-cache), which runs the policy each time.
    """
    path = store.path_of(photo.sha256, size)
    etag = f'"{photo.sha256[:32]}-{size}"'
    response: HttpResponseBase
    if request.headers.get("If-None-Match") == etag:
        response = HttpResponseNotModified()
    else:
        response = _file(path)
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    response["Content-Security-Policy"] = CONTENT_POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _file(path: Path) -> FileResponse:
    try:
        return FileResponse(path.open("rb"), content_type="image/jpeg", filename="photo.jpg")
    except FileNotFoundError as lost:
        raise Http404 from lost


def _asking(request: HttpRequest) -> list[Actor]:
    actors = [actor_of(request)] if request.user.is_authenticated else []
    for others in rules.who_asks:
        actors.extend(others(request))
    return actors
