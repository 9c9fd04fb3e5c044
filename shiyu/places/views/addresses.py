"""Pages of written addresses: find, try, correct, import (地名地址库)."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shiyu.common.answered import answered_once
from shiyu.common.errors import Refused
from shiyu.common.posted import posted
from shiyu.common.sheets import Outcome, sheets_of
from shiyu.journal.models import Line
from shiyu.people.duties import Duty
from shiyu.people.models import Person
from shiyu.people.web import SignedIn, actor_of, needs, signed_in
from shiyu.places import addresses as book
from shiyu.places import rules
from shiyu.places.actions import addresses as actions
from shiyu.places.forms import AddressFileForm, AddressForm
from shiyu.places.models import Address

ADMIN = Duty.SYSTEM_ADMIN
A_PAGE = 50
HISTORY_MOST = 30
REJECTS_SHOWN = 100


@signed_in
@require_safe
def listing(request: SignedIn) -> HttpResponse:
    """Addresses by name, and what one that is typed comes to (地名地址库)."""
    asked = request.GET.get("q", "").replace("\0", "").strip()[:120]
    after = request.GET.get("after", "").replace("\0", "")[:120]
    closed = request.GET.get("closed") == "1"
    rows = book.visible(asked, closed=closed).order_by("plain")
    if after:
        rows = rows.filter(plain__gt=after)
    found = list(rows.defer("place__boundary")[: A_PAGE + 1])
    context = {
        "asked": asked,
        "closed": closed,
        "rows": found[:A_PAGE],
        "last": found[A_PAGE - 1] if len(found) > A_PAGE else None,
        "is_first": not after,
        "guesses": book.guesses(asked) if asked and not after else [],
        "may_edit": rules.may_edit_map(actor_of(request)),
    }
    return render(request, "places/addresses.html", context)


@needs(ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
@answered_once
def new(request: SignedIn) -> HttpResponse:
    """One more address (新增地址)."""
    form = AddressForm(posted(request))
    if form.is_valid():
        try:
            made = actions.add_address(actor=actor_of(request), **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("已新增"))
            return redirect("places:address", made.pk)
    return _page(request, None, form)


@needs(ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
@answered_once
def address(request: SignedIn, pk: int) -> HttpResponse:
    """One address, to be corrected (地址)."""
    found = get_object_or_404(Address.objects.select_related("place"), pk=pk)
    typed = {
        "name": found.name,
        "aliases": "\n".join(found.aliases),
        "lon": found.lon,
        "lat": found.lat,
        "source": found.source,
    }
    form = AddressForm(posted(request), initial=typed)
    if form.is_valid():
        try:
            actions.change_address(found, actor=actor_of(request), **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("已修改"))
            return redirect("places:address", pk)
    return _page(request, found, form)


@needs(ADMIN)
@require_POST
@answered_once
def close(request: SignedIn, pk: int) -> HttpResponse:
    """Stop finding an address, or find it again (停用、恢复)."""
    found = get_object_or_404(Address, pk=pk)
    closing = found.closed_on is None
    actions.close_address(found, actor=actor_of(request), closed=closing)
    messages.success(request, _("已停用，不再用来定位") if closing else _("已恢复"))
    return redirect("places:address", pk)


@needs(ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
@answered_once
def take_in(request: SignedIn) -> HttpResponse:
    """A table of addresses, all of it or what is valid of it (导入地址)."""
    form = AddressFileForm(posted(request), request.FILES or None)
    outcome: Outcome | None = None
    if form.is_bound and form.is_valid():
        typed = form.cleaned_data
        try:
            outcome = actions.import_addresses(
                sheets_of(typed["file"].read()),
                crs=typed["crs"],
                source=typed["source"],
                accept_valid=typed["accept_valid"],
                actor=actor_of(request),
            )
        except Refused as refusal:
            form.refuse(refusal)
    context: dict[str, Any] = {"form": form, "outcome": outcome}
    if outcome is not None:
        context["rejected"] = outcome.rejected[:REJECTS_SHOWN]
    failed = bool(form.errors) or (outcome is not None and not outcome.applied)
    return render(request, "places/import.html", context, status=422 if failed else 200)


def _page(request: SignedIn, found: Address | None, form: AddressForm) -> HttpResponse:
    context = {"address": found, "form": form, "history": _history(found) if found else []}
    status = 422 if form.errors else 200
    return render(request, "places/address.html", context, status=status)


def _history(found: Address) -> list[dict[str, Any]]:
    lines = list(Line.objects.filter(subject=found.subject).order_by("-id")[:HISTORY_MOST])
    ids = {int(ref.split(":")[1]) for line in lines if (ref := line.actor).startswith("person:")}
    names = {f"person:{p.pk}": p.name for p in Person.objects.filter(pk__in=ids)}
    says = {
        "add_address": _("新增"),
        "change_address": _("修改"),
        "close_address": _("停用"),
        "reopen_address": _("恢复"),
    }
    return [
        {
            "at": line.occurred_at,
            "who": names.get(line.actor, _("系统")),
            "says": says.get(line.verb, line.verb),
        }
        for line in lines
    ]
