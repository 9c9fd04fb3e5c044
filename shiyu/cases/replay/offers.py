"""Which moves are worth offering where a case stands, beyond its stage (可办的事)."""

from collections.abc import Callable

from shiyu.cases.replay.standing import Standing

Offer = Callable[[Standing, str, int | None], bool]


def _state(*states: str) -> Offer:
    return lambda s, _, unit: unit in s.parts and s.parts[unit].state in states


OFFERS: dict[str, Offer] = {
    "file": lambda s, _, __: not s.check_open,
    "dispatch": lambda s, _, __: s.gap or not s.active,
    "recall": lambda s, _, __: s.sent is not None,
    "sign": _state("sent"),
    "object": _state("sent"),
    "handle": _state("signed"),
    "split": _state("signed"),
    "ask_extension": lambda s, a, u: _state("signed")(s, a, u) and u not in s.extension_asked,
    "extend": lambda s, _, __: bool(s.extension_asked),
    "refuse_extension": lambda s, _, __: bool(s.extension_asked),
    "ask_suspension": lambda s, a, u: _state("signed")(s, a, u) and not s.suspension,
    "endorse_suspension": lambda s, _, __: s.suspension == "asked",
    "suspend": lambda s, actor, __: s.suspension == "endorsed" and s.endorsed_by != actor,
    "refuse_suspension": lambda s, _, __: s.suspension in {"asked", "endorsed"},
    "rework": lambda s, actor, __: actor not in s.handlers,
    "verify": lambda s, actor, __: actor not in s.handlers,
    "check_open": lambda s, _, __: not s.check_open,
    "check_done": lambda s, _, __: s.check_open,
    "ask_void": lambda s, _, __: not s.void_asked_by,
    "void": lambda s, actor, __: bool(s.void_asked_by) and s.void_asked_by != actor,
    "appeal": lambda s, _, unit: unit in s.parts and s.appeals.get(unit) not in {"asked", "exempt"},
    "exempt": lambda s, _, __: "asked" in s.appeals.values(),
    "refuse_appeal": lambda s, _, __: "asked" in s.appeals.values(),
}


def offered(standing: Standing, name: str, actor: str, unit: int | None) -> bool:
    """Whether this move could succeed here; a move without an entry always could."""
    offer = OFFERS.get(name)
    return offer is None or offer(standing, actor, unit)
