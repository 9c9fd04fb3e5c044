"""The OpenAPI document of `/api/v1`, made from the routes as they are declared (接口描述)."""

import json
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from pydantic import BaseModel

from shiyu.api.audience import ANYBODY, Audience
from shiyu.api.repeats import HEADER
from shiyu.api.v1.routes import ROUTES, Route, api, route

TAGS = {
    "key": "密钥",
    "cases": "上报与案件",
    "moves": "办理",
    "batches": "批量",
    "photos": "照片",
    "city": "城市基础数据",
}
DESCRIPTION = (
    "另一个系统上报案件、查看案件、办理案件的接口。请求头 Authorization: Bearer 密钥；"
    "会改变数据的请求另须带 Idempotency-Key。用法见 /api/。"
)
KEY = {"type": "http", "scheme": "bearer"}
USUAL = (400, 401, 403, 404, 405, 429, 503)
OF_A_CHANGE = (409, 412, 413, 415, 422)


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    field: str
    detail: str


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    errors: list[FieldProblem] | None = None


@route(
    "GET",
    "/openapi.json",
    audience=ANYBODY,
    answer={200: None},
    name="openapi",
    tag="key",
    summary="本接口的 OpenAPI 描述",
)
def openapi(request: HttpRequest) -> HttpResponse:
    """This document."""
    response = HttpResponse(_text(), content_type="application/json")
    response["Cache-Control"] = "public, max-age=300"
    return response


@cache
def whole() -> dict[str, Any]:
    """The document as data, made once; only to be read."""
    made: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/")))
    made["info"] |= {"description": DESCRIPTION}
    made["servers"] = [{"url": "/"}]
    made.setdefault("components", {})["securitySchemes"] = {"key": KEY}
    made["tags"] = [{"name": name, "description": text} for name, text in TAGS.items()]
    shapes = made.setdefault("components", {}).setdefault("schemas", {})
    for shape in (Problem, FieldProblem):
        shapes[shape.__name__] = shape.model_json_schema(
            ref_template="#/components/schemas/{model}"
        )
        shapes[shape.__name__].pop("$defs", None)
    by_id = {
        operation["operationId"]: operation
        for path in made["paths"].values()
        for operation in path.values()
    }
    for known in ROUTES.values():
        _complete(by_id[known.name], known)
    return made


@cache
def _text() -> str:
    return json.dumps(whole(), ensure_ascii=False)


def _complete(operation: dict[str, Any], known: Route) -> None:
    """What every route has beside its own shapes: how it fails, what headers it takes."""
    said = {"description": "Problem", "content": _problem()}
    for status in (*USUAL, *(OF_A_CHANGE if known.changes else (422,))):
        if status in {401, 403} and known.audience is ANYBODY:
            continue
        operation["responses"].setdefault(str(status), said)
    if known.changes:
        operation.setdefault("parameters", []).extend(_headers(known))
    operation["security"] = [{"key": []}] if known.audience.with_key else []
    operation["x-audience"] = audience_of(known.audience)
    operation["x-cost"] = known.cost
    if known.name == "show_photo":
        operation["responses"]["200"] = {"description": "OK", "content": {"image/jpeg": {}}}
    if known.name == "openapi":
        shape = {"application/json": {"schema": {"type": "object"}}}
        operation["responses"]["200"] = {"description": "OK", "content": shape}


def audience_of(audience: Audience) -> str:
    """For whom a route is, in one word."""
    if not audience.with_key:
        return "anybody"
    return " ".join(sorted(audience.duties)) or "any key"


def _problem() -> dict[str, Any]:
    return {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def _headers(known: Route) -> list[dict[str, Any]]:
    named = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"}
    found: list[dict[str, Any]] = [
        {"name": HEADER, "in": "header", "required": True, "schema": named}
    ]
    if known.name.startswith("move_"):
        version = {"type": "string", "pattern": '^"[0-9]{1,9}"$'}
        found.append({"name": "If-Match", "in": "header", "required": False, "schema": version})
    return found
