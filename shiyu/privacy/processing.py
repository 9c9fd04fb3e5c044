"""What is done with people's data that the law wants assessed before it begins (需评估的处理活动).

A handling of the catalogue that is sensitive, or about minors, belongs to one of these; a test
fails for one that does not. What the program already knows of each is proposed in the form.
"""

from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from shiyu.privacy import declared
from shiyu.privacy.declared import Handling
from shiyu.privacy.keeping import RULES


class Because(models.TextChoices):
    """Why it has to be assessed: an item of article 55 (评估情形)."""

    SENSITIVE = "sensitive", _("处理敏感个人信息（第五十五条第一项）")
    AUTOMATED = "automated", _("利用个人信息进行自动化决策（第五十五条第二项）")
    HANDED = "handed", _("委托处理、提供、公开个人信息（第五十五条第三项）")
    GRAVE = "grave", _("其他对个人权益有重大影响的处理（第五十五条第五项）")


Seen = tuple[str, dict[str, Any]]
"""A model and what its rows look like once it is done; the model's app may lie above this one."""


@dataclass(frozen=True, slots=True)
class Processing:
    """One kind of processing (处理活动).

    seen  rows that show that it is done already; none: it is part of the program.
    """

    name: str
    title: StrPromise
    what: StrPromise
    because: tuple[Because, ...]
    handlings: tuple[Handling, ...] = ()
    seen: tuple[Seen, ...] = field(default=())

    def in_use(self) -> bool:
        """Whether it is done now."""
        return not self.seen or any(_exist(label, wanted) for label, wanted in self.seen)

    def proposed(self) -> dict[str, str]:
        """What the catalogue says of it already, for whoever begins an assessment."""
        handlings = dict.fromkeys(self.handlings)
        purposes = dict.fromkeys(str(p) for h in handlings for p in h.purposes)
        kept = dict.fromkeys(str(RULES[h.retention].says) for h in handlings)
        seen = dict.fromkeys(str(h.seen_by) for h in handlings)
        masked = dict.fromkeys(str(h.masked) for h in handlings)
        return {
            "purpose": "\n".join(filter(None, (str(self.what), "、".join(purposes)))),
            "lawfulness": "\n".join(dict.fromkeys(str(h.basis) for h in handlings)),
            "measures": "\n".join((*_told(_("谁能看"), seen), *_told(_("遮盖"), masked)))
            + "".join(f"\n{line}" for line in _told(_("保存"), kept)),
        }


def _told(title: StrPromise, said: dict[str, None]) -> list[str]:
    return [f"{title}：{'；'.join(said)}"] if said else []


def _exist(label: str, wanted: dict[str, Any]) -> bool:
    found: bool = apps.get_model(label)._default_manager.filter(**wanted).exists()
    return found


SENSITIVE, AUTOMATED, HANDED = Because.SENSITIVE, Because.AUTOMATED, Because.HANDED

PROCESSINGS: dict[str, Processing] = {
    one.name: one
    for one in (
        Processing(
            "reporter",
            _("上报人的称呼、手机号和文字里隐去的号码"),
            _("收件、核实、答复时使用；可以不填"),
            (SENSITIVE,),
            (declared.CALLER, declared.CALLER_KEY),
        ),
        Processing(
            "minor",
            _("不满十四周岁上报人的信息"),
            _("说了或看得出不满十四周岁时标记；监护人不同意就不保存"),
            (SENSITIVE,),
            (declared.MINOR,),
            (("cases.Reporter", {"guardian__gt": ""}),),
        ),
        Processing(
            "follow",
            _("向上报人发送办理进展"),
            _("本人同意后，由短信、邮件服务商代发"),
            (SENSITIVE, HANDED),
            (declared.REACHED,),
            (("notices.Connector", {"channel": "sms", "in_use": True}), ("notices.Follower", {})),
        ),
        Processing(
            "draft",
            _("没写完的上报里的联系方式"),
            _("只有写它的浏览器能打开，一天不动即删除"),
            (SENSITIVE,),
            (declared.SEALED_DRAFT,),
        ),
        Processing(
            "sign_in",
            _("工作人员的登录凭据"),
            _("确认是本人在操作"),
            (SENSITIVE,),
            (declared.CREDENTIAL,),
        ),
        Processing(
            "export",
            _("含姓名电话的导出"),
            _("经两人批准，把上报人的称呼和电话写进文件取走"),
            (SENSITIVE, HANDED),
            (declared.CALLER,),
            (("desk.Export", {"personal": True}),),
        ),
        Processing(
            "interfaces",
            _("向其他系统提供：接口、推送、Open311"),
            _("其他系统读到案件的地点、文字、照片和状态；没有姓名和电话"),
            (HANDED,),
            (declared.WORDS, declared.SPOT, declared.PICTURE),
            (("notices.Subscription", {}), ("api.Key", {})),
        ),
        Processing(
            "suggest",
            _("类别和承办单位的自动建议"),
            _("只看问题和地点，不看是谁；每一项由工作人员确认"),
            (AUTOMATED,),
            (declared.WORDS, declared.SPOT),
        ),
    )
}


def unassigned() -> list[str]:
    """Handlings that the law wants assessed and no processing names: a sentence each."""
    said = {handling for one in PROCESSINGS.values() for handling in one.handlings}
    wanted = {
        (table, column): handling
        for table, columns in declared.PERSONAL.items()
        for column, handling in columns.items()
        if handling.kind in {declared.Kind.SENSITIVE, declared.Kind.MINOR}
    }
    return [
        f"{table}.{column} is {handling.kind}: name its Handling in a Processing of "
        "shiyu/privacy/processing.py, so that it is assessed"
        for (table, column), handling in wanted.items()
        if handling not in said
    ]
