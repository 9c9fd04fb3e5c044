"""Mail addresses and phone numbers: shape, mask, sealing and opening them (联系地址)."""

import re
from typing import Any

from django.utils.translation import gettext as _

from shiyu.common import vault
from shiyu.common.errors import Refused
from shiyu.notices.lifecycle import Channel
from shiyu.notices.models import Address, Follower

MAIL_MOST = 200
MAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?=.{4,190}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}"
)
PHONE = re.compile(r"1[0-9]{10}")


def tidy(channel: str, text: str) -> str:
    """An address as it is used. Raises Refused with what is wrong."""
    plain = text.strip()
    if channel == Channel.MAIL:
        if len(plain) > MAIL_MOST or not MAIL.fullmatch(plain):
            raise Refused(_("邮箱读不懂，如 wang@example.com"), field="value")
        name, _at, host = plain.rpartition("@")
        return f"{name}@{host.lower()}"
    digits = re.sub(r"[ \-]", "", plain).removeprefix("+86")
    if not PHONE.fullmatch(digits):
        raise Refused(_("手机号应是 1 开头的 11 位数字"), field="value")
    return digits


def hint_of(channel: str, value: str) -> str:
    """An address as it may be shown: 138****0000, w***@example.com."""
    if channel == Channel.SMS:
        return f"{value[:3]}****{value[-4:]}"
    name, _at, host = value.rpartition("@")
    return f"{name[:1]}***@{host}"


def sealed(channel: str, value: str, *, whose: str) -> dict[str, Any]:
    """The columns of a row that keep an address; `whose` is what `whose_of` says of the row."""
    return {
        "sealed": vault.seal(value, belongs_to=whose),
        "hint": hint_of(channel, value),
        "key": vault.mark(f"{channel}:{value}", purpose="address"),
    }


def whose(row: Address | Follower) -> str:
    """What the sealed address of a row is bound to."""
    if isinstance(row, Address):
        return f"address:{row.person_id}:{row.channel}"
    return f"follower:{row.subject}:{row.channel}"


def opened(row: Address | Follower) -> str:
    """The address itself, for the sender alone."""
    return vault.unseal(row.sealed, belongs_to=whose(row))
