"""How a route of `/api/v1` is declared: its address, its audience, what it costs (接口登记).

Every answer goes out the same way: who asks is known and counted before anything is read, a
change is carried out once, and what is answered is exactly one of the declared shapes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from pydantic import BaseModel

from shiyu.api import problems
from shiyu.api.audience import Audience
from shiyu.api.entry import Caller, enter, throttle
from shiyu.api.models import Purpose
from shiyu.api.refusals import Invalid
from shiyu.api.repeats import carried_out_once
from shiyu.api.v1.reading import Json, check_body
from shiyu.api.v1.words import of_field, sentence
from shiyu.common import ready
from shiyu.common.errors import Refused
from shiyu.people.actors import Actor

BEARER = "Bearer "
SAFE = frozenset({"GET", "HEAD"})


class Called(HttpRequest):
    """A request whose caller is known."""

    caller: Caller


@dataclass(frozen=True, slots=True)
class Route:
    """One route as it is declared.

    cost    what it takes from the quota.
    upload  it reads a form with a file instead of JSON.
    as_one  it writes all at its end and reads none of it (common/once.py `whole`).
    """

    method: str
    path: str
    name: str
    audience: Audience
    cost: int
    answers: dict[int, type[BaseModel] | None]
    known: frozenset[str] = frozenset()
    upload: bool = False
    as_one: bool = False

    @property
    def changes(self) -> bool:
        return self.method not in SAFE


@dataclass(slots=True)
class Given:
    """An answer with another status than 200, or with headers of its own."""

    body: BaseModel | None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Entry:
    """What stands before a route that needs a key."""

    def __init__(self, route: Route) -> None:
        self.route = route

    def __call__(self, request: HttpRequest) -> Any:
        said = request.headers.get("Authorization", "")
        text = said[len(BEARER) :] if said[: len(BEARER)].lower() == BEARER.lower() else ""
        caller = enter(request, text, purpose=Purpose.API, cost=self.route.cost)
        self.route.audience.admit(caller.actor)
        request.caller = caller  # type: ignore[attr-defined]
        _check(request, self.route)
        return caller


class Stranger:
    """What stands before a route that needs no key."""

    def __init__(self, route: Route) -> None:
        self.route = route

    def __call__(self, request: HttpRequest) -> bool:
        throttle(request, cost=self.route.cost)
        _check(request, self.route)
        return True


api = NinjaAPI(
    title="市域接口",
    version="1",
    urls_namespace="v1",
    docs_url=None,
    openapi_url=None,
    parser=Json(),
)
ROUTES: dict[str, Route] = {}
"""Every route by the name of its operation."""

View = Callable[..., Any]


def route(
    method: str,
    path: str,
    *,
    audience: Audience,
    answer: type[BaseModel] | dict[int, type[BaseModel] | None],
    name: str = "",
    cost: int = 1,
    query: tuple[str, ...] = (),
    upload: bool = False,
    as_one: bool = False,
    tag: str = "",
    summary: str = "",
    description: str = "",
) -> Callable[[View], View]:
    """Declare a route; a view returns one of the declared shapes, or `Given` with one.

    query  names that may stand in the address; any other is refused, so that a misspelt filter
           is not taken for none.
    """

    def declare(view: View) -> View:
        answers: dict[int, type[BaseModel] | None]
        answers = answer if isinstance(answer, dict) else {200: answer}
        called = name or view.__name__
        known = Route(
            *(method, path, called, audience, cost, answers, frozenset(query), upload, as_one)
        )
        if known.name in ROUTES:
            raise ValueError(f"two routes are called {known.name}")
        ROUTES[known.name] = known
        api.api_operation(
            [method],
            path,
            auth=Entry(known) if audience.with_key else Stranger(known),
            response=dict(answers),
            operation_id=known.name,
            url_name=known.name,
            summary=summary or None,
            description=description or None,
            tags=[tag] if tag else None,
        )(_answering(known, view))
        return view

    return declare


def actor_of(request: HttpRequest) -> Actor:
    """Who calls, as `visible_to` and the actions know them."""
    return caller_of(request).actor


def caller_of(request: HttpRequest) -> Caller:
    """Who calls, by which key, and when."""
    caller: Caller = request.caller  # type: ignore[attr-defined]
    return caller


def _check(request: HttpRequest, route: Route) -> None:
    """What can be said of a request before its body is read."""
    if strange := sorted(set(request.GET) - route.known):
        raise Invalid(
            sentence("unknown_query"), fields=[(n[:60], sentence("unknown_query")) for n in strange]
        )
    if route.changes:
        check_body(request, is_upload=route.upload)


def _answering(route: Route, view: View) -> View:
    @wraps(view)
    def answering(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        def act() -> HttpResponse:
            return cast(HttpResponse, _written(route, view(request, *args, **kwargs)))

        if not route.changes:
            return _written(route, view(request, *args, **kwargs))
        where, caller = f"v1 {request.method} {request.path_info}", caller_of(request)
        with ready.as_of(caller.standing if route.as_one else None):
            return carried_out_once(
                request, actor=caller.actor, route=where, act=act, as_one=route.as_one
            )

    return answering


def _written(route: Route, result: Any) -> HttpResponseBase:
    """An answer of a declared shape as it goes out: nothing beyond its fields can leak."""
    if isinstance(result, HttpResponseBase):
        return result
    given = result if isinstance(result, Given) else Given(result, next(iter(route.answers)))
    shape = route.answers[given.status]
    if given.body is None or shape is None:
        return HttpResponse(status=given.status, headers=given.headers)
    if type(given.body) is not shape:
        raise TypeError(f"{route.name} answers {shape.__name__}, not {type(given.body).__name__}")
    body = given.body.model_dump_json()
    response = HttpResponse(body, status=given.status, content_type="application/json")
    for header, value in given.headers.items():
        response[header] = value
    return response


def _wrong(request: HttpRequest, error: Any) -> HttpResponse:
    """Translate refusals once; what is not ours to answer goes on to the last door."""
    if isinstance(error, HttpError) and isinstance(error.__cause__, Refused):
        error = error.__cause__
    if isinstance(error, ValidationError):
        fields = [(of_field(e), sentence(e["type"], e.get("ctx"))) for e in error.errors]
        error = Invalid(sentence("invalid"), fields=fields)
    found = problems.of_error(request, error)
    if found is None:
        raise error
    return found


for _kind in (Exception, HttpError, ValidationError, Http404):
    api.add_exception_handler(_kind, _wrong)
