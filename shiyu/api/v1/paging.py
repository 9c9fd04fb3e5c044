"""Pages of a list that do not shift while others add to it (游标分页).

A cursor names the last row that was given and the filters it was asked with; it is signed, so
that nobody reckons on what is inside.
"""

import hashlib
import json
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from django.core import signing
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query
from pydantic import BaseModel

from shiyu.api.refusals import Invalid
from shiyu.api.v1.routes import Given
from shiyu.api.v1.words import sentence

R = TypeVar("R", bound=Model)
MOST = 100
USUAL = 20
SALT = "v1 page"
PAGE = ("limit", "cursor")

Limit = Annotated[int, Query(ge=1, le=MOST, description="一页几条")]
Cursor = Annotated[
    str | None, Query(max_length=300, description="上一页答复里的 next；其他条件须与上一页相同")
]


def after(request: HttpRequest, cursor: str | None) -> Any:
    """The last row's key that a cursor names; None for the first page.

    Raises  Invalid: not one of ours, or asked with other filters.
    """
    if not cursor:
        return None
    try:
        filters, last = signing.loads(cursor, salt=SALT)
    except (signing.BadSignature, ValueError) as error:
        raise _strange() from error
    if filters != _filters(request):
        raise _strange()
    return last


def cut(
    request: HttpRequest, rows: QuerySet[R], cursor: str | None, limit: int, *, by: str
) -> tuple[list[R], Any]:
    """The rows after a cursor, in the order of the column `by`, at most one more than the limit.

    Gives them and the key of the last row of the page; None where it is the last page.
    """
    last = after(request, cursor)
    found = list((rows.filter(**{f"{by}__gt": last}) if last else rows)[: limit + 1])
    return found, getattr(found[limit - 1], by) if len(found) > limit else None


def page(
    request: HttpRequest, shape: type[BaseModel], items: list[Any], *, limit: int, last: Any
) -> Given:
    """One page; `items` may hold one row more than the limit, which tells that there is a next.

    last  the key of the last row that is given.
    """
    cursor, link = following(request, last)
    return Given(shape.model_validate({"items": items[:limit], "next": cursor}), headers=link)


def following(request: HttpRequest, last: Any) -> tuple[str | None, dict[str, str]]:
    """Where the next page begins, and the header that says so; nothing after the last page."""
    if last is None:
        return None, {}
    cursor = signing.dumps([_filters(request), last], salt=SALT)
    asked = {**request.GET.dict(), "cursor": cursor}
    return cursor, {"Link": f'<{request.path}?{urlencode(asked)}>; rel="next"'}


def _filters(request: HttpRequest) -> str:
    asked = {name: value for name, value in request.GET.items() if name not in PAGE}
    said = json.dumps([request.path, sorted(asked.items())], ensure_ascii=True)
    return hashlib.sha256(said.encode()).hexdigest()[:12]


def _strange() -> Invalid:
    text = _("cursor 不是上一页给出的，或其他条件与上一页不同")
    return Invalid(sentence("invalid"), fields=[("cursor", text)])
