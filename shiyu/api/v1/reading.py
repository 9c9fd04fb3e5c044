"""Reading what a client sends: JSON, small, flat enough, each name once (读取请求)."""

import json
from typing import Any, NoReturn, cast

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.parser import Parser
from ninja.types import DictStrAny

from shiyu.api.refusals import TooLarge, Unreadable, WrongType

BODY_MOST = 128 * 1024
DEPTH_MOST = 12


class Json(Parser):
    """JSON as strictly as it is written: what is read twice differently is refused."""

    def parse_body(self, request: HttpRequest) -> DictStrAny:
        return cast(DictStrAny, read_json(request))


def check_body(request: HttpRequest, *, is_upload: bool) -> None:
    """Refuse a body of another type or size, before any of it is read.

    Raises  TooLarge (413), WrongType (415).
    """
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit():
        raise Unreadable(_("Content-Length 不是数字"))
    if is_upload:
        if request.content_type != "multipart/form-data":
            raise WrongType(_("这里只收 multipart/form-data"))
        return
    if int(length) > BODY_MOST:
        raise TooLarge(_("内容最多 %(most)d KB") % {"most": BODY_MOST // 1024})
    if int(length) and request.content_type != "application/json":
        raise WrongType(_("这里只收 application/json"))


def read_json(request: HttpRequest) -> Any:
    """The body's JSON.

    Raises  Unreadable: not UTF-8, not JSON, a name twice, too deep, signs that no text holds.
    """
    try:
        text = request.body.decode("utf-8")
        _not_too_deep(text)
        said = json.loads(text, object_pairs_hook=_each_once, parse_constant=_no_constant)
        if "\\u" in text:
            json.dumps(said, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise Unreadable(_("内容不是有效的 JSON（UTF-8）")) from error
    if "\\u0000" in text:
        raise Unreadable(_("文字里不能有空字符（NUL）"))
    return said


def _not_too_deep(text: str) -> None:
    """Count brackets, also those inside texts: nothing that is asked for comes near."""
    depth = deepest = 0
    for sign in text:
        if sign in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif sign in "]}":
            depth -= 1
    if deepest > DEPTH_MOST and _really_deep(text):
        raise Unreadable(_("JSON 最多嵌套 %(most)d 层") % {"most": DEPTH_MOST})


def _really_deep(text: str) -> bool:
    """The same without what stands inside texts."""
    depth = 0
    inside = escaped = False
    for sign in text:
        if inside:
            inside = escaped or sign != '"'
            escaped = sign == "\\" and not escaped
        elif sign == '"':
            inside = True
        elif sign in "[{":
            depth += 1
            if depth > DEPTH_MOST:
                return True
        elif sign in "]}":
            depth -= 1
    return False


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unreadable(_("字段“%(name)s”写了两次") % {"name": twice[:40]})
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
