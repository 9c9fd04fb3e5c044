"""Keys of other systems, kept by the system administrator (接口密钥)."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shiyu.api import actions, rules
from shiyu.api.forms import AdmitForm, RegrantForm, RevokeForm
from shiyu.api.listing import listed, scopes_of
from shiyu.api.models import Client, Key
from shiyu.common.answered import TOKEN_FIELD, answered_once, body_hash, client_of
from shiyu.common.errors import Refused
from shiyu.common.once import Answer, once
from shiyu.common.posted import posted
from shiyu.people.duties import Duty
from shiyu.people.web import SignedIn, actor_of, needs

SYSTEM, AUDIT = Duty.SYSTEM_ADMIN, Duty.AUDIT_ADMIN

Made = tuple[Key, str]


@needs(SYSTEM, AUDIT)
@require_safe
def listing(request: SignedIn) -> HttpResponse:
    """All keys: of whom, what for, until when, last used (接口密钥)."""
    everything = request.GET.get("all") == "1"
    clients = rules.visible_to(actor_of(request))
    rows = listed(everything=everything, clients=clients)
    context = {"rows": rows, "everything": everything, "keeps": actor_of(request).holds(SYSTEM)}
    return render(request, "api/keys.html", context)


@needs(SYSTEM)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: SignedIn) -> HttpResponse:
    """Let another system in; its key is shown in the answer and never again."""
    form = AdmitForm(posted(request))
    if form.is_valid():
        said = form.cleaned_data

        def make() -> Made:
            actor = actor_of(request)
            client = actions.admit(
                said["name"],
                purpose=said["purpose"],
                scopes=form.scopes(),
                unit=said["unit"],
                per_minute=said["per_minute"],
                actor=actor,
            )
            return actions.issue(client, expires_at=form.expires_at(), actor=actor)

        try:
            return _shown_once(request, "new", make)
        except Refused as refusal:
            form.refuse(refusal)
    status = 422 if form.errors else 200
    return render(request, "api/new.html", {"form": form}, status=status)


@needs(SYSTEM, AUDIT)
@require_safe
def client(request: SignedIn, number: int) -> HttpResponse:
    """One system: what it may do, its keys (接入系统)."""
    return _client(request, _of(request, number))


@needs(SYSTEM)
@require_POST
@answered_once
def regrant(request: SignedIn, number: int) -> HttpResponse:
    """Give a system other grants or another quota."""
    found = _of(request, number)
    form = RegrantForm(request.POST)
    if form.is_valid():
        try:
            actions.regrant(found, actor=actor_of(request), **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("授权已变更，从它的下一次请求起算"))
            return redirect("api:client", found.pk)
    return _client(request, found, regrant=form, status=422)


@needs(SYSTEM)
@require_POST
def rotate(request: SignedIn, number: int) -> HttpResponse:
    """A new key for a system; the old ones go on for a week."""
    found = _of(request, number)
    return _shown_once(
        request, "rotate", lambda: actions.rotate(found, actor=actor_of(request)), found
    )


@needs(SYSTEM)
@require_POST
@answered_once
def revoke(request: SignedIn, number: int, visible: str) -> HttpResponse:
    """Take one key back."""
    found = _of(request, number)
    key = get_object_or_404(Key, client=found, visible=visible)
    form = RevokeForm(request.POST)
    if form.is_valid():
        try:
            actions.revoke(key, why=form.cleaned_data["why"], actor=actor_of(request))
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("密钥 %(key)s 已吊销") % {"key": visible})
            return redirect("api:client", found.pk)
    return _client(request, found, revoke=form, revoking=visible, status=422)


def _shown_once(
    request: SignedIn, what: str, make: Callable[[], Made], of: Client | None = None
) -> HttpResponse:
    """The page with the new key. What is kept for a form sent twice does not hold it."""
    made: list[Made] = []

    def act() -> Answer:
        made.append(make())
        return Answer(200, {"client": made[0][0].client_id})

    token = request.POST.get(TOKEN_FIELD, "")
    body = body_hash(request)
    answer = once(
        client=client_of(request),
        route=f"api:{what} {of.pk if of else ''}",
        key=token[:200] or f"body {body}",
        body=body,
        act=act,
    )
    if not made:
        messages.info(request, _("这份表单已经办过，密钥只显示一次。没记下的话，轮换一把新的"))
        return redirect("api:client", answer.content["client"])
    key, text = made[0]
    response = render(request, "api/shown.html", {"key": key, "text": text})
    response["Cache-Control"] = "no-store"
    return response


def _of(request: SignedIn, number: int) -> Client:
    seen = rules.visible_to(actor_of(request)).select_related("unit")
    return get_object_or_404(seen, pk=number)


def _client(
    request: SignedIn,
    found: Client,
    *,
    regrant: RegrantForm | None = None,
    revoke: RevokeForm | None = None,
    revoking: str = "",
    status: int = 200,
) -> HttpResponse:
    scopes = scopes_of({found.pk}).get(found.pk, ())
    first = {"scopes": "\n".join(scopes), "per_minute": found.per_minute}
    context = {
        "client": found,
        "scopes": scopes,
        "rows": listed(everything=True, clients=Client.objects.filter(pk=found.pk)),
        "form": regrant or RegrantForm(initial=first),
        "revoke": revoke or RevokeForm(),
        "revoking": revoking,
        "keeps": actor_of(request).holds(SYSTEM),
        "overlap": actions.OVERLAP.days,
    }
    return render(request, "api/client.html", context, status=status)
