"""Step 2 of a report: where the problem is (位置)."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from shiyu.common.errors import Refused
from shiyu.places.models import City
from shiyu.places.rules import the_city
from shiyu.portal import actions, forms, where
from shiyu.portal.models import Draft
from shiyu.portal.views.holding import Held, writing
from shiyu.portal.views.step import draft_in, get_or_post, onward, show_step


@get_or_post
@writing
def place(request: HttpRequest, held: Held) -> HttpResponse:
    """Step 2: where it is, by photo, phone, map, or an address in words (位置)."""
    draft = draft_in(held)
    if request.method != "POST":
        return _place_page(request, draft, forms.PlaceForm(initial=_place_of(request, draft)))
    form = forms.PlaceForm(request.POST)
    if not form.is_valid():
        return _place_page(request, draft, form)
    address, code = form.cleaned_data["address"], request.POST.get("place", "")
    if request.POST.get("do") == "find" or _should_ask(request, form):
        found = where.meant_by(address)
        if len(found) == 1 and found[0].named and request.POST.get("do") != "find":
            code = found[0].code
        elif found or request.POST.get("do") == "find":
            return _place_page(request, draft, form, found=found, asked=True)
    try:
        actions.put(
            draft,
            held.token,
            address=address,
            point=form.point,
            accuracy_m=form.cleaned_data.get("accuracy"),
            located=how_found(form),
            place=where.place_with(code) if code else None,
        )
    except Refused as refusal:
        form.add_error("address", refusal.message)
        return _place_page(request, draft, form)
    return onward(draft)


def _place_page(
    request: HttpRequest,
    draft: Draft,
    form: forms.PlaceForm,
    *,
    found: list[where.Choice] | None = None,
    asked: bool = False,
) -> HttpResponse:
    city = the_city()
    more = {
        "found": found,
        "asked": asked,
        "proposed": _in_words(draft),
        "centre": centre_of(city, draft),
    }
    return show_step(request, draft, "place", form, **more)


def _place_of(request: HttpRequest, draft: Draft) -> dict[str, Any]:
    """What the form begins with; a photo taken outside the city proposes nothing, and says so."""
    if draft.has_point and not draft.placed:
        try:
            where.inside(draft.lon or 0, draft.lat or 0)
        except Refused:
            actions.forget_point(draft)
            messages.warning(request, _("照片里的位置不在本市，请填写地址"))
    return {
        "address": draft.address,
        "lat": draft.lat,
        "lon": draft.lon,
        "accuracy": draft.accuracy_m,
        "located": draft.located,
    }


def _in_words(draft: Draft) -> str:
    if draft.lon is not None and draft.lat is not None:
        return where.in_words(where.inside(draft.lon, draft.lat))
    return where.in_words(draft.place) if draft.place else ""


def centre_of(city: City, draft: Draft | None) -> str:
    """Where a map opens: at the point, else over the middle of the city."""
    if draft is not None and draft.has_point:
        return f"{draft.lon},{draft.lat}"
    edges = city.west, city.east, city.south, city.north
    if None in edges:
        return ""
    west, east, south, north = (edge or 0.0 for edge in edges)
    return f"{(west + east) / 2:.5f},{(south + north) / 2:.5f}"


def _should_ask(request: HttpRequest, form: forms.PlaceForm) -> bool:
    """Words alone, not yet asked which place they mean."""
    said = bool(form.cleaned_data["address"]) and form.point is None
    return said and "asked" not in request.POST and not request.POST.get("place")


def how_found(form: forms.PlaceForm) -> str:
    """How the point was found, as far as the form's script knows."""
    said = form.cleaned_data.get("located", "")
    if form.point is None:
        return ""
    return said if said in Draft.Located.values else Draft.Located.MAP
