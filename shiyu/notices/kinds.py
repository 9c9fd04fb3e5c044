"""The kinds of notices and what each says, with named places for what it is about (通知类别).

Sentences are only ever filled by name from plain text: stored text is never a template.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from django.utils.translation import gettext, gettext_lazy

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

SENTENCES: dict[str, "StrPromise"] = {
    "dispatched": gettext_lazy("新任务 %(number)s：%(kind)s，%(place)s"),
    "recalled": gettext_lazy("%(number)s 已撤回，不用再办：%(kind)s，%(place)s"),
    "objected": gettext_lazy("%(number)s 单位提出派单异议：%(kind)s，%(place)s"),
    "reworked": gettext_lazy("%(number)s 核查未通过，退回返工：%(kind)s，%(place)s"),
    "extension_asked": gettext_lazy("%(number)s 申请延期，等您决定：%(kind)s，%(place)s"),
    "extension_decided": gettext_lazy("%(number)s 的延期申请有了决定：%(kind)s，%(place)s"),
    "suspension_asked": gettext_lazy("%(number)s 申请挂账，等您决定：%(kind)s，%(place)s"),
    "suspension_decided": gettext_lazy("%(number)s 的挂账申请有了决定：%(kind)s，%(place)s"),
    "reopened": gettext_lazy("%(number)s 已重办：%(kind)s，%(place)s"),
    "resumed": gettext_lazy("%(number)s 挂账已恢复，继续计时：%(kind)s，%(place)s"),
    "withdrawn": gettext_lazy("%(number)s 上报人已撤诉，不用再办：%(kind)s，%(place)s"),
    "voided": gettext_lazy("%(number)s 已作废，不用再办：%(kind)s，%(place)s"),
    "appeal_decided": gettext_lazy("%(number)s 的超期申诉有了决定：%(kind)s，%(place)s"),
    "urged": gettext_lazy("催办 %(number)s：%(kind)s，%(place)s"),
    "returned_to_desk": gettext_lazy("%(number)s 回到待派遣：%(kind)s，%(place)s"),
    "handled": gettext_lazy("%(number)s 已处置，等待核查：%(kind)s，%(place)s"),
    "verified": gettext_lazy("%(number)s 核查通过，等待结案：%(kind)s，%(place)s"),
    "escalated": gettext_lazy("下级上报 %(number)s：%(kind)s，%(place)s"),
    "child_done": gettext_lazy("%(number)s 的一件分解任务已办完：%(kind)s，%(place)s"),
    "due_soon": gettext_lazy("%(number)s 即将到期：%(kind)s，%(place)s"),
    "overdue": gettext_lazy("%(number)s 已超期：%(kind)s，%(place)s"),
    "void_asked": gettext_lazy("%(number)s 申请作废，等第二人确认：%(kind)s，%(place)s"),
    "check_asked": gettext_lazy("%(number)s 请到现场核查：%(kind)s，%(place)s"),
    "check_answered": gettext_lazy("%(number)s 现场核查有了结果：%(kind)s，%(place)s"),
    "appealed": gettext_lazy("%(number)s 申诉超期记录，等您决定：%(kind)s，%(place)s"),
}

pages: dict[str, Callable[[str], str]] = {}
"""Where a subject is looked at, by its kind; modules above add theirs when they start."""


class _Facts(dict[str, object]):
    """What a sentence is filled from; what is missing stays blank."""

    def __missing__(self, name: str) -> str:
        return ""


def sentence(kind: str, facts: Mapping[str, object]) -> str:
    """What a notice says, in the reader's language."""
    template = SENTENCES.get(kind)
    if template is None:
        return gettext("%(number)s 有新情况") % _Facts(facts)
    return str(template) % _Facts(facts)


def page_of(subject: str) -> str:
    """The address of the record a notice is about; empty when no page shows it."""
    kind, _, _rest = subject.partition(":")
    page = pages.get(kind)
    return page(subject) if page else ""
