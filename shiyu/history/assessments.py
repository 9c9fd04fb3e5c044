"""The demo city's impact assessments: made up, written by one and approved by another (演示评估).

What the catalogue says of each processing is taken as it is; what an official would weigh is a
made-up sentence. Each text says that it is made up, so that nobody takes it for an assessment.
"""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone, translation

from shiyu.people.actors import Actor
from shiyu.people.models import Person
from shiyu.privacy.actions import approve_assessment, assess
from shiyu.privacy.models import Assessment
from shiyu.privacy.processing import PROCESSINGS

MADE_UP = "【演示，虚构，不是真的评估】"
WRITES, APPROVES = "anquan", "anquan2"
A_YEAR = timedelta(days=365)

WEIGHED: dict[str, tuple[str, str]] = {
    "reporter": (
        "没有联系方式也能上报；留下的只用来核实和答复，少收不影响受理。",
        "泄露会招来骚扰，被反映的人可能报复；加密、授权和留痕以后，可能性低。",
    ),
    "minor": (
        "只有需要联系监护人时才保存，监护人不同意就不保存。",
        "未成年人更容易受害；任何人不能直接看，两人办理才能取走，可能性很低。",
    ),
    "follow": (
        "本人要听进展才填，随时停止，停止就删除。",
        "代发服务商看得到号码和短信；短信里没有问题的内容，影响小。",
    ),
    "draft": (
        "不存就要让没写完的人从头再写；一天不动即删除。",
        "别人用同一台手机可能看到；只有那个浏览器能打开，影响小。",
    ),
    "sign_in": (
        "不核对就不知道是谁在办理，没有别的办法。",
        "被盗用会冒名办理；只存散列，管理员另有验证码，可能性低。",
    ),
    "export": (
        "个别移交需要名单；平时的导出没有姓名和电话。",
        "文件离开以后管不到；两人批准、72 小时删除、每行留痕，可能性中等。",
    ),
    "interfaces": (
        "上级平台和部门系统要案件的进展；不给姓名和电话。",
        "文字、照片里可能认得出人；号码先遮盖，对方另有约定，可能性低。",
    ),
    "suggest": (
        "给工作人员省翻目录的时间，可以不用。",
        "建议错了会派错单位，不涉及对个人的判断；每一项由人确认，影响小。",
    ),
}
"""By processing: why it is needed, and what it may do to people."""


def assess_everything(said: Callable[[str], None] = lambda _words: None) -> int:
    """Write and approve one for each processing that has none, as the two officials would."""
    writes, approves = (
        Actor.for_person(Person.objects.get(username=name)) for name in (WRITES, APPROVES)
    )
    there = set(Assessment.objects.values_list("processing", flat=True))
    lacking = [name for name in PROCESSINGS if name not in there]
    due_on = timezone.localdate() + A_YEAR
    with translation.override("zh-hans"):
        for name in lacking:
            made = assess(
                name,
                said=_texts(name),
                conclusion=Assessment.Conclusion.WITH_MEASURES,
                due_on=due_on,
                actor=writes,
            )
            approve_assessment(made, actor=approves)
    said(f"{len(lacking)} made-up impact assessments")
    return len(lacking)


def _texts(name: str) -> dict[str, str]:
    necessity, effects = WEIGHED[name]
    told = PROCESSINGS[name].proposed() | {"necessity": necessity, "effects": effects}
    return {field: f"{MADE_UP}\n{words}" for field, words in told.items()}
