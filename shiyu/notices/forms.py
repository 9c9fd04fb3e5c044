"""Forms of how one is told, and of the ways out (提醒与接口表单)."""

import base64
import binascii
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shiyu.common.errors import Refused
from shiyu.notices.channels.mail import PLAIN, STARTTLS, TLS
from shiyu.notices.events import EVENTS
from shiyu.notices.kinds import OUTSIDE, SENTENCES
from shiyu.notices.models import Connector, House, Subscription, Wishes
from shiyu.notices.preferences import GROUPS

SECURITY = [
    (STARTTLS, gettext_lazy("STARTTLS（常用端口 587）")),
    (TLS, gettext_lazy("一开始就加密（常用端口 465）")),
    (PLAIN, gettext_lazy("不加密（只限运行者放行的内网服务器）")),
]
NEEDED = {"required": gettext_lazy("这一项要填")}


class Told(forms.Form):
    """A form that can show what an action refused, at the field it is about."""

    def refuse(self, refusal: Refused) -> None:
        self.add_error(refusal.field if refusal.field in self.fields else None, refusal.message)


def _time(label: Any, hint: Any = "") -> forms.TimeField:
    return forms.TimeField(
        label=label,
        help_text=hint,
        required=False,
        widget=forms.TimeInput(attrs={"type": "time", "class": "short"}, format="%H:%M"),
        error_messages={"invalid": gettext_lazy("时间读不懂，如 22:00")},
    )


class AddressForm(Told):
    """A mail address or a phone number of one's own (联系地址)."""

    value = forms.CharField(max_length=200, error_messages=NEEDED)

    def __init__(self, *args: Any, channel: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"prefix": channel})
        field = self.fields["value"]
        mail = channel == "mail"
        field.label = _("邮箱地址") if mail else _("手机号")
        kind = {"type": "email", "autocomplete": "email"} if mail else {"type": "tel"}
        field.widget.attrs |= kind | ({} if mail else {"autocomplete": "tel", "class": "short"})

    def refuse(self, refusal: Refused) -> None:
        self.add_error("value", refusal.message)


class CodeForm(Told):
    """The code that was sent to a new address (验证码)."""

    code = forms.CharField(
        label=gettext_lazy("验证码"),
        max_length=12,
        error_messages=NEEDED,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "class": "short"}
        ),
    )

    def __init__(self, *args: Any, channel: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"prefix": channel})

    def refuse(self, refusal: Refused) -> None:
        self.add_error("code", refusal.message)


class WishesForm(Told):
    """Which kinds by which channel, and when not to be disturbed (提醒偏好)."""

    mail = forms.MultipleChoiceField(
        choices=[(key, title) for key, (title, _kinds) in GROUPS.items()], required=False
    )
    sms = forms.MultipleChoiceField(
        choices=[(key, title) for key, (title, _kinds) in GROUPS.items()], required=False
    )
    quiet = forms.ChoiceField(
        label=gettext_lazy("免打扰"),
        help_text=gettext_lazy(
            "免打扰时不发邮件和短信，结束后合成一封。催办、撤回和按紧急工作时计时的任务照发"
        ),
        choices=Wishes.Quiet,
        widget=forms.RadioSelect,
        error_messages=NEEDED,
    )
    quiet_from = _time(gettext_lazy("从几点"), gettext_lazy("选“自己定”时填写，如 22:00"))
    quiet_to = _time(gettext_lazy("到几点"))


class MailForm(Told):
    """The city's mail server (邮件服务器)."""

    name = forms.CharField(label=gettext_lazy("名称"), max_length=60, error_messages=NEEDED)
    host = forms.CharField(
        label=gettext_lazy("主机名"),
        help_text=gettext_lazy("如 smtp.example.com"),
        max_length=253,
        error_messages=NEEDED,
    )
    security = forms.ChoiceField(
        label=gettext_lazy("加密"), choices=SECURITY, error_messages=NEEDED
    )
    port = forms.IntegerField(
        label=gettext_lazy("端口"),
        min_value=1,
        max_value=65535,
        widget=forms.NumberInput(attrs={"class": "short"}),
        error_messages=NEEDED,
    )
    sender = forms.EmailField(
        label=gettext_lazy("发件地址"),
        error_messages={"required": NEEDED["required"], "invalid": gettext_lazy("邮箱读不懂")},
    )
    sender_name = forms.CharField(label=gettext_lazy("发件人名称"), max_length=60, required=False)
    user = forms.CharField(label=gettext_lazy("账号"), max_length=120, required=False)
    secret = forms.CharField(
        label=gettext_lazy("密码"),
        max_length=200,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    SETTINGS = ("host", "security", "port", "sender", "sender_name", "user")

    @classmethod
    def of(cls, row: Connector | None, data: Any = None) -> "MailForm":
        """Bound to what was typed, begun with what is kept; the secret never is."""
        begun = {"port": 587, "security": STARTTLS}
        form = cls(data, initial=begun if row is None else row.settings | {"name": row.name})
        if row is not None and row.sealed:
            form.fields["secret"].help_text = _("已存，不显示。留空就不改")
        return form

    @property
    def settings(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.SETTINGS}


class SmsForm(Told):
    """The text-message provider (短信接口)."""

    name = forms.CharField(label=gettext_lazy("名称"), max_length=60, error_messages=NEEDED)
    url = forms.CharField(
        label=gettext_lazy("网址"),
        help_text=gettext_lazy("以 https:// 开头；请求格式见说明文档"),
        max_length=500,
        error_messages=NEEDED,
    )
    secret = forms.CharField(
        label=gettext_lazy("签名密钥"),
        help_text=gettext_lazy("与服务商约定，Base64，可带 whsec_ 前缀"),
        max_length=200,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    templates = forms.CharField(
        label=gettext_lazy("模板"),
        help_text=gettext_lazy("一行一个：消息类别=服务商的模板编号。没写的用类别名"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
    )
    drops_repeats = forms.BooleanField(
        label=gettext_lazy("服务商承诺：同一个编号只发一次（结果不明时可自动重发）"),
        required=False,
    )

    @classmethod
    def of(cls, row: Connector | None, data: Any = None) -> "SmsForm":
        """Bound to what was typed, begun with what is kept; the secret never is."""
        if row is None:
            return cls(data)
        kept = row.settings.get("templates", {})
        lines = "\n".join(f"{kind}={code}" for kind, code in sorted(kept.items()))
        form = cls(data, initial=row.settings | {"name": row.name, "templates": lines})
        if row.sealed:
            form.fields["secret"].help_text = _("已存，不显示。留空就不改")
        return form

    def clean_templates(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for line in self.cleaned_data["templates"].splitlines():
            kind, equals, code = (part.strip() for part in line.partition("="))
            if not (kind or equals):
                continue
            if not code or (kind not in SENTENCES and kind not in OUTSIDE):
                raise ValidationError(_("这一行读不懂：%(line)s") % {"line": line[:60]})
            found[kind] = code[:60]
        return found

    def clean_secret(self) -> str:
        return _base64(self.cleaned_data["secret"])

    @property
    def settings(self) -> dict[str, Any]:
        return {n: self.cleaned_data[n] for n in ("url", "templates", "drops_repeats")}


class SubscriptionForm(Told):
    """A program elsewhere that is to be told of events (订阅)."""

    name = forms.CharField(label=gettext_lazy("名称"), max_length=60, error_messages=NEEDED)
    url = forms.CharField(
        label=gettext_lazy("网址"),
        help_text=gettext_lazy("以 https:// 开头的公网地址，如 https://example.com/hook"),
        max_length=500,
        error_messages=NEEDED,
    )
    types = forms.MultipleChoiceField(
        label=gettext_lazy("事件"),
        choices=[(key, f"{key}") for key in EVENTS],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("至少选一种事件")},
    )
    drops_repeats = forms.BooleanField(
        label=gettext_lazy("对方按编号去重（结果不明时可自动重发）"), required=False
    )
    traced = forms.BooleanField(
        label=gettext_lazy("附上请求编号（traceparent），便于双方对照日志"), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        types = self.fields["types"]
        if isinstance(types, forms.MultipleChoiceField):
            types.choices = [(key, f"{title}（{key}）") for key, title in EVENTS.items()]

    @classmethod
    def of(cls, row: Subscription | None, data: Any = None) -> "SubscriptionForm":
        """Bound to what was typed, begun with what is kept."""
        if row is None:
            return cls(data, initial={"types": ["case.moved"]})
        names = ("name", "url", "types", "drops_repeats", "traced")
        kept = {name: getattr(row, name) for name in names}
        return cls(data, initial=kept)


class HouseForm(Told):
    """What holds for the whole city (全市约定)."""

    address = forms.CharField(
        label=gettext_lazy("对外网址"),
        help_text=gettext_lazy("消息里的链接以它开头，如 https://city.example；不填就不带链接"),
        max_length=200,
        required=False,
    )
    quiet_from = _time(gettext_lazy("全市免打扰从"), gettext_lazy("如 22:00；都不填就没有"))
    quiet_to = _time(gettext_lazy("到"))

    @classmethod
    def of(cls, house: House, data: Any = None) -> "HouseForm":
        """Bound to what was typed, begun with what is kept."""
        kept = {name: getattr(house, name) for name in ("address", "quiet_from", "quiet_to")}
        return cls(data, initial=kept)


def _base64(text: str) -> str:
    plain = text.strip()
    try:
        raw = base64.b64decode(plain.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValidationError(_("密钥应是 Base64")) from error
    if plain and len(raw) < 16:
        raise ValidationError(_("密钥太短，至少 16 字节"))
    return plain
