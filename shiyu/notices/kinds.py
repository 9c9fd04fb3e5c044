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
    "report_closed": gettext_lazy("您上报的 %(number)s 已结案：%(kind)s，%(place)s"),
    "report_ended": gettext_lazy("您上报的 %(number)s 有了结果，不再办理：%(kind)s，%(place)s"),
    "report_reopened": gettext_lazy("您上报的 %(number)s 已重新办理：%(kind)s，%(place)s"),
    "export_asked": gettext_lazy("一份导出等您批准：%(queue)s，%(count)s 行"),
    "export_decided": gettext_lazy("您申请的导出有了决定：%(queue)s，%(count)s 行"),
    "export_failed": gettext_lazy("您申请的导出没有生成：%(queue)s，%(count)s 行"),
    "batch_stopped": gettext_lazy(
        "批量%(move)s中断了：共 %(count)s 件，还有 %(left)s 件没办，可以继续办理"
    ),
    "handed_over": gettext_lazy("%(unit)s机构变更，%(count)s 件在办案件由您单位承接"),
    "standard_objected": gettext_lazy(
        "%(unit)s对“%(kind)s”立案条件 %(ordinal)s 提出异议，等您答复"
    ),
    "standard_answered": gettext_lazy("您单位对“%(kind)s”立案条件 %(ordinal)s 的异议有了答复"),
    "export_limits": gettext_lazy("导出限额已改：一次最多 %(most)s 行，%(alone)s 行以内无须批准"),
    "second_asked": gettext_lazy("等您批准：%(what)s"),
    "second_decided": gettext_lazy("您提出的“%(what)s”有了决定"),
    "channel_down": gettext_lazy("发送接口“%(name)s”连续失败，已暂停尝试"),
    "canary_lost": gettext_lazy("自检没有走完，停在“%(step)s”，请值班人员查看"),
    "subscription_paused": gettext_lazy("订阅“%(name)s”已暂停：积压太多，或对方已停用"),
}

OUTSIDE: dict[str, "StrPromise"] = {
    "verify": gettext_lazy("验证码 %(code)s，%(minutes)s 分钟内有效。不是您本人操作，请忽略。"),
    "canary": gettext_lazy("自检：一件虚构的上报走完了全程（%(flight)s），请忽略"),
    "trial": gettext_lazy("这是一条试发的消息，收到说明接口可用。"),
    "digest": gettext_lazy("免打扰期间有 %(count)s 条提醒"),
    "followed_accept": gettext_lazy("您上报的 %(number)s 已受理"),
    "followed_dismiss": gettext_lazy("您上报的 %(number)s 没有立案，原因可在网上查"),
    "followed_suspend": gettext_lazy("您上报的 %(number)s 暂时挂起，原因可在网上查"),
    "followed_close": gettext_lazy("您上报的 %(number)s 已办结，请您评价"),
    "followed_reopen": gettext_lazy("您上报的 %(number)s 已重新办理"),
    "followed_void": gettext_lazy("您上报的 %(number)s 已终止办理"),
    "followed_digest": gettext_lazy("您上报的事有 %(count)s 条新进展"),
}
"""What is said outside the program only: to addresses, and to residents. Never a case's words."""

pages: dict[str, Callable[[str], str]] = {}
"""Where a subject is looked at, by its kind; modules above add theirs when they start."""


class _Facts(dict[str, object]):
    """What a sentence is filled from; what is missing stays blank."""

    def __missing__(self, name: str) -> str:
        return ""


def sentence(kind: str, facts: Mapping[str, object]) -> str:
    """What a notice says, in the reader's language."""
    template = SENTENCES.get(kind) or OUTSIDE.get(kind)
    if template is None:
        return gettext("%(number)s 有新情况") % _Facts(facts)
    return str(template) % _Facts(_named(facts))


def _named(facts: Mapping[str, object]) -> dict[str, object]:
    """A case whose kind nobody has settled yet is told so, instead of a gap."""
    named = dict(facts)
    if "kind" in named and not named["kind"]:
        named["kind"] = gettext("未定类别")
    return named


def page_of(subject: str) -> str:
    """The address of the record a notice is about; empty when no page shows it."""
    kind, _, _rest = subject.partition(":")
    page = pages.get(kind)
    return page(subject) if page else ""
