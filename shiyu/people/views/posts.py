"""Pages of posts: what one may do, who holds it, who stands in, who leaves (岗位)."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shiyu.common.answered import answered_once
from shiyu.common.errors import Refused
from shiyu.people import actions, following, sight
from shiyu.people.duties import Duty
from shiyu.people.history import history
from shiyu.people.models import Appointment, Person, Post, PostDuty, Unit
from shiyu.people.post_forms import AppointForm, DepartForm, DutyForm, LeaveForm
from shiyu.people.views.proposals import proposing
from shiyu.people.web import SignedIn, actor_of, needs

SECURITY, SYSTEM = Duty.SECURITY_ADMIN, Duty.SYSTEM_ADMIN
READERS = (SYSTEM, SECURITY, Duty.AUDIT_ADMIN)
LOOKING = ["GET", "HEAD", "POST"]


@needs(*READERS)
@require_safe
def post(request: SignedIn, number: int) -> HttpResponse:
    """One post: its duties and scopes, its holders over time, its history (岗位详情)."""
    return _post_page(request, _post(number), DutyForm())


@needs(SYSTEM)
@require_POST
@answered_once
def new(request: SignedIn, number: int) -> HttpResponse:
    """A new post in a unit (设岗)."""
    unit = get_object_or_404(Unit, pk=number)
    title = request.POST.get("title", "")[:40]
    made = actions.create_post(unit, title, actor=actor_of(request))
    messages.success(request, _("岗位已设。职责由安全管理员授予"))
    return redirect("account_post", made.pk)


@needs(SYSTEM)
@require_POST
@answered_once
def rename(request: SignedIn, number: int) -> HttpResponse:
    """Another title for a post (岗位改名)."""
    found = get_object_or_404(Post, pk=number)
    actions.rename_post(found, request.POST.get("title", ""), actor=actor_of(request))
    messages.success(request, _("岗位已改名"))
    return redirect("account_post", number)


@needs(SECURITY)
@require_POST
@answered_once
@proposing
def give(request: SignedIn, number: int) -> HttpResponse:
    """A duty for a post: shown first, given then (授予职责)."""
    found, form = _post(number), DutyForm(request.POST)
    if not form.is_valid():
        return _post_page(request, found, form, status=422)
    given = form.cleaned_data
    place, unit = given["named"], given["unit"]
    if request.POST.get("checked") != "1":
        duty = sight.duty_of(found, given["duty"], place=place, unit=unit)
        effect = sight.of_duty(found, duty)
        return _check(request, _("授予职责"), found, effect, holders=_holders(found))
    try:
        actions.give_duty(
            found,
            given["duty"],
            place_code=place.code if place else "",
            first=place.first if place else 1,
            last=place.last if place else 1,
            unit=unit,
            actor=actor_of(request),
        )
    except Refused as refusal:
        form.refuse(refusal)
        return _post_page(request, found, form, status=422)
    messages.success(request, _("职责已授予，在岗的人下一步就能用"))
    return redirect("account_post", number)


@needs(SECURITY)
@require_http_methods(LOOKING)
@answered_once
@proposing
def withdraw(request: SignedIn, number: int, duty: int) -> HttpResponse:
    """A duty taken from a post: shown first, taken then (收回职责)."""
    found = _post(number)
    given = get_object_or_404(PostDuty.objects.select_related("unit"), pk=duty, post=number)
    if request.method != "POST":
        effect = sight.of_duty(found, given)
        return _check(request, _("收回职责"), found, effect, holders=_holders(found), takes=True)
    actions.withdraw_duty(given, actor=actor_of(request))
    messages.success(request, _("职责已收回"))
    return redirect("account_post", number)


@needs(SECURITY)
@require_http_methods(LOOKING)
@answered_once
@proposing
def appoint(request: SignedIn, number: int, post: int) -> HttpResponse:
    """Into a post from a day on, or in another's place for a time: shown first (任职、代理)."""
    person, wanted = get_object_or_404(Person, pk=number), _post(post)
    form = AppointForm(_sent(request), post=wanted, person=person)
    if request.method == "POST" and form.is_valid():
        try:
            if request.POST.get("checked") != "1":
                effect = sight.of_appointing(person, wanted)
                title = _("代理") if form.cleaned_data["acting_for"] else _("任职")
                return _check(request, title, wanted, effect, person=person, form=form)
            made = actions.appoint(person, wanted, actor=actor_of(request), **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _appointed(made))
            return redirect("account_person", number)
    context = {"person": person, "post": wanted, "form": form}
    status = 422 if form.errors else 200
    return render(request, "people/appoint.html", context, status=status)


@needs(SECURITY)
@require_http_methods(LOOKING)
@answered_once
@proposing
def leave(request: SignedIn, number: int, appointment: int) -> HttpResponse:
    """Out of one post, at once or on a day: what is lost is shown first (离任)."""
    held = get_object_or_404(
        Appointment.objects.select_related("post__unit", "person"), pk=appointment, person=number
    )
    form = LeaveForm(_sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            day = form.cleaned_data["ends_on"]
            actions.end_appointment(held, ends_on=day, actor=actor_of(request))
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(
                request, _("已离任，权限即刻收回") if day is None else _("离任日期已定")
            )
            return redirect("account_person", number)
    context = {
        "person": held.person,
        "held": held,
        "form": form,
        "effect": sight.of_leaving(held.person, [held]),
        "alone": held.post_id in _alone([held]),
    }
    status = 422 if form.errors else 200
    return render(request, "people/leave.html", context, status=status)


@needs(SECURITY)
@require_http_methods(LOOKING)
@answered_once
@proposing
def depart(request: SignedIn, number: int) -> HttpResponse:
    """Out of all posts, with successors and a new owner for what is personal (离任移交)."""
    person = get_object_or_404(Person, pk=number)
    current = Appointment.objects.not_over().filter(person=person)
    held = list(current.select_related("post__unit", "person").order_by("pk"))
    form = DepartForm(_sent(request), held=held)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        how = actions.Departure(
            given["last_day"], form.successors(), given["personal"], given["close"]
        )
        try:
            handed = actions.depart(person, how, actor=actor_of(request))
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("离任已办，移交 %(count)d 项") % {"count": handed})
            return redirect("account_person", number)
    context = {
        "person": person,
        "form": form,
        "rows": [(one, form[f"successor{one.pk}"], one.post_id in _alone(held)) for one in held],
        "personal": [(kind.title, kind.count(person)) for kind in following.personal],
        "effect": sight.of_leaving(person, held) if held else None,
    }
    status = 422 if form.errors else 200
    return render(request, "people/depart.html", context, status=status)


def _sent(request: SignedIn) -> QueryDict | None:
    """What was sent, also if it is empty: nothing filled in is an answer, too."""
    return request.POST if request.method == "POST" else None


def _post(number: int) -> Post:
    return get_object_or_404(Post.objects.select_related("unit"), pk=number)


def _post_page(
    request: SignedIn, found: Post, form: DutyForm, *, status: int = 200
) -> HttpResponse:
    duties = list(found.duties.select_related("unit").order_by("pk"))
    names = following.names_of_places([duty.place_code for duty in duties])
    held = found.appointments.select_related("person", "acting_for").order_by("-starts_on", "-pk")
    actor = actor_of(request)
    context = {
        "post": found,
        "duties": [(duty, sight.where(duty, names)) for duty in duties],
        "held": held,
        "current": set(
            Appointment.objects.not_over().filter(post=found).values_list("pk", flat=True)
        ),
        "history": history(f"post:{found.pk}"),
        "form": form,
        "may_give": actor.holds(SECURITY) and found.unit.ended_on is None,
        "may_rename": actor.holds(SYSTEM),
        "may_see_people": actor.holds(SECURITY, Duty.AUDIT_ADMIN),
    }
    return render(request, "people/post.html", context, status=status)


def _check(
    request: SignedIn, title: str, found: Post, effect: sight.Effect, **more: Any
) -> HttpResponse:
    """What a change gives or takes, before it is made."""
    sent = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in {"csrfmiddlewaretoken", "form_token", "checked"}
    ]
    context = {"title": title, "post": found, "effect": effect, "sent": sent, **more}
    return render(request, "people/post_check.html", context)


def _holders(found: Post) -> list[Person]:
    held = Appointment.objects.not_over().filter(post=found)
    return list(Person.objects.filter(pk__in=held.values("person")).order_by("pinyin", "pk")[:20])


def _alone(held: list[Appointment]) -> set[int]:
    """The posts of these appointments that nobody else holds today."""
    posts = {one.post_id for one in held}
    mine = [one.pk for one in held]
    others = Appointment.objects.in_force(timezone.localdate()).filter(post__in=posts)
    return posts - set(others.exclude(pk__in=mine).values_list("post", flat=True))


def _appointed(made: Appointment) -> str:
    if made.acting_for_id:
        return _("代理已定，到 %(day)s 自动结束") % {"day": made.ends_on}
    if made.starts_on > timezone.localdate():
        return _("任职已定，%(day)s 自动开始") % {"day": made.starts_on}
    return _("已任职")
