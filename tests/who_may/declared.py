"""Where everything that could show or move a case is declared: what is missing fails the build.

Each check takes what the program has and gives sentences that say what to add where; the tests
plant something undeclared into each and read its sentence.
"""

from collections.abc import Collection, Iterable, Mapping

from tests.every_page.people import WORK_OF
from tests.who_may.cases import CASES, NOT_BUILT
from tests.who_may.channels import CHANNELS
from tests.who_may.channels import NOT_BUILT as CHANNELS_NOT_BUILT
from tests.who_may.interfaces import INTERFACES, OF_ANYBODY
from tests.who_may.people import GRANTS, KEYS, PEOPLE
from tests.who_may.policy import MOVES_OF, TABLE, THE_PROGRAMS

ROOM = "tests/who_may"
EVERY_CHANNEL = {*CHANNELS, *INTERFACES, *OF_ANYBODY}
GRANTS_OPEN = "access grants (shiyu/desk/tests/test_unmask.py)"
OWN, CITY, RECORD = "one's own alone", "nothing of a case", "the record, for who keeps it"
RECEIPT, STRANGER = "what a receipt opens (test_own.py)", "anybody"

ROUTES: dict[str, str] = {
    "desk:case": "page",
    "desk:move": "form of a move",
    "desk:meanwhile": "meanwhile",
    "desk:print": "print",
    "desk:row": "row",
    "desk:by_id": "by id",
    "desk:queue": "list",
    "desk:home": "list",
    "desk:news": "news of a list",
    "desk:search": "search",
    "desk:unmask": "who reported",
    "desk:mark_minor": "who reported",
    "desk:choose": "job: cases chosen",
    "desk:together": "job: cases worked on",
    "desk:together_progress": OWN,
    "desk:together_undo": OWN,
    "desk:export_new": "export",
    **dict.fromkeys(("desk:exports", "desk:export", "desk:export_progress"), OWN),
    **dict.fromkeys(("desk:export_decide", "desk:export_download"), OWN),
    "desk:figures": "statistics (test_own.py)",
    **dict.fromkeys(("desk:saved", "desk:saved_change", "desk:layout"), OWN),
    **dict.fromkeys(("desk:new", "desk:order", "desk:export_limits"), CITY),
    **dict.fromkeys(("desk:journal", "desk:erase_remark"), RECORD),
    "desk:remarks": "journal of a case",
    "privacy:of_case": "personal data of a case",
    "privacy:mine": OWN,
    **dict.fromkeys(("privacy:ask", "privacy:ask_copy", "privacy:hold", "privacy:lift"), RECORD),
    **dict.fromkeys(("privacy:demands", "privacy:demand", "privacy:carry_out"), RECORD),
    **dict.fromkeys(("privacy:grant", "privacy:copy", "privacy:withdraw"), RECORD),
    **dict.fromkeys(("privacy:refuse", "privacy:keeping", "privacy:catalogue"), RECORD),
    **dict.fromkeys(("privacy:assessments", "privacy:assess", "privacy:assessment"), RECORD),
    **dict.fromkeys(("privacy:approve_assessment", "privacy:return_assessment"), RECORD),
    "privacy:withdraw_assessment": RECORD,
    **dict.fromkeys(("privacy:audits", "privacy:audit", "privacy:audit_file"), RECORD),
    **dict.fromkeys(("privacy:grants", "privacy:end_grant"), GRANTS_OPEN),
    "files:photo": "attachment",
}
"""Every route of the rooms in which cases are shown, and the channel that it belongs to."""

ROOMS: dict[str, str] = {
    "account_": OWN,
    "mfa_": OWN,
    "openid_": OWN,
    "api:": CITY,
    "backups": CITY,
    "calendars:": CITY,
    "catalogue:": CITY,
    "places:": CITY,
    "notices:": OWN,
    "portal:": RECEIPT,
    "open311_": "Open311",
    **dict.fromkeys(("overview", "set_language", "size", "looks", "favicon"), STRANGER),
    **dict.fromkeys(("healthz", "readyz", "readyz_pages"), STRANGER),
}
"""Routes whose rooms show no case of others; a route of a new room is asked where it belongs."""

OPERATIONS: dict[str, str] = {
    "list_cases": "API list",
    "get_case": "API case",
    "history": "API history",
    "remarks": "API remarks",
    "clock": "API clock",
    "list_photos": "API photos",
    "show_photo": "API picture",
    "list_moves": "API moves",
    **dict.fromkeys(("openapi", "me", "list_kinds", "get_kind", "list_places", "get_place"), CITY),
    **dict.fromkeys(("locate", "boundaries", "list_units", "list_calendars"), CITY),
    **dict.fromkeys(("report", "report_many", "upload_photo"), OWN),
    "move_many": "moves (test_moving.py)",
}

FEED_PATHS = {"/feed": "feed", "/feed/at": "presence: who else works on it", "/health": STRANGER}
FEED_TOPICS = {"case": "feed"}

TASKS: dict[str, str] = {
    "desk.carry_out": "job: cases worked on",
    "desk.make_export": "export",
    "shiyu.notices.jobs.deliver": "notices (one's own), subscriptions (of a key's place)",
}
PROGRAMS_OWN_TASKS = frozenset(
    {
        "builtin:procrastinate.builtin_tasks.remove_old_jobs",
        "procrastinate.builtin_tasks.remove_old_jobs",
        "desk.end_given_up",
        "desk.expire_exports",
        "shiyu.api.jobs.drop_old_uploads",
        "shiyu.api.jobs.hold_without_keys",
        "shiyu.cases.jobs.close_reporters",
        "shiyu.cases.jobs.index_missing",
        "shiyu.cases.jobs.resume_due",
        "shiyu.cases.jobs.retime",
        "shiyu.cases.jobs.retime_now",
        "shiyu.cases.jobs.watch",
        "shiyu.common.jobs.forget",
        "shiyu.facts.jobs.fold",
        "shiyu.files.jobs.remove_orphans",
        "shiyu.journal.jobs.make_partitions",
        "shiyu.journal.jobs.trim_feed",
        "shiyu.notices.jobs.tend",
        "shiyu.people.jobs.change_units",
        "shiyu.people.jobs.forget_ended_sessions",
        "shiyu.places.jobs.put_due_in_force",
        "shiyu.portal.jobs.forget_drafts",
        "privacy.retain",
        "shiyu.site.jobs.owe_it",
    }
)
"""Jobs that act for nobody and hand nothing to anybody."""

HANDS_OUT: dict[str, str] = {
    "files/views.py": "attachment",
    "desk/views/exporting.py": "export",
    "desk/workbook.py": "export",
    "desk/actions/exports.py": "export",
    "portal/views/proof.py": RECEIPT,
    "history/moving/opened.py": "run by the operator on the server",
    "history/reports/building.py": "run by the operator on the server",
    "site/commands/privacy_.py": "run by the operator on the server: breach, without names",
    "site/commands/importing/reports.py": "run by the operator on the server",
    "site/commands/importing/own_file.py": "run by the operator on the server",
}
"""Every file of the program that hands out files or writes tables: kinds of export."""


def routes(found: Iterable[str]) -> list[str]:
    where = f"write it into ROUTES of {ROOM}/declared.py with the channel it belongs to"
    return [
        f"the route {name} is in no channel: {where}"
        for name in sorted(found)
        if not name.startswith("v1:") and name not in ROUTES and not _in_room(name)
    ]


def _in_room(name: str) -> bool:
    return any(name == room or (room[-1] in "_:" and name.startswith(room)) for room in ROOMS)


def operations(found: Iterable[str]) -> list[str]:
    where = f"write it into OPERATIONS of {ROOM}/declared.py, and ask it in interfaces.py"
    known = {*OPERATIONS, *(f"move_{move}" for move in WORK_OF)}
    return [f"the operation {n} is in no channel: {where}" for n in sorted(set(found) - known)]


def duties(found: Iterable[str]) -> list[str]:
    """A duty has a row in the table, people who hold it, and if it works, moves of its own."""
    held = {duty for one in (*PEOPLE.values(), *KEYS.values()) for duty, _at in one.held}
    wrong = []
    for duty in found:
        if duty not in TABLE:
            wrong.append(f"the duty {duty} has no row: write it into TABLE of {ROOM}/policy.py")
        elif duty not in held:
            wrong.append(f"nobody holds {duty}: add its people to {ROOM}/people.py")
    return wrong


def grants(found: Iterable[str]) -> list[str]:
    where = f"write it into GRANTS of {ROOM}/people.py"
    return [f"the grant {verb} is nobody's: {where}" for verb in found if verb not in GRANTS]


def moves(found: Mapping[str, Collection[str]]) -> list[str]:
    """Moves by name with the duties the lifecycle names."""
    wrong = []
    for move, held in found.items():
        if move in THE_PROGRAMS:
            continue
        if move not in WORK_OF:
            where = "write whose work it is into WORK_OF of tests/every_page/people.py"
            wrong.append(f"the move {move} is nobody's: {where}")
            continue
        written = {duty for duty, work in MOVES_OF.items() if work in WORK_OF[move]}
        if written != set(held):
            wrong.append(f"{move} is the work of {sorted(held)}, the table says {sorted(written)}")
    return wrong


def stages(found: Iterable[str]) -> list[str]:
    """Stages at which nobody would be tried; open ones are as one another."""
    tried = {told.stage for told in CASES.values()}
    where = f"add a case at this stage to {ROOM}/cases.py"
    return [f"nobody is tried with a case that is {s}: {where}" for s in found if s not in tried]


def columns(found: Iterable[str]) -> list[str]:
    where = f"add its relation to {ROOM}/cases.py and a line for every duty to policy.py"
    return [
        f"{name} looks like a case that is {relation}, which is declared as not built: {where}"
        for name in found
        for relation, words in NOT_BUILT.items()
        if any(word in name for word in words)
    ]


SIGNS_OF_UNBUILT = {
    "offline operation": ("serviceWorker", "service-worker", "indexedDB", "op_id"),
    "letter": ("class Letter", "督办函"),
}
"""By what one would see that a channel declared as not built is there."""


def not_built(sources: Mapping[str, str]) -> list[str]:
    where = f"ask it in CHANNELS of {ROOM}/channels.py, and take it out of NOT_BUILT"
    return [
        f"{name} has {sign!r}: is the channel {channel} built? Then {where}"
        for name, text in sources.items()
        for channel in CHANNELS_NOT_BUILT
        for sign in SIGNS_OF_UNBUILT[channel]
        if sign in text
    ]


def of(what: str, found: Iterable[str], known: Collection[str], table: str) -> list[str]:
    """Whatever else is declared in one table."""
    where = f"write it into {table} of {ROOM}/declared.py"
    return [
        f"the {what} {name} is in no channel: {where}" for name in sorted(set(found) - {*known})
    ]


def channels(named: Iterable[str]) -> list[str]:
    """Channels that a table names and nobody asks."""
    plain = {OWN, CITY, RECORD, RECEIPT, STRANGER}
    where = f"write how it is asked into CHANNELS of {ROOM}/channels.py"
    known = {*EVERY_CHANNEL, *plain, *CHANNELS_NOT_BUILT}
    return [
        f"the channel {name} is asked by nobody: {where}"
        for name in sorted(set(named) - known)
        if "(" not in name
    ]
