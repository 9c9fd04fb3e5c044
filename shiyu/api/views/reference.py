"""The reference of `/api/v1`, made from its OpenAPI document (接口说明)."""

import json
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from shiyu.api.v1.document import TAGS, whole

REF = "#/components/schemas/"
EXAMPLE_NUMBER = "KF20261122000001"
EXAMPLES: dict[str, Any] = {
    "report": {"text": "井盖破了一个大洞", "lon": 114.307, "lat": 34.797, "ref": "A-2026-001"},
    "move_dismiss": {"reason": "不属城市管理", "instead": "市住建局 0371-0000000"},
    "move_merge": {"into": EXAMPLE_NUMBER},
    "move_file": {"kind": "0201"},
    "move_dispatch": {"lead": "机构代码"},
    "move_close": {"outcome": "fixed"},
    "move_suspend": {"until": "2027-03-01", "reason": "等待占道许可"},
    "move_extend": {"unit": "机构代码"},
    "move_exempt": {"unit": "机构代码"},
    "move_check_done": {"found": True, "reason": "属实"},
    "move_handle": {"reason": "已更换井盖", "photos": []},
}
CODES: dict[str, tuple[int, str | Promise]] = {
    "unreadable": (400, gettext_lazy("内容读不懂：不是 UTF-8 的 JSON、嵌套太深、字段写了两次")),
    "idempotency_key_missing": (400, gettext_lazy("会改变数据的请求没有 Idempotency-Key")),
    "key_in_address": (400, gettext_lazy("密钥写在了网址里；请尽快更换这把密钥")),
    "no_key": (401, gettext_lazy("没有密钥，或密钥不正确")),
    "key_expired": (401, gettext_lazy("密钥已过有效期")),
    "key_revoked": (401, gettext_lazy("密钥已吊销")),
    "wrong_purpose": (403, gettext_lazy("密钥用于另一个接口")),
    "not_allowed": (403, gettext_lazy("密钥没有这项权限，或案件规则不许")),
    "not_found": (404, gettext_lazy("没有这个地址或记录，或这把密钥看不到它")),
    "no_such_method": (405, gettext_lazy("地址不支持这种方法")),
    "out_of_order": (409, gettext_lazy("案件现在的阶段不能这样办")),
    "in_progress": (409, gettext_lazy("同一份请求正在办理")),
    "version_changed": (412, gettext_lazy("If-Match 的版本已变，请重新读取")),
    "too_large": (413, gettext_lazy("内容过大")),
    "wrong_content_type": (415, gettext_lazy("内容类型不是要的那种")),
    "invalid": (422, gettext_lazy("字段不符合要求，errors 里逐项说明")),
    "refused": (422, gettext_lazy("规则不许，detail 说明为什么")),
    "key_reused": (422, gettext_lazy("同一个 Idempotency-Key 用于了另一份内容")),
    "too_many_requests": (429, gettext_lazy("超出额度，等 Retry-After 秒")),
    "server_error": (500, gettext_lazy("系统出错；请报请求编号")),
    "unavailable": (503, gettext_lazy("暂时无法访问数据库，没有保存；稍后重试")),
}
"""Every code that an answer may carry."""


@dataclass(frozen=True, slots=True)
class FieldShown:
    """One field or parameter."""

    name: str
    type: str
    needed: bool
    says: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One route as the reference tells of it."""

    name: str
    method: str
    path: str
    summary: str
    says: str
    cost: int
    audience: str
    takes: list[FieldShown]
    gives: list[FieldShown]
    curl: str
    body: str


@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    """Every route with what it takes and gives, by example; a call can be tried on the page."""
    said = whole()
    groups = [(name, _(title), _routes(said, name)) for name, title in TAGS.items()]
    codes = [(code, status, text) for code, (status, text) in CODES.items()]
    origin = f"{request.scheme}://{request.get_host()}"
    context = {"groups": groups, "codes": codes, "origin": origin}
    return render(request, "api/reference.html", context)


def _routes(said: dict[str, Any], tag: str) -> list[Shown]:
    found = [
        (path, method, operation)
        for path, methods in said["paths"].items()
        for method, operation in methods.items()
        if tag in operation.get("tags", ())
    ]
    return [_shown(said, path, method.upper(), operation) for path, method, operation in found]


def _shown(said: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> Shown:
    name = operation["operationId"]
    body = EXAMPLES.get(name)
    takes = [_parameter(p) for p in operation.get("parameters", ())]
    sent = operation.get("requestBody", {}).get("content", {})
    if "application/json" in sent:
        takes += _fields(said, sent["application/json"]["schema"])
        body = body if body is not None else _least(takes)
    gives = next(iter(operation["responses"].values())).get("content", {})
    shape = gives.get("application/json", {}).get("schema", {})
    return Shown(
        name=name,
        method=method,
        path=path,
        summary=_(operation["summary"]),
        says=operation.get("description", ""),
        cost=operation["x-cost"],
        audience=operation["x-audience"],
        takes=takes,
        gives=_fields(said, shape),
        curl=_curl(method, path, body, keyed=bool(operation["security"])),
        body=json.dumps(body, ensure_ascii=False) if body is not None else "",
    )


def _least(takes: list[FieldShown]) -> dict[str, Any]:
    return {"reason": "写明理由"} if any(t.name == "reason" and t.needed for t in takes) else {}


def _parameter(parameter: dict[str, Any]) -> FieldShown:
    where = {"header": _("请求头"), "path": _("地址")}.get(parameter["in"], _("查询"))
    kind = f"{where} · {_type(parameter['schema'])}"
    says = parameter.get("description", "")
    return FieldShown(parameter["name"], kind, parameter.get("required", False), says)


def _fields(said: dict[str, Any], shape: dict[str, Any]) -> list[FieldShown]:
    named = shape.get("$ref", "")
    known = said["components"]["schemas"].get(named.removeprefix(REF), shape)
    needed = set(known.get("required", ()))
    return [
        FieldShown(name, _type(field), name in needed, field.get("description", ""))
        for name, field in known.get("properties", {}).items()
    ]


def _type(field: dict[str, Any]) -> str:
    """A field's type in a few words."""
    if "$ref" in field:
        return str(field["$ref"]).removeprefix(REF)
    if "anyOf" in field:
        return " | ".join(_type(one) for one in field["anyOf"])
    if "enum" in field:
        return " | ".join(str(value) for value in field["enum"])
    if field.get("type") == "array":
        return f"[{_type(field.get('items', {}))}]"
    return str(field.get("format") or field.get("type", "any"))


def _curl(method: str, path: str, body: Any, *, keyed: bool) -> str:
    """The route as one calls it from a shell."""
    lines = [f"curl -X {method}" if method != "GET" else "curl"]
    if keyed:
        lines.append('  -H "Authorization: Bearer $KEY"')
    if method != "GET":
        lines.append('  -H "Idempotency-Key: $(uuidgen)"')
    if body is not None:
        lines.append('  -H "Content-Type: application/json"')
        lines.append(f"  -d '{json.dumps(body, ensure_ascii=False)}'")
    if path.endswith("/photos") and method == "POST":
        lines.append("  -F photo=@photo.jpg")
    where = path.replace("{number}", EXAMPLE_NUMBER).replace("{code}", "410204")
    lines.append(f'  "$CITY{where}"')
    return " \\\n".join(lines)
