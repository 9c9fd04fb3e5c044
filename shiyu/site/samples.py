"""Made-up contents of the style page; nothing here is real or stored (样例)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import QueryDict

KINDS = ("井盖破损", "道路坑洼", "暴露垃圾", "占道经营", "路灯不亮", "路面积水", "乱堆物料")
STREETS = ("书店街 12 号", "北门大街 3 号西侧", "西大街邮局门前", "鼓楼广场", "汴京路 88 号")
SOURCES = ("公众", "巡查", "12345", "市级交办")


class ReportForm(forms.Form):
    """A resident's report, as far as the style page shows it."""

    kind = forms.ChoiceField(
        label="是什么问题？",
        widget=forms.RadioSelect,
        choices=[(kind, kind) for kind in (*KINDS[:3], "都不是，我来选")],
    )
    address = forms.CharField(
        label="问题所在的街道和门牌",
        help_text="如「书店街 12 号」",
        error_messages={"required": "填写问题所在的街道和门牌，如「书店街 12 号」"},
    )
    words = forms.CharField(label="补充一句", required=False, widget=forms.Textarea)
    phone = forms.RegexField(
        regex=r"^1\d{10}$",
        label="手机号",
        required=False,
        help_text="只用来告诉您结果。不填也能上报，凭编号查询。",
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "class": "short"}),
        error_messages={"invalid": "手机号应是 11 位数字，现在是 10 位"},
    )
    photos = forms.FileField(label="照片", required=False)


class DispatchForm(forms.Form):
    """The desk's dispatch, as far as the style page shows it."""

    unit = forms.ChoiceField(label="派给", choices=[("a", "市政养护所"), ("b", "环卫二所")])
    co = forms.ChoiceField(label="协办", required=False, choices=[("", "无"), ("b", "环卫二所")])
    note = forms.CharField(
        label="说明", required=False, widget=forms.Textarea, help_text="接办单位会看到这段话"
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the sample list."""

    id: int
    number: str
    kind: str
    place: str
    source: str
    clock: dict[str, Any]


@dataclass
class Sample:
    """Everything the style page needs."""

    now: datetime
    rows: list[Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        lefts = (-35, -9, 6, 12, 25, 47, 130, 154, 190, 260, 265, 300, 420, 481, 600, 900, 1100)
        self.rows = [self._row(n, left) for n, left in enumerate((*lefts, 1400, 2100, None, None))]

    def _row(self, n: int, left: int | None) -> Row:
        number = f"2611-{8300 + n * 7:05d}"
        return Row(n, number, KINDS[n % 7], STREETS[n % 5], SOURCES[n % 4], self.clock(left))

    def clock(self, left: int | None) -> dict[str, Any]:
        if left is None:
            return {"light": "grey", "pause_reason": "核查中", "due": None, "minutes_left": None}
        colour = "red" if left < 0 else "yellow" if left <= 30 else "green"
        due = self.now + timedelta(minutes=left)
        return {"light": colour, "due": due, "minutes_left": left, "warn_left": 30}

    @property
    def green(self) -> dict[str, Any]:
        return self.clock(130)

    @property
    def yellow(self) -> dict[str, Any]:
        return self.clock(25)

    @property
    def red(self) -> dict[str, Any]:
        return self.clock(-35)

    @property
    def grey(self) -> dict[str, Any]:
        return self.clock(None)

    @property
    def points(self) -> list[dict[str, Any]]:
        spots = ((34.797, 114.345), (34.801, 114.352), (34.793, 114.358), (34.805, 114.339))
        return [
            {"id": n, "lat": lat, "lon": lon, "light": row.clock["light"], "title": row.kind}
            for n, ((lat, lon), row) in enumerate(zip(spots, self.rows[1:8:2], strict=True))
        ]

    @property
    def report(self) -> ReportForm:
        return ReportForm()

    @property
    def wrong_report(self) -> ReportForm:
        return ReportForm(QueryDict("words=一块井盖碎了&phone=1380000000"))

    @property
    def dispatch(self) -> DispatchForm:
        return DispatchForm()
