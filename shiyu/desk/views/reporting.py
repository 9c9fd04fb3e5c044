"""Entering a report or an order at the desk (登记、交办)."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from shiyu.cases import actions
from shiyu.catalogue.rules import kinds_in_use
from shiyu.common.answered import answered_once
from shiyu.common.errors import Refused
from shiyu.desk.forms.reporting import EntryForm, OrderForm, ReportForm
from shiyu.desk.views.frame import MAY_REPORT, frame
from shiyu.people.web import SignedIn, actor_of, needs
from shiyu.places.rules import the_city


@needs(*MAY_REPORT)
@require_http_methods(["GET", "POST"])
@answered_once
def new(request: SignedIn) -> HttpResponse:
    """A report that somebody on duty enters: from a call, a patrol, a department (登记上报)."""
    actor = actor_of(request)
    if request.method != "POST":
        first = {"channel": ReportForm.usual_channel(actor)}
        return _page(request, ReportForm(initial=first))
    form = ReportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, 422)
    try:
        report, code = actions.report(form.intake(source=f"desk:{actor.id}"), actor=actor)
    except Refused as refusal:
        form.refuse(refusal)
        return _page(request, form, 422)
    told = {"number": report.case.number, "code": code}
    if code:
        messages.success(request, _("已登记 %(number)s。回执编号 %(code)s，请告诉反映人") % told)
    else:
        messages.info(request, _("这件已经登记过了，编号 %(number)s") % told)
    return redirect("desk:case", report.case.number)


@needs("intake", "dispatch")
@require_http_methods(["GET", "POST"])
@answered_once
def order(request: SignedIn) -> HttpResponse:
    """An order handed down to a place, to be split and answered (交办)."""
    if request.method != "POST":
        return _page(request, OrderForm())
    form = OrderForm(request.POST)
    if not form.is_valid():
        return _page(request, form, 422)
    try:
        actor = actor_of(request)
        report = actions.order(form.intake(source=f"desk:{actor.id}"), actor=actor)
    except Refused as refusal:
        form.refuse(refusal)
        return _page(request, form, 422)
    messages.success(request, _("已交办 %(number)s") % {"number": report.case.number})
    return redirect("desk:case", report.case.number)


def _page(request: HttpRequest, form: EntryForm, status: int = 200) -> HttpResponse:
    city = the_city()
    frame_of_city = (city.west, city.east, city.south, city.north)
    west, east, south, north = (edge or 0.0 for edge in frame_of_city)
    middle = f"{(west + east) / 2:.4f},{(south + north) / 2:.4f}" if west or east else ""
    is_order = isinstance(form, OrderForm)
    context = frame(request, "order" if is_order else "new") | {
        "form": form,
        "is_order": is_order,
        "kind_names": list(kinds_in_use().values_list("name", "major_name")),
        "middle": middle,
    }
    return render(request, "desk/new.html", context, status=status)
