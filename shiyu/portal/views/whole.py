"""Everything of a report on one page, for those who would rather not be led (一页填完).

The same draft as the steps write: what cannot be taken as it is, a place that several are called
by, a case that looks like the same: whatever has to be asked, all that was said is kept and may be
gone on with here or step by step.
"""

import re
import secrets
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from shiyu.common import ready
from shiyu.common.errors import Refused
from shiyu.notices.lifecycle import Channel
from shiyu.notices.rules import is_open
from shiyu.places.rules import the_city
from shiyu.portal import actions, choices, forms, seal, similar, where
from shiyu.portal.models import Draft
from shiyu.portal.receipts import count_for
from shiyu.portal.rules import BEGINNING, PHOTOS_MOST, SENDING, UPLOADING, draft_of, photos_of
from shiyu.portal.views.holding import (
    Held,
    hand_to,
    held_by,
    is_of_another,
    kept_private,
    to_present,
)
from shiyu.portal.views.placing import centre_of, how_found
from shiyu.portal.views.sending import say_it_is_there
from shiyu.portal.views.sorting import kind_with
from shiyu.portal.views.step import get_or_post, show_step
from shiyu.portal.views.writing import point_in_photo
from shiyu.privacy import notice

REF = re.compile(r"[0-9a-f]{32}")


@dataclass(slots=True)
class Sheet:
    """One page as it was sent, and what came of it (整页).

    found     places that the address may mean, to be chosen from; None where nothing is asked.
    confirms  whether the place comes from a photo and waits for a yes.
    wrong     what is wrong with the photos.
    """

    request: HttpRequest
    draft: Draft
    token: str
    form: forms.WholeForm
    found: list[where.Choice] | None = None
    confirms: bool = False
    wrong: dict[str, str] = field(default_factory=dict)

    @property
    def is_clear(self) -> bool:
        asks = self.found is not None or self.confirms
        return not (asks or self.form.errors or self.wrong)


@get_or_post
@kept_private
def whole(request: HttpRequest) -> HttpResponse:
    """A report on one page: looked at, or sent (一页填完)."""
    held = held_by(request)
    if request.method != "POST":
        response = _page(request, held.unsent, _form_of(held))
        return response if seal.is_token(held.token) else hand_to(response, seal.new_token())
    if held.unsent and is_of_another(request, held):
        return to_present(request)
    if held.is_sent and not is_of_another(request, held):
        say_it_is_there(request, held)
        return redirect("portal:done")
    draft, token = _at_hand(request, held)
    if draft.report_id is not None:
        return hand_to(redirect("portal:done"), token)
    return hand_to(_answer(Sheet(request, draft, token, _form_sent(request, draft))), token)


def _at_hand(request: HttpRequest, held: Held) -> tuple[Draft, str]:
    """The draft that this form writes: the one in hand, or one that it begins.

    The form names it, so that the same form sent twice is one report.
    """
    if held.unsent:
        return held.unsent, held.token
    named = request.POST.get("draft", "")
    ref = named if REF.fullmatch(named) else secrets.token_hex(16)
    token = held.token if seal.is_token(held.token) else seal.new_token()
    if held.is_sent:
        token = seal.token_after(held.token, ref)
        if known := draft_of(token):
            return known, token
    return actions.begun(ref, token, door=Draft.Door.WORDS), token


def _form_sent(request: HttpRequest, draft: Draft) -> forms.WholeForm:
    """The form as it was sent; a photo may say what is wrong and where."""
    sent = request.POST
    shown = bool(request.FILES.getlist("photos") or photos_of(draft))
    pointed = shown or bool(sent.get("place") or (sent.get("lat") and sent.get("lon")))
    return forms.WholeForm(sent, shown=shown, pointed=pointed, by_sms=is_open(Channel.SMS))


def _answer(sheet: Sheet) -> HttpResponse:
    """Send it, or say what is still to be said; nothing is lost then."""
    sheet.form.is_valid()
    _read(sheet)
    try:
        _photos(sheet)
        _where(sheet)
        if sheet.is_clear and similar.to_draft(sheet.draft):
            _keep(sheet)
            return redirect("portal:similar")
        if sheet.is_clear:
            return _send(sheet)
        _keep(sheet)
    except Refused as refusal:
        sheet.form.add_error(None, refusal.message)
        page = _page_of(sheet)
        page.status_code = max(refusal.status, page.status_code)
        return page
    return _page_of(sheet)


def _read(sheet: Sheet) -> None:
    """What was said, as far as it can be taken."""
    said, draft, posted = sheet.form.cleaned_data, sheet.draft, sheet.request.POST
    draft.text = said.get("text", draft.text)
    draft.address = said.get("address", draft.address)
    draft.kind = kind_with(sheet.request)
    if posted.get("kind") and draft.kind is None:
        sheet.form.add_error(None, _("没有这个类别，请重新选"))


def _photos(sheet: Sheet) -> None:
    """Keep what was taken at once: a browser forgets files when a page comes back."""
    uploads = sheet.request.FILES.getlist("photos")
    if uploads:
        count_for(UPLOADING, sheet.request)
        _keep(sheet)
        try:
            actions.add_photos(sheet.draft, uploads, taken_at_point=point_in_photo(sheet.request))
            sheet.draft.refresh_from_db(fields=["lon", "lat", "located", "door"])
        except Refused as refusal:
            sheet.wrong["photos"] = refusal.message


def _where(sheet: Sheet) -> None:
    """Where it is: a point, a place chosen from a list, or words that name one."""
    form, draft = sheet.form, sheet.draft
    if "address" in form.errors:
        return
    code, point = sheet.request.POST.get("place", ""), form.point
    try:
        if point is not None:
            draft.place = where.inside(*point)
            draft.lon, draft.lat = point
            draft.accuracy_m, draft.located = form.cleaned_data["accuracy"], how_found(form)
        elif code or draft.address:
            draft.lon = draft.lat = draft.accuracy_m = None
            draft.place = where.place_with(code) if code else _named(sheet)
        elif draft.has_point:
            sheet.confirms = bool(where.inside(draft.lon or 0, draft.lat or 0))
        else:
            form.add_error("address", _("填写问题所在的街道和门牌，如「书店街 12 号」"))
    except Refused as refusal:
        draft.lon = draft.lat = None
        form.add_error("address", refusal.message)


def _named(sheet: Sheet) -> Any:
    """The place that the words name; where that is not certain, it is asked for once."""
    if "asked" in sheet.request.POST:
        return None
    found = where.meant_by(sheet.draft.address)
    if len(found) == 1 and found[0].named:
        return where.place_with(found[0].code)
    sheet.found = found or None
    return None


def _keep(sheet: Sheet) -> None:
    """Keep all that was said, so that it can be gone on with: here, by steps, tomorrow."""
    draft, said = sheet.draft, sheet.form.cleaned_data
    contact = {name: str(said.get(name, "")) for name in ("name", "phone")}
    if draft.pk is None:
        if not (draft.text or draft.address or draft.kind or sheet.request.FILES):
            return
        count_for(BEGINNING, sheet.request)
    kept = seal.unseal(sheet.token, draft.sealed) | contact
    draft.sealed = seal.seal(sheet.token, kept) if any(kept.values()) else ""
    actions.fill(draft, sheet.token)


def _send(sheet: Sheet) -> HttpResponse:
    said, posted = sheet.form.cleaned_data, sheet.request.POST
    count_for(SENDING, sheet.request)
    contact = {name: said[name] for name in ("name", "phone")}
    contact["told_in"] = (get_language() or "zh-hans") if said.get("told") else ""
    contact["notice"] = notice.known(posted.get("notice", ""))
    if sheet.draft.pk is None:
        actions.send_at_once(sheet.draft, sheet.token, **contact)
    else:
        actions.send_filled(sheet.draft, sheet.token, **contact)
    return redirect("portal:done")


def _form_of(held: Held) -> forms.WholeForm:
    """What stands in the page at first: all that this browser has said already."""
    draft, by_sms = held.unsent, is_open(Channel.SMS)
    if draft is None:
        return forms.WholeForm(by_sms=by_sms)
    known = {"text": draft.text, "address": draft.address, "lat": draft.lat, "lon": draft.lon}
    known |= {"accuracy": draft.accuracy_m, "located": draft.located}
    return forms.WholeForm(initial=known | seal.unseal(held.token, draft.sealed), by_sms=by_sms)


def _page_of(sheet: Sheet) -> HttpResponse:
    if sheet.confirms:
        data = sheet.request.POST.copy()
        data["lon"], data["lat"] = str(sheet.draft.lon), str(sheet.draft.lat)
        data["located"] = Draft.Located.PHOTO
        sheet.form.data = data
    more = {"found": sheet.found, "confirms": sheet.confirms, "error": sheet.wrong.get("photos")}
    return _page(sheet.request, sheet.draft, sheet.form, **more)


def _page(
    request: HttpRequest, draft: Draft | None, form: forms.WholeForm, **more: Any
) -> HttpResponse:
    with ready.as_of(ready.stamp()):
        return _drawn(request, draft, form, **more)


def _drawn(
    request: HttpRequest, draft: Draft | None, form: forms.WholeForm, **more: Any
) -> HttpResponse:
    photos = photos_of(draft)
    context = {
        "ref": draft.ref if draft else secrets.token_hex(16),
        "photos": photos,
        "room": PHOTOS_MOST - len(photos),
        "most": PHOTOS_MOST,
        "kinds": choices.all_kinds(),
        "streets": choices.all_streets(),
        "chosen_kind": request.POST.get("kind") or (draft and draft.kind and draft.kind.code),
        "chosen_street": request.POST.get("place") or (draft and draft.place and draft.place.code),
        "proposed": where.in_words(where.inside(draft.lon, draft.lat))
        if draft and draft.lon is not None and draft.lat is not None
        else "",
        "centre": centre_of(the_city(), draft),
        "edition": notice.CURRENT,
    }
    return show_step(request, draft, "whole", form, **context, **more)
