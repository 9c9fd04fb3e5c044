"""Sign-ins of a demo city, one for each kind of person, with what to try first (演示身份).

Made-up people are the only ones listed, and the page shows the list in a demo city only.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from shiyu.people.duties import Duty
from shiyu.people.models import Appointment

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

DEMO_PASSWORD = "shiyu-demo-2026"  # noqa: S105 - printed on the page: it protects nothing

FIRST = {
    Duty.INTAKE: _("看“待受理”，受理一件，再立案"),
    Duty.DISPATCH: _("看“待派遣”，选主责单位派遣一件"),
    Duty.HANDLE: _("看“待签收”，签收、处置并反馈"),
    Duty.VERIFY: _("看“待核查”，核查通过，或退回返工"),
    Duty.PATROL: _("看所在网格的案件，上报一件"),
    Duty.COMMAND: _("看全市在办和超期，催办一件"),
    Duty.SECURITY_ADMIN: _("看人员、岗位和会话"),
    Duty.SYSTEM_ADMIN: _("看机构、区域和立结案标准"),
    Duty.AUDIT_ADMIN: _("看办理日志"),
}


@dataclass(frozen=True, slots=True)
class DemoSignIn:
    """One made-up person to sign in as."""

    username: str
    name: str
    post: str
    unit: str
    first: "StrPromise"
    duty: str


def sign_ins() -> list[DemoSignIn]:
    """The first made-up holder of each duty, in the order a report is handled."""
    rows = (
        Appointment.objects.not_over()
        .filter(person__made_up=True, person__is_active=True, post__duties__duty__in=FIRST)
        .order_by("post__duties__duty", "post__unit__tier", "pk")
        .distinct("post__duties__duty")
        .values_list(
            "post__duties__duty",
            "person__username",
            "person__name",
            "post__title",
            "post__unit__short_name",
        )
    )
    found = {duty: (username, name, post, unit) for duty, username, name, post, unit in rows}
    return [
        DemoSignIn(*found[duty], first=first, duty=duty)
        for duty, first in FIRST.items()
        if duty in found
    ]
