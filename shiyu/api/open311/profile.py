"""Beyond the standard, in addresses of its own (扩展): history, updates, outcome, comments,
documents, webhooks. Described in docs/open311.md, announced in discovery.
"""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from shiyu.api.entry import Caller
from shiyu.api.open311.creating import WINDOW, name_of
from shiyu.api.open311.forms import Record, answer, when
from shiyu.api.open311.publishing import (
    CLOSED,
    OPEN,
    going_out,
    published,
    status_of,
    with_all,
)
from shiyu.api.open311.served import Asked, served
from shiyu.api.pictures import photo_behind, token_for
from shiyu.api.rules import told_within
from shiyu.cases import actions
from shiyu.cases.lifecycle import FINAL, MOVES, Outcome, Stage
from shiyu.cases.models import Case, Rating, Report
from shiyu.cases.story import lines_of
from shiyu.common.answered import body_hash
from shiyu.common.errors import NotAllowed, NotFound, Refused
from shiyu.common.once import Answer, once
from shiyu.files.models import Photo
from shiyu.files.views import show
from shiyu.journal.models import Line, Remark
from shiyu.notices import actions as notices
from shiyu.notices.events import EVENTS
from shiyu.notices.models import Subscription
from shiyu.notices.rules import subscriptions_of

TOLD = frozenset(
    {
        *("accept", "dismiss", "merge", "settle", "file", "escalate", "dispatch", "recall"),
        *("sign", "suspend", "resume", "handle", "rework", "verify", "close", "import_close"),
        *("reopen", "withdraw", "void", "hand_over"),
    }
)
"""Moves that anybody may know of. What units and desk ask of each other is theirs: objections,
extensions, applications, appeals, orders split; whoever must not know of a move need not guess."""
COMMENT_MOST = 2000
SALT = "open311 picture"


def comments(request: HttpRequest, ending: str | None = None, number: str = "") -> HttpResponse:
    """Comments of the system that reported: read them, add one."""
    view = _add_comment if request.method == "POST" else _comments
    return view(request, ending, number=number)


def webhooks(request: HttpRequest, ending: str | None = None) -> HttpResponse:
    """Subscriptions of this system: read them, add one."""
    view = _subscribe if request.method == "POST" else _subscriptions
    return view(request, ending)


@served("GET")
def history(asked: Asked, number: str) -> HttpResponse:
    """Every move of a case: when, which, to which status it led. No words, no persons."""
    case = _case(asked, number)
    found = [
        {"at": when(at), "move": verb, "title": title, "status": status, "unit": unit}
        for _id, at, verb, title, status, unit in _moves(case)
    ]
    record = {"service_request_id": case.number, "history": found}
    return answer(asked.form, "request_history", "", record)


@served("GET")
def updates(asked: Asked, number: str) -> HttpResponse:
    """The same moves in the shape that several servers use for updates of a request."""
    case = _case(asked, number)
    found = [
        {
            "update_id": str(pk),
            "service_request_id": case.number,
            "status": status,
            "updated_datetime": when(at),
            "description": title,
        }
        for pk, at, _verb, title, status, _unit in _moves(case)
    ]
    return answer(asked.form, "service_request_updates", "request_update", found)


@served("GET")
def outcome(asked: Asked, number: str) -> HttpResponse:
    """How a case ended, and what its reporters say of it."""
    case = _case(asked, number)
    ratings = Rating.objects.filter(report__case=case, round=case.round)
    record = {
        "service_request_id": case.number,
        "status": status_of(case),
        "outcome": case.outcome or None,
        "outcome_name": str(Outcome(case.outcome).label) if case.outcome else None,
        "closed_datetime": when(case.closed_at),
        "round": case.round,
        "reporters_say_solved": ratings.filter(solved=Rating.Solved.YES).count(),
        "reporters_say_unsolved": ratings.filter(solved=Rating.Solved.NO).count(),
    }
    return answer(asked.form, "request_outcome", "", record)


@served("GET", needs_key=True)
def documents(asked: Asked, number: str) -> HttpResponse:
    """Its own pictures of a case that this system reported, and of a closed one what was done,
    by addresses that open for a minute; others may have reported the same case."""
    case = _own(asked, number)
    mine = Q(added_by=_caller(asked).actor.ref)
    if case.stage == Stage.CLOSED:
        mine |= Q(role=Photo.Role.AFTER)
    shown = Photo.objects.filter(mine, subject=case.subject)
    found = [
        {
            "document_id": photo.public_id,
            "type": photo.role,
            "content_type": "image/jpeg",
            "added_datetime": when(photo.added_at),
            "url": asked.request.build_absolute_uri(_address_of(photo, _caller(asked).key_id)),
        }
        for photo in shown.order_by("id")
    ]
    return answer(asked.form, "request_documents", "document", found)


@served("GET", everywhere=True)
def picture(asked: Asked, token: str) -> HttpResponseBase:
    """A picture itself: its address is made for whoever reported the case, and ends soon."""
    photo = photo_behind(token, salt=SALT)
    return show(asked.request, photo, "full")


@served("GET", needs_key=True)
def _comments(asked: Asked, number: str) -> HttpResponse:
    case, actor = _own(asked, number), _caller(asked).actor
    remarks = Remark.objects.filter(subject=case.subject, author=actor.ref, erased_at__isnull=True)
    found = [
        {"comment_id": str(r.pk), "datetime": when(r.written_at), "description": r.text}
        for r in remarks.order_by("id")
    ]
    return answer(asked.form, "request_comments", "comment", found)


@served("POST", needs_key=True, cost=5)
def _add_comment(asked: Asked, number: str) -> HttpResponse:
    text, case = asked.text("description"), _own(asked, number)
    if not 0 < len(text) <= COMMENT_MOST:
        told = _("写明补充内容，最多 %(most)d 字") % {"most": COMMENT_MOST}
        raise Refused(told, field="description")

    def act() -> Answer:
        actions.remark(case, actor=_caller(asked).actor, reason=text)
        return Answer(201, {"service_request_id": case.number})

    return _once(asked, "open311.comments", act, "request_comments", "comment")


@served("GET", needs_key=True, everywhere=True)
def _subscriptions(asked: Asked) -> HttpResponse:
    kept = subscriptions_of(_caller(asked).actor).exclude(standing=Subscription.Standing.ENDED)
    found = [_subscription(row) for row in kept]
    return answer(asked.form, "webhooks", "webhook", found)


@served("POST", needs_key=True, everywhere=True, cost=5)
def _subscribe(asked: Asked) -> HttpResponse:
    """Have events of the places that this system may see sent to an address of its own."""
    caller = _caller(asked)
    places = told_within(caller.actor.held)
    if places is None:
        raise NotAllowed(_("订阅需要 cases:read 权限，且只在一个区域"))
    types = [part.strip() for part in asked.text("types").split(",") if part.strip()]
    secrets: list[str] = []

    def act() -> Answer:
        row, secret = notices.subscribe(
            asked.text("url"),
            types or list(EVENTS),
            name=asked.text("name") or caller.actor.name,
            actor=caller.actor,
            places=places,
        )
        secrets.append(secret)
        return Answer(201, _subscription(row))

    return _once(asked, "open311.webhooks", act, "webhooks", "webhook", more={"secret": secrets})


@served("DELETE", needs_key=True, everywhere=True)
def webhook(asked: Asked, ref: str) -> HttpResponse:
    """End a subscription."""
    actor = _caller(asked).actor
    row = subscriptions_of(actor).filter(pk=int(ref) if len(ref) < 18 else 0).first()
    if row is None:
        raise NotFound(_("没有这个订阅"))
    if row.standing != Subscription.Standing.ENDED:
        notices.unsubscribe(row, actor=actor)
    return answer(asked.form, "webhooks", "webhook", [])


def _once(
    asked: Asked,
    route: str,
    act: Any,
    root: str,
    each: str,
    *,
    more: Mapping[str, list[str]] | None = None,
) -> HttpResponse:
    """Carry a request out once; what `more` holds afterwards is told the first time alone."""
    body = body_hash(asked.request)
    key = name_of(asked.request)
    kept = once(
        client=_caller(asked).actor.ref,
        route=route,
        key=key or f"body {body}",
        body=body,
        within=None if key else WINDOW,
        act=act,
    )
    record = dict(kept.content) | {name: said[0] for name, said in (more or {}).items() if said}
    return answer(asked.form, root, each, [record], status=kept.status)


def _moves(case: Case) -> "list[tuple[int, Any, str, str, str, str | None]]":
    """The moves of a case that anybody may know of, with the status each led to."""
    found = []
    status = OPEN
    units = {part.unit_id: part.unit.name for part in case.assignments.select_related("unit")}
    for line in lines_of(case):
        if line.verb not in TOLD and line.verb != "report":
            continue
        move = MOVES.get(line.verb)
        if move is not None and move.target is not None:
            status = CLOSED if move.target in FINAL else OPEN
        title = str(move.title) if move is not None else _("上报")
        found.append((line.id, line.occurred_at, line.verb, title, status, _unit(line, units)))
    return found


def _unit(line: Line, units: Mapping[int, str]) -> str | None:
    """The unit a line is about; persons are not told."""
    about = line.facts.get("unit") or line.facts.get("lead")
    return units.get(about) if isinstance(about, int) else None


def _case(asked: Asked, number: str) -> Case:
    cases = with_all(published(asked.where, asked.caller)).filter(number=number)[:1]
    found = going_out(cases, asked.caller)
    if not found:
        raise NotFound(_("没有这个 service_request_id"), field="service_request_id")
    return found[0]


def _own(asked: Asked, number: str) -> Case:
    """A case that this system reported; any other does not exist for it."""
    reports = Report.objects.filter(source=_caller(asked).actor.ref, case__number=number)
    report = reports.select_related("case").first()
    if report is None:
        raise NotFound(_("没有这个 service_request_id"), field="service_request_id")
    return report.case


def _address_of(photo: Photo, key_id: int) -> str:
    token = token_for(photo, key_id=key_id, salt=SALT)
    return f"/open311/profile/v1/pictures/{token}"


def _caller(asked: Asked) -> Caller:
    if asked.caller is None:
        raise NotAllowed(_("需要 api_key"), field="api_key")
    return asked.caller


def _subscription(row: Subscription) -> Record:
    return {
        "webhook_id": str(row.pk),
        "url": row.url,
        "types": list(row.types),
        "standing": row.standing,
    }
