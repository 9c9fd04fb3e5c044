"""What is typed to change places, maps and addresses (区域表单)."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shiyu.common.errors import Refused
from shiyu.people.models import Person
from shiyu.places.models import Place

LARGEST_MB = 64
SYSTEMS = [
    ("wgs84", "WGS-84（GPS、GeoJSON 标准）"),
    ("cgcs2000", "CGCS2000（国家大地坐标系，经纬度）"),
    ("gcj02", "GCJ-02（高德、腾讯地图）"),
    ("bd09", "BD-09（百度地图）"),
]


class Refusable(forms.Form):
    """A form that takes up what an action objected to."""

    def refuse(self, refusal: Refused) -> None:
        self.add_error(refusal.field if refusal.field in self.fields else None, refusal.message)


class AddForm(Refusable):
    """A new place below another (新增区域)."""

    level = forms.ChoiceField(label=gettext_lazy("级别"))
    code = forms.CharField(
        label=gettext_lazy("代码"),
        max_length=24,
        error_messages={"required": gettext_lazy("填写代码")},
    )
    name = forms.CharField(
        label=gettext_lazy("名称"),
        max_length=80,
        error_messages={"required": gettext_lazy("填写名称")},
    )

    def __init__(self, *args: Any, parent: Place, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        order = list(Place.Level.choices)
        below = [value for value, _label in order].index(parent.level) + 1
        field = self.fields["level"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = order[below:]


class RenameForm(Refusable):
    """Another name (更名)."""

    name = forms.CharField(
        label=gettext_lazy("新名称"),
        max_length=80,
        error_messages={"required": gettext_lazy("填写新名称")},
    )


class ToForm(Refusable):
    """Which place it is put into, by code or name (归到)."""

    to = forms.CharField(
        label=gettext_lazy("归到哪个区域"),
        required=False,
        max_length=80,
        help_text=gettext_lazy("代码或完整名称，如 410202001"),
    )

    def clean_to(self) -> Place | None:
        words = str(self.cleaned_data["to"]).strip()
        if not words:
            return None
        open_ = Place.objects.filter(closed_on=None).defer("boundary")
        found = list(open_.filter(code=words)[:1]) or list(open_.filter(name=words)[:2])
        if not found:
            raise forms.ValidationError(_("没有代码或名称是“%(words)s”的区域") % {"words": words})
        if len(found) > 1:
            raise forms.ValidationError(_("不止一个区域叫“%(words)s”，填写代码") % {"words": words})
        return found[0]


class EnrolForm(Refusable):
    """Somebody onto the roster of a place (入册)."""

    title = forms.CharField(
        label=gettext_lazy("职务"),
        max_length=20,
        help_text=gettext_lazy("网格长、街长、楼长等"),
        error_messages={"required": gettext_lazy("填写职务，如“网格长”")},
    )
    person = forms.CharField(
        label=gettext_lazy("人员"),
        max_length=40,
        help_text=gettext_lazy("账号或完整姓名"),
        error_messages={"required": gettext_lazy("填写账号或姓名")},
    )

    def clean_person(self) -> Person:
        words = str(self.cleaned_data["person"]).strip()
        active = Person.objects.filter(is_active=True)
        found = list(active.filter(username=words.lower())[:1]) or list(
            active.filter(name=words)[:2]
        )
        if not found:
            raise forms.ValidationError(_("没有这个账号或姓名"))
        if len(found) > 1:
            raise forms.ValidationError(_("不止一人叫“%(words)s”，填写账号") % {"words": words})
        return found[0]


class FileForm(Refusable):
    """A file and the coordinate system it is in."""

    crs = forms.ChoiceField(
        label=gettext_lazy("坐标系"),
        choices=SYSTEMS,
        help_text=gettext_lazy("不清楚就问提供数据的单位；选错会整体偏几百米，上传后会提示"),
    )
    source = forms.CharField(
        label=gettext_lazy("来源"),
        max_length=40,
        help_text=gettext_lazy("谁测的、哪年，如“市规划院 2026”"),
        error_messages={"required": gettext_lazy("填写数据来源")},
    )
    file = forms.FileField(
        label=gettext_lazy("文件"),
        error_messages={
            "required": gettext_lazy("选一个文件"),
            "empty": gettext_lazy("这个文件是空的"),
        },
    )
    field_order: tuple[str, ...] = ("file", "crs", "source")

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST_MB << 20:
            raise forms.ValidationError(_("文件超过 %(size)d MB") % {"size": LARGEST_MB})
        return file


class MapForm(FileForm):
    """A GeoJSON of boundaries (上传边界)."""

    code_property = forms.CharField(
        label=gettext_lazy("代码在哪个属性里"),
        required=False,
        max_length=40,
        help_text=gettext_lazy("不填就找 code、代码、区划代码、adcode 等"),
    )
    field_order = ("file", "crs", "source", "code_property")


class PublishForm(Refusable):
    """From which day a survey is in force (发布地图)."""

    valid_from = forms.DateField(
        label=gettext_lazy("启用日期"),
        initial=timezone.localdate,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": gettext_lazy("填写启用日期"),
            "invalid": gettext_lazy("日期应写作 2026-12-01"),
        },
    )
    without_refused = forms.BooleanField(
        label=gettext_lazy("不能采用的保持原样，其余照发"), required=False
    )


class AddressForm(Refusable):
    """An address, its other names, and its point (地址)."""

    name = forms.CharField(
        label=gettext_lazy("地址"),
        max_length=120,
        error_messages={"required": gettext_lazy("填写地址，如“书店街 12 号”")},
    )
    aliases = forms.CharField(
        label=gettext_lazy("别名"),
        required=False,
        max_length=600,
        help_text=gettext_lazy("每行一个"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    lon = forms.FloatField(
        label=gettext_lazy("经度"),
        min_value=-180,
        max_value=180,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        error_messages={
            "required": gettext_lazy("填写经度"),
            "invalid": gettext_lazy("经度应是数字，如 114.35"),
        },
    )
    lat = forms.FloatField(
        label=gettext_lazy("纬度"),
        min_value=-90,
        max_value=90,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        help_text=gettext_lazy("WGS-84 经纬度"),
        error_messages={
            "required": gettext_lazy("填写纬度"),
            "invalid": gettext_lazy("纬度应是数字，如 34.79"),
        },
    )
    source = forms.CharField(label=gettext_lazy("来源"), required=False, max_length=40)

    def clean_aliases(self) -> list[str]:
        return [line for line in str(self.cleaned_data["aliases"]).splitlines() if line.strip()]


class AddressFileForm(FileForm):
    """A table of addresses (导入地址)."""

    accept_valid = forms.BooleanField(
        label=gettext_lazy("有问题的行跳过，其余照收"), required=False
    )
    field_order = ("file", "crs", "source", "accept_valid")
