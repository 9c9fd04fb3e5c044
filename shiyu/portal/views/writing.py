"""Step 1 of a report: a photo, or words (拍照或文字)."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from shiyu.common.errors import Refused
from shiyu.common.posted import posted
from shiyu.files.models import Photo
from shiyu.files.views import show
from shiyu.portal import actions, forms
from shiyu.portal.models import Draft
from shiyu.portal.receipts import count_for
from shiyu.portal.rules import BEGINNING, PHOTOS_MOST, UPLOADING, photos_of
from shiyu.portal.views.holding import (
    Held,
    hand_to,
    held_by,
    is_of_another,
    kept_private,
    to_present,
    writing,
)
from shiyu.portal.views.step import FORM_STATUS, draft_in, get_or_post, onward, show_step


@get_or_post
@kept_private
def photo(request: HttpRequest) -> HttpResponse:
    """Step 1: a photo of the problem (拍照)."""
    held = held_by(request)
    if request.method != "POST":
        return _photo_page(request, held.unsent)
    if is_of_another(request, held):
        return to_present(request)
    uploads = request.FILES.getlist("photos")
    if not uploads and not photos_of(held.unsent):
        text = _("先拍一张照片，或点「没有照片，直接写」")
        return _photo_page(request, held.unsent, error=text)
    try:
        if uploads:
            count_for(UPLOADING, request)
        draft, token = _begun(request, held, Draft.Door.PHOTO)
        if uploads:
            actions.add_photos(draft, uploads, taken_at_point=point_in_photo(request))
    except Refused as refusal:
        page = _photo_page(request, held.unsent, error=refusal.message)
        page.status_code = max(refusal.status, FORM_STATUS)
        return page
    return hand_to(onward(draft), token)


@require_POST
@writing
def drop_photo(request: HttpRequest, held: Held, public_id: str) -> HttpResponse:
    """Take one photo out again (去掉照片)."""
    actions.drop_photo(draft_in(held), public_id)
    return redirect("portal:photo")


@require_safe
def thumbnail(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """A photo of the draft, for the browser that writes it."""
    held = held_by(request)
    if held.draft is None:
        raise Http404
    found = Photo.objects.filter(subject=held.draft.subject, public_id=public_id).first()
    if found is None:
        raise Http404
    return show(request, found, "small")


@get_or_post
@kept_private
def words(request: HttpRequest) -> HttpResponse:
    """Step 1 without a photo: what is the problem (文字)."""
    held = held_by(request)
    form = forms.WordsForm(
        posted(request), initial={"text": held.unsent.text if held.unsent else ""}
    )
    if request.method == "POST" and is_of_another(request, held):
        return to_present(request)
    if request.method == "POST" and form.is_valid():
        draft, token = _begun(request, held, Draft.Door.WORDS)
        actions.write(draft, token, form.cleaned_data["text"], door=Draft.Door.WORDS)
        return hand_to(onward(draft), token)
    return show_step(request, held.unsent, "words", form)


def _begun(request: HttpRequest, held: Held, door: str) -> tuple[Draft, str]:
    """The draft in hand, or a new one."""
    if held.unsent:
        return held.unsent, held.token
    count_for(BEGINNING, request)
    return actions.open_draft(door)


def _photo_page(request: HttpRequest, draft: Draft | None, *, error: str = "") -> HttpResponse:
    photos = photos_of(draft)
    more = {"photos": photos, "room": PHOTOS_MOST - len(photos), "most": PHOTOS_MOST}
    return show_step(request, draft, "photo", None, error=error, **more)


def point_in_photo(request: HttpRequest) -> tuple[float, float] | None:
    """The place the browser read from a photo before making it smaller."""
    try:
        lon, lat = float(request.POST["photo_lon"]), float(request.POST["photo_lat"])
    except (KeyError, ValueError):
        return None
    return (lon, lat) if abs(lon) <= 180 and abs(lat) <= 90 else None
