"""How long each kind of personal value is kept, as data; what carries it out (保存期限)."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of keeping.

    after     so long after `since` it is purged by `retention`; None where another job does.
    carried_out_by  which job that is.
    """

    name: str
    title: StrPromise
    says: StrPromise
    carried_out_by: str
    after: timedelta | None = None


YEAR = timedelta(days=365)

RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule(
            "reporter",
            _("上报人姓名和电话"),
            _("案件办结一年后删除"),
            "privacy.retain",
            YEAR,
        ),
        Rule(
            "minor",
            _("不满十四周岁的上报人"),
            _("案件办结 90 天后删除；监护人不同意时立即删除"),
            "privacy.retain",
            timedelta(days=90),
        ),
        Rule(
            "follower",
            _("接收进展的号码"),
            _("案件办结 90 天后删除；本人停止接收时立即删除"),
            "privacy.retain",
            timedelta(days=90),
        ),
        Rule(
            "words",
            _("上报人写的话"),
            _("案件办结五年后删除；本人申请或依据成立时提前删除"),
            "privacy.retain",
            5 * YEAR,
        ),
        Rule("photo", _("上报人的照片"), _("案件办结五年后删除"), "privacy.retain", 5 * YEAR),
        Rule(
            "look",
            _("查看记录"),
            _("永久保存编号、目的和时间；说明文字可以按依据删除"),
            "",
        ),
        Rule("case", _("问题的地点和评价"), _("随案件永久保存；本人申请删除时清空位置描述"), ""),
        Rule("journal", _("办理记录"), _("永久保存；只有编号、代码和时间"), ""),
        Rule("draft", _("没写完的上报"), _("一天不动即删除"), "portal.forget_drafts"),
        Rule("answered", _("防重复提交的答复"), _("两天"), "common.forget"),
        Rule(
            "session",
            _("登录会话和尝试次数"),
            _("退出、到期或十五分钟后删除"),
            "people.forget_ended_sessions",
        ),
        Rule("staff", _("工作人员账号"), _("任职期间；离职停用，姓名随办理记录保存"), ""),
        Rule(
            "work",
            _("工作台设置、导出和通知"),
            _("导出文件 72 小时；记录随账号"),
            "desk.expire_exports",
        ),
    )
}
