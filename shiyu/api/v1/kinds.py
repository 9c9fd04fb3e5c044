"""The kinds of cases and when a case of them is filed (案件类别与立案标准)."""

from datetime import date
from typing import Annotated

from django.db.models import Prefetch
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query

from shiyu.api.audience import ANY_KEY
from shiyu.api.v1 import paging
from shiyu.api.v1.paging import PAGE, USUAL, Cursor, Limit
from shiyu.api.v1.routes import Given, route
from shiyu.api.v1.shapes import Out
from shiyu.api.v1.texts import CodeInPath
from shiyu.catalogue.models import Kind, Standard
from shiyu.catalogue.rules import kinds_in_use
from shiyu.common.errors import NotFound


class StandardOut(Out):
    """One condition under which a case of this kind is filed (立案标准)."""

    id: int
    ordinal: int
    version: int
    filing_condition: str
    closing_condition: str
    handling: str
    evidence: list[str]
    legal_basis: str
    valid_from: date
    valid_until: date | None


class KindWhole(Out):
    """A kind of case with its conditions in force today."""

    code: str
    name: str
    category: str
    major_code: str
    major_name: str
    in_grid: bool
    settles: bool
    for_public: bool
    standards: list[StandardOut]


class KindPage(Out):
    """Kinds by code."""

    items: list[KindWhole]
    next: str | None


@route(
    "GET",
    "/kinds",
    audience=ANY_KEY,
    answer=KindPage,
    name="list_kinds",
    query=(*PAGE, "category"),
    tag="city",
    summary="案件类别",
)
def list_kinds(
    request: HttpRequest,
    category: Annotated[Kind.Category | None, Query()] = None,
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Given:
    """Kinds in use, with the conditions under which a case of them is filed today."""
    rows = kinds_in_use().order_by("code").prefetch_related(_in_force())
    if category is not None:
        rows = rows.filter(category=category)
    found, last = paging.cut(request, rows, cursor, limit, by="code")
    return paging.page(request, KindPage, [_kind(k) for k in found], limit=limit, last=last)


@route("GET", "/kinds/{code}", audience=ANY_KEY, answer=KindWhole, tag="city", summary="一个类别")
def get_kind(request: HttpRequest, code: CodeInPath) -> KindWhole:
    """One kind, also one that is no longer in use."""
    found = Kind.objects.filter(code=code).prefetch_related(_in_force()).first()
    if found is None:
        raise NotFound(_("没有代码为“%(code)s”的记录") % {"code": code})
    return _kind(found)


def _in_force() -> Prefetch:
    today = timezone.localdate()
    standards = Standard.objects.valid_on(today).order_by("ordinal")
    return Prefetch("standards", queryset=standards)


def _kind(kind: Kind) -> KindWhole:
    return KindWhole(
        code=kind.code,
        name=kind.name,
        category=kind.category,
        major_code=kind.major_code,
        major_name=kind.major_name,
        in_grid=kind.in_grid,
        settles=kind.settles,
        for_public=kind.for_public,
        standards=[_standard(standard) for standard in kind.standards.all()],
    )


def _standard(standard: Standard) -> StandardOut:
    return StandardOut(
        id=standard.pk,
        ordinal=standard.ordinal,
        version=standard.version,
        filing_condition=standard.filing_condition,
        closing_condition=standard.closing_condition,
        handling=standard.handling,
        evidence=list(standard.evidence),
        legal_basis=standard.legal_basis,
        valid_from=standard.valid_from,
        valid_until=standard.valid_until,
    )
