"""Sign-ins of a demo city, one for each kind of person, with what to try first (演示身份).

Made-up people are the only ones listed, and the page shows the list in a demo city only.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from shiyu.people.duties import Duty
from shiyu.people.models import Appointment, PostDuty, Tier

DEMO_PASSWORD = "shiyu-demo-2026"  # noqa: S105 - printed on the page: it protects nothing


@dataclass(frozen=True, slots=True)
class KindOfPerson:
    """A kind of person worth signing in as: a main duty, all duties of the post, a tier.

    Only `fallback` kinds are filled by any other holder of the duty where nobody fits.
    """

    key: str
    duty: str
    duties: frozenset[str]
    tier: str
    first: StrPromise
    fallback: bool = True


def _kind(
    key: str, duties: Iterable[str], tier: str, first: StrPromise, *, fallback: bool = True
) -> KindOfPerson:
    duties = tuple(duties)
    return KindOfPerson(key, duties[0], frozenset(duties), tier, first, fallback)


D, T = Duty, Tier
KINDS = (
    _kind(
        "desk",
        (D.INTAKE, D.DISPATCH),
        T.CITY,
        _("看“待受理”，受理、立案，再派遣给主责单位"),
        fallback=False,
    ),
    _kind("intake", (D.INTAKE,), T.COUNTY, _("看“待受理”，受理一件，再立案")),
    _kind("dispatch", (D.DISPATCH,), T.COUNTY, _("看“待派遣”，选主责单位派遣一件")),
    _kind("handle", (D.HANDLE,), T.CITY, _("看“待签收”，签收、处置并反馈")),
    _kind(
        "room",
        (D.HANDLE,),
        T.TOWNSHIP,
        _("看派到本街道的案件，签收、处置并反馈"),
        fallback=False,
    ),
    _kind("verify", (D.VERIFY,), T.COUNTY, _("看“待核查”，核查通过，或退回返工")),
    _kind("patrol", (D.PATROL, D.VERIFY, D.REPORT), T.TOWNSHIP, _("看所在网格的案件，上报一件")),
    _kind("command", (D.COMMAND,), T.CITY, _("看全市在办和超期，催办一件")),
    _kind("security_admin", (D.SECURITY_ADMIN,), T.CITY, _("看人员、岗位和会话")),
    _kind("system_admin", (D.SYSTEM_ADMIN,), T.CITY, _("看机构、区域和立结案标准")),
    _kind("audit_admin", (D.AUDIT_ADMIN,), T.CITY, _("看办理日志")),
)
"""In the order in which a report is handled, administrators last."""


@dataclass(frozen=True, slots=True)
class DemoSignIn:
    """One made-up person to sign in as."""

    key: str
    username: str
    name: str
    post: str
    unit: str
    unit_id: int
    first: StrPromise
    duty: str


def sign_ins() -> list[DemoSignIn]:
    """The first made-up person of each kind who still holds the post."""
    duties: dict[int, set[str]] = {}
    for post, duty in PostDuty.objects.values_list("post_id", "duty"):
        duties.setdefault(post, set()).add(duty)
    held = list(
        Appointment.objects.not_over()
        .filter(person__made_up=True, person__is_active=True)
        .select_related("person", "post__unit")
        .order_by("pk")
    )
    found, taken = [], set()
    for kind in KINDS:
        fits = [a for a in held if kind.duty in duties.get(a.post_id, ()) and a.pk not in taken]
        exact = [a for a in fits if duties[a.post_id] == kind.duties]
        best = [a for a in exact if a.post.unit.tier == kind.tier]
        choice = best or (exact or fits if kind.fallback else [])
        if choice:
            taken.add(choice[0].pk)
            found.append(_sign_in(kind, choice[0]))
    return found


def _sign_in(kind: KindOfPerson, held: Appointment) -> DemoSignIn:
    person, post = held.person, held.post
    return DemoSignIn(
        kind.key,
        person.username,
        person.name,
        post.title,
        post.unit.short_name,
        post.unit_id,
        kind.first,
        kind.duty,
    )
