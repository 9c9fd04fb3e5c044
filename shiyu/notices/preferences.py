"""Which kinds by which channel, and when not to disturb: pure rules, no database (提醒偏好)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from shiyu.notices.lifecycle import Channel

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

GROUPS: dict[str, tuple["StrPromise", frozenset[str]]] = {
    "work": (
        _("派给我的任务"),
        frozenset(
            [
                *("dispatched", "recalled", "reworked", "reopened", "resumed", "withdrawn"),
                *("voided", "handed_over"),
            ]
        ),
    ),
    "hurry": (_("催办和时限"), frozenset(["urged", "due_soon", "overdue"])),
    "decide": (
        _("等我决定或核查的事"),
        frozenset(
            [
                *("extension_asked", "suspension_asked", "void_asked", "appealed", "objected"),
                *("returned_to_desk", "handled", "verified", "escalated", "child_done"),
                *("check_asked", "check_answered", "export_asked", "standard_objected"),
                "second_asked",
            ]
        ),
    ),
    "answers": (
        _("我提的申请有了答复"),
        frozenset(
            [
                *("extension_decided", "suspension_decided", "appeal_decided", "export_decided"),
                *("standard_answered", "export_limits", "export_failed", "batch_stopped"),
                "second_decided",
            ]
        ),
    ),
    "mine": (
        _("我上报的事有了结果"),
        frozenset(["report_closed", "report_ended", "report_reopened"]),
    ),
    "system": (
        _("发送接口出了问题"),
        frozenset(["canary_lost", "channel_down", "subscription_paused"]),
    ),
}
"""The groups a person chooses by, and the kinds of notices in each."""

GROUP_OF = {kind: name for name, (_title, kinds) in GROUPS.items() for kind in kinds}

UNLESS_SAID = {
    Channel.MAIL: frozenset(GROUPS),
    Channel.SMS: frozenset({"hurry", "system"}),
}
"""What goes out to somebody with a verified address who has chosen nothing yet."""


def wanted(kind: str, channel: str, chosen: Collection[str] | None) -> bool:
    """Whether a kind goes out by this channel; `chosen` is None for who never chose."""
    groups = UNLESS_SAID[Channel(channel)] if chosen is None else chosen
    return GROUP_OF.get(kind, "") in groups


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of the day in which only urgent things are sent (免打扰); empty when both are alike."""

    first: time
    last: time

    def until(self, now: datetime, zone: tzinfo) -> datetime | None:
        """When the quiet that holds now ends; None when it is not quiet now."""
        local = now.astimezone(zone)
        if self.first == self.last:
            return None
        for days in (-1, 0):
            day = local.date() + timedelta(days=days)
            begins = datetime.combine(day, self.first, zone)
            over_night = self.last <= self.first
            ends = datetime.combine(day + timedelta(days=int(over_night)), self.last, zone)
            if begins <= local < ends:
                return ends
        return None


def quiet_of(first: time | None, last: time | None) -> Quiet | None:
    """The quiet hours between two times, if both are given."""
    return None if first is None or last is None else Quiet(first, last)
