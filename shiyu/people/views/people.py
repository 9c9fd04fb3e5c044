"""Pages of the security administrator: accounts, their posts, sessions and passwords."""

from collections.abc import Callable

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shiyu.common.answered import answered_once
from shiyu.common.errors import Refused
from shiyu.common.posted import posted
from shiyu.people import actions, rules
from shiyu.people.actors import Actor
from shiyu.people.devices import device
from shiyu.people.duties import Duty
from shiyu.people.forms import NewPersonForm, SetPasswordForm
from shiyu.people.history import NOT_A_CHANGE, history
from shiyu.people.models import Appointment, Person, Post
from shiyu.people.views.proposals import proposing
from shiyu.people.web import SignedIn, actor_of, needs

A_PAGE = 50
POSTS_FOUND = 20
SECURITY = Duty.SECURITY_ADMIN

ONE_CLICK: dict[str, tuple[Callable[..., object], object]] = {
    "deactivate": (actions.deactivate, gettext_lazy("账号已停用，登录已结束")),
    "reactivate": (actions.reactivate, gettext_lazy("账号已恢复")),
    "end-sessions": (actions.end_sessions, gettext_lazy("这个人的登录已全部结束")),
    "remove-second-factor": (actions.remove_second_factor, gettext_lazy("动态口令已解除")),
}
"""What is done to an account with one button, and what is said then."""


@needs(SECURITY, Duty.AUDIT_ADMIN)
@require_safe
def listing(request: SignedIn) -> HttpResponse:
    """Accounts by the sound of their names (人员)."""
    asked = request.GET.get("q", "").strip()[:40]
    people = rules.visible_to(actor_of(request)).order_by("pinyin", "pk")
    if asked:
        words = Q(name__contains=asked) | Q(username__startswith=asked.lower())
        people = people.filter(words | Q(pinyin__contains=asked.lower()))
    after = _after(request.GET.get("after", ""))
    if after:
        sound, number = after
        people = people.filter(Q(pinyin__gt=sound) | Q(pinyin=sound, pk__gt=number))
    found = list(people[: A_PAGE + 1])
    last = found[A_PAGE - 1] if len(found) > A_PAGE else None
    context = {"people": found[:A_PAGE], "asked": asked, "last": last, "is_first": not after}
    return render(request, "people/people.html", context)


@needs(SECURITY, Duty.AUDIT_ADMIN)
@require_safe
def person(request: SignedIn, number: int) -> HttpResponse:
    """One account: posts past and present, sessions, what may be done (人员详情)."""
    return _person_page(request, _person(request, number), SetPasswordForm())


@needs(SECURITY)
@require_http_methods(["GET", "HEAD", "POST"])
@answered_once
def new(request: SignedIn) -> HttpResponse:
    """A new account with a first password (建账号)."""
    form = NewPersonForm(posted(request))
    if form.is_valid():
        try:
            made = actions.create_person(actor=actor_of(request), **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("账号已建立，首次登录须改密码"))
            return redirect("account_person", made.pk)
    return render(request, "people/new.html", {"form": form}, status=422 if form.errors else 200)


@needs(SECURITY)
@require_POST
@answered_once
@proposing
def act(request: SignedIn, number: int, what: str) -> HttpResponse:
    """One of the things done with a single button."""
    if what not in ONE_CLICK:
        raise Http404
    action, said = ONE_CLICK[what]
    action(_person(request, number), actor=actor_of(request))
    messages.success(request, str(said))
    return redirect("account_person", number)


@needs(SECURITY)
@require_POST
@answered_once
@proposing
def password(request: SignedIn, number: int) -> HttpResponse:
    """A new password for somebody who forgot theirs (重设密码)."""
    found, form = _person(request, number), SetPasswordForm(request.POST)
    if form.is_valid():
        try:
            actions.set_password(found, form.cleaned_data["password"], actor=actor_of(request))
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("密码已重设，下次登录须改"))
            return redirect("account_person", number)
    return _person_page(request, found, form, status=422)


def _person(request: SignedIn, number: int) -> Person:
    return get_object_or_404(rules.visible_to(actor_of(request)), pk=number)


def _person_page(
    request: SignedIn, found: Person, form: SetPasswordForm, *, status: int = 200
) -> HttpResponse:
    actor: Actor = actor_of(request)
    held = found.appointments.select_related("post__unit", "acting_for")
    held = held.prefetch_related("post__duties__unit")
    unit = request.GET.get("unit", "").strip()[:40]
    context = {
        "person": found,
        "appointments": held.order_by("-starts_on", "-pk"),
        "current": set(
            Appointment.objects.not_over().filter(person=found).values_list("pk", flat=True)
        ),
        "sessions": [
            (session, device(session.user_agent))
            for session in UserSession.objects.filter(user=found).order_by("-last_seen_at")
        ],
        "second_factor": Authenticator.objects.filter(
            user=found, type__in=rules.SECOND_FACTORS
        ).exists(),
        "history": history(f"person:{found.pk}", leave_out=NOT_A_CHANGE),
        "may_act": actor.holds(SECURITY) and actor.id != found.pk,
        "unit": unit,
        "posts": _posts(unit) if unit else [],
        "form": form,
    }
    return render(request, "people/person.html", context, status=status)


def _posts(unit: str) -> list[Post]:
    words = Q(unit__name__contains=unit) | Q(unit__code=unit) | Q(unit__pinyin__contains=unit)
    posts = Post.objects.filter(words, unit__ended_on=None).select_related("unit")
    return list(posts.prefetch_related("duties").order_by("unit__pinyin", "pk")[:POSTS_FOUND])


def _after(mark: str) -> tuple[str, int] | None:
    """The sound and id of the last person shown, from "12~zhangwei zw"."""
    number, _tilde, sound = mark.partition("~")
    return (sound, int(number)) if number.isdecimal() and len(number) < 19 else None
