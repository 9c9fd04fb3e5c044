"""For whom a route of an interface is (接口受众): every route names it, or a test fails."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from shiyu.common.errors import NotAllowed
from shiyu.people.actors import Actor
from shiyu.people.duties import LOOK, LOOKING, Duty


@dataclass(frozen=True, slots=True)
class Audience:
    """Who may call a route.

    with_key  a key of the interface is needed; otherwise anybody may, counted by address.
    duties    any of these must be held somewhere; empty: every key.
    """

    with_key: bool = True
    duties: frozenset[str] = frozenset()

    def admit(self, actor: Actor) -> None:
        """Refuse an actor that holds none of the duties."""
        if self.duties and not actor.holds(*self.duties):
            raise NotAllowed(_("这把密钥没有这项权限，请向系统管理员申请"))


ANYBODY = Audience(with_key=False)
ANY_KEY = Audience()
LOOKERS = Audience(duties=frozenset({LOOK, Duty.REPORT, Duty.HANDLE, *LOOKING}))
"""Who may see cases at all: which ones, `visible_to` says."""
REPORTERS = Audience(duties=frozenset({Duty.REPORT}))
MOVERS = Audience(duties=frozenset({Duty.HANDLE, *LOOKING}))
"""Who may move cases at all: which and how, the case's own rules say."""
SENDERS = Audience(duties=frozenset({Duty.REPORT, Duty.HANDLE, *LOOKING}))
"""Who may send photos ahead: for a report or for a move."""
