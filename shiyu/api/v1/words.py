"""What is wrong with a field, in the reader's language (字段出错的说法)."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

OUTER = frozenset({"body", "query", "path", "header", "form", "file", "data"})

SENTENCES = {
    "invalid": later("有字段填写不符合要求"),
    "unknown_query": later("没有这个查询参数"),
    "missing": later("必填"),
    "extra_forbidden": later("没有这个字段"),
    "string_type": later("应是文字"),
    "string_too_short": later("至少 %(min_length)s 字"),
    "string_too_long": later("最多 %(max_length)s 字"),
    "string_pattern_mismatch": later("格式不对"),
    "enum": later("只能是 %(expected)s"),
    "literal_error": later("只能是 %(expected)s"),
    "int_type": later("应是整数"),
    "int_parsing": later("应是整数"),
    "int_from_float": later("应是整数"),
    "float_type": later("应是数字"),
    "float_parsing": later("应是数字"),
    "finite_number": later("应是数字"),
    "bool_type": later("应是 true 或 false"),
    "bool_parsing": later("应是 true 或 false"),
    "greater_than_equal": later("不能小于 %(ge)s"),
    "less_than_equal": later("不能大于 %(le)s"),
    "too_long": later("最多 %(max_length)s 项"),
    "too_short": later("至少 %(min_length)s 项"),
    "list_type": later("应是列表"),
    "model_type": later("应是对象"),
    "model_attributes_type": later("应是对象"),
    "dict_type": later("应是对象"),
    "timezone_aware": later("时间须带时区，如 2026-11-22T08:00:00+08:00"),
}
TIMES = ("datetime", "date", "time")


def sentence(kind: str, about: Mapping[str, Any] | None = None) -> str:
    """One sentence for one kind of error."""
    known = SENTENCES.get(kind)
    if known is None:
        if kind.startswith(TIMES):
            return _("应是 ISO 8601 的日期或时间")
        return _("填写不符合要求")
    text = str(known)
    try:
        return text % dict(about or {}) if "%(" in text else text
    except KeyError:
        return _("填写不符合要求")


def of_field(error: Mapping[str, Any]) -> str:
    """The name of the field an error is about, e.g. parts.0.text."""
    where = [str(part) for part in error.get("loc", ())]
    while where and where[0] in OUTER:
        where.pop(0)
    return ".".join(where)[:120] or "body"
