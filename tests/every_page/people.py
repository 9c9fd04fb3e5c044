"""The city's own words: who is who, who sees what, who may do what (nothing asks `rules.py`)."""

SIGNED_OUT = "signed out"
ADMINISTRATORS = ("administrator", "security", "audit")
OVER_THE_CITY = frozenset({"intake_city", "dispatcher_city", "commander_city"})
DESK_OF_GULOU = frozenset({"intake", "dispatcher", "commander", "commander_two", "clerk"})
LOOKS_OVER_GULOU = OVER_THE_CITY | DESK_OF_GULOU | {"verifier", "patrol", "room"}
LOOKS_OVER_LONGTING = OVER_THE_CITY | {"intake_longting"}
WORKING = LOOKS_OVER_GULOU | {"handler", "handler_waste", "handler_lamps", "patrol_xisi"}
WORKING |= LOOKS_OVER_LONGTING
SYSTEM = {"administrator"}
KEEPERS = {"administrator", "audit"}
EVERYBODY = (*sorted(WORKING), *ADMINISTRATORS, "nobody")
DOUBLES = frozenset({"commander_two", "clerk", "handler_waste", "dispatcher_city"})
"""People whose like is tried already: they only look at cases."""
KINDS = tuple(who for who in EVERYBODY if who not in DOUBLES)
TRIED = (*KINDS, SIGNED_OUT)

SEES: dict[str, frozenset[str]] = {
    "gulou reported": LOOKS_OVER_GULOU,
    "gulou filed": LOOKS_OVER_GULOU,
    "gulou handling": LOOKS_OVER_GULOU | {"handler"},
    "gulou handled": LOOKS_OVER_GULOU | {"handler"},
    "gulou closed": LOOKS_OVER_GULOU | {"handler"},
    "gulou merged": LOOKS_OVER_GULOU,
    "gulou dismissed": LOOKS_OVER_GULOU,
    "longting reported": LOOKS_OVER_LONGTING,
    "longting handling": LOOKS_OVER_LONGTING | {"handler_lamps"},
    "longting dismissed": LOOKS_OVER_LONGTING,
    "longting merged": LOOKS_OVER_LONGTING,
}
"""Who may know of a case: those who look over its place, and the unit it was sent to."""

INTAKE, DISPATCH, COMMAND, HANDLE, VERIFY, PATROL = range(6)
HOLDS: dict[str, dict[int, frozenset[str]]] = {
    "gulou": {
        INTAKE: frozenset({"intake", "clerk"}),
        DISPATCH: frozenset({"dispatcher", "clerk"}),
        COMMAND: frozenset({"commander", "commander_two"}),
        HANDLE: frozenset({"handler"}),
        VERIFY: frozenset({"verifier", "patrol"}),
        PATROL: frozenset({"patrol"}),
    },
    "longting": {
        INTAKE: frozenset({"intake_longting"}),
        DISPATCH: frozenset({"intake_longting"}),
        HANDLE: frozenset({"handler_lamps"}),
    },
}
"""Whose work a case of that county is. The city's own desk looks on: it is not its case."""

WORK_OF: dict[str, tuple[int, ...]] = {
    "accept": (INTAKE,),
    "dismiss": (INTAKE,),
    "merge": (INTAKE, DISPATCH),
    "settle": (PATROL,),
    "file": (INTAKE,),
    "escalate": (INTAKE, DISPATCH),
    "dispatch": (DISPATCH,),
    "recall": (DISPATCH,),
    "object": (HANDLE,),
    "sign": (HANDLE,),
    "split": (HANDLE,),
    "ask_extension": (HANDLE,),
    "extend": (DISPATCH,),
    "refuse_extension": (DISPATCH,),
    "ask_suspension": (HANDLE,),
    "endorse_suspension": (DISPATCH,),
    "suspend": (COMMAND,),
    "refuse_suspension": (DISPATCH, COMMAND),
    "resume": (HANDLE, DISPATCH, COMMAND),
    "handle": (HANDLE,),
    "rework": (VERIFY,),
    "verify": (VERIFY,),
    "close": (INTAKE,),
    "reopen": (VERIFY, COMMAND),
    "withdraw": (),
    "ask_void": (INTAKE, DISPATCH),
    "void": (COMMAND,),
    "remark": (INTAKE, DISPATCH, COMMAND, HANDLE, VERIFY, PATROL),
    "urge": (DISPATCH, COMMAND),
    "correct": (INTAKE,),
    "check_open": (INTAKE,),
    "check_done": (VERIFY, PATROL),
    "appeal": (HANDLE,),
    "exempt": (COMMAND,),
    "refuse_appeal": (COMMAND,),
}
"""Every move that has a form; who reported by receipt withdraws on the public pages only."""

QUEUES = {
    "to_accept": "intake clerk room intake_longting intake_city",
    "to_file": "intake clerk room intake_longting intake_city",
    "to_dispatch": "dispatcher clerk intake_longting dispatcher_city",
    "to_decide": "dispatcher clerk intake_longting dispatcher_city commander commander_two"
    " commander_city",
    "to_sign": "handler handler_waste handler_lamps room",
    "handling": "handler handler_waste handler_lamps room",
    "to_check": "verifier patrol patrol_xisi",
    "to_verify": "verifier patrol",
    "to_close": "intake clerk room intake_longting intake_city",
    "suspended": "dispatcher clerk intake_longting dispatcher_city commander commander_two"
    " commander_city handler handler_waste handler_lamps room",
    "mine": " ".join(WORKING),
    "all": " ".join(WORKING),
}
MAY_REPORT = WORKING - {"handler", "handler_waste", "handler_lamps"}
MAY_ORDER = frozenset(
    ["intake", "clerk", "room", "dispatcher", "intake_longting", "intake_city", "dispatcher_city"]
)
