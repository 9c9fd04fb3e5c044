"""Every channel through which somebody may come to know of a case, asked of the running program.

A list answers for all cases at once; what shows one case is asked case by case. Each gives the
names of the cases it shows; what it should show stands beside it, in words of the policy.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from python_calamine import CalamineWorkbook

from shiyu.cases.models import Report
from shiyu.desk import workbook
from shiyu.desk.actions import batches, exports
from shiyu.desk.columns import USUAL
from shiyu.desk.models import Batch, Export
from shiyu.live.feed import CHANGES, Change, Stream
from tests.who_may.cases import CASES
from tests.who_may.city import NAME, PHONE, City
from tests.who_may.people import KEYS, PEOPLE, SIGNED_OUT, WORKING, lies_in
from tests.who_may.policy import KNOWS, may, moves, sees

Names = frozenset[str]
NONE: Names = frozenset()
NOT_BUILT = {
    "offline operation": "no page works without the server yet: no service worker, no queue",
    "letter": "no letters (督办函) are written yet",
}
WITHOUT_PHOTO = frozenset({"child of the order", "reported by a key"})
GONE, OKAY = 404, (200, 302, 304)


@dataclass(frozen=True)
class Channel:
    """One way to come to know of cases.

    ask     the cases it shows to this one, of those asked for.
    should  the cases it is to show, by the policy.
    whole   one request answers for all cases.
    """

    ask: Callable[[City, str, Iterable[str]], Names]
    should: Callable[[str], Names]
    whole: bool = False


def works(who: str) -> bool:
    """Whether this one has a duty that has lists of cases."""
    held = {duty for duty, _at in _held(who)}
    return bool(held & WORKING)


def _held(who: str) -> tuple[tuple[str, str], ...]:
    return () if who == SIGNED_OUT else (PEOPLE | KEYS)[who].holds


def _in_lists(who: str) -> Names:
    return sees(who) if works(who) else NONE


def _known(who: str) -> Names:
    return frozenset(c for c in CASES if KNOWS in may(who, c) and CASES[c].named)


def _one_by_one(way: str, *, htmx: bool = False) -> Callable[[City, str, Iterable[str]], Names]:
    """Asks for each case at its own address; anything but shown or "not there" is an error."""

    def ask(city: City, who: str, cases: Iterable[str]) -> Names:
        shown = set()
        for name in cases:
            case = city.cases[name]
            photo = city.photos[name] or "0" * 32
            path = way.format(number=case.number, pk=case.pk, photo=photo)
            headers = {"HX-Request": "true"} if htmx else {}
            answer = city.browser(who).get(path, headers=headers)
            if _is_shown(who, answer):
                shown.add(name)
        return frozenset(shown)

    return ask


def _is_shown(who: str, answer: Any) -> bool:
    if answer.status_code == GONE:
        return False
    where = answer.headers.get("Location") or answer.headers.get("HX-Redirect", "")
    if where.startswith("/account/login/"):
        assert who in {SIGNED_OUT, "account closed"}, (who, where)
        return False
    assert answer.status_code in OKAY, (who, answer.status_code)
    return True


def _with_photo(who: str) -> Names:
    return sees(who) - WITHOUT_PHOTO


def _listed(city: City, who: str, _cases: Iterable[str]) -> Names:
    answer = city.browser(who).get("/desk/all/")
    return _rows(city, answer.content) if answer.status_code == 200 else NONE


def _mine(city: City, who: str, _cases: Iterable[str]) -> Names:
    answer = city.browser(who).get("/desk/mine/")
    return _rows(city, answer.content) if answer.status_code == 200 else NONE


def _own(who: str) -> Names:
    return frozenset(c for c in sees(who) if CASES[c].by == who)


def _rows(city: City, html: bytes) -> Names:
    return city.named(int(pk) for pk in re.findall(rb'id="case-(\d+)"', html))


def _news(city: City, who: str, _cases: Iterable[str]) -> Names:
    ids = ",".join(str(case.pk) for case in city.cases.values())
    answer = city.browser(who).get(f"/desk/news/?in=all&ids={ids}")
    return city.named(json.loads(answer.content)["here"]) if answer.status_code == 200 else NONE


def _searched(city: City, who: str, _cases: Iterable[str]) -> Names:
    """By whole number and by what kinds, words, places and units are called."""
    found: set[str] = set()
    for asked in WORDS:
        answer = city.browser(who).get("/desk/search/", {"q": asked})
        if answer.status_code == 200:
            found |= _rows(city, answer.content) | _numbers(city, answer.content)
    return frozenset(found)


WORDS = ("井盖", "路灯", "西司门街道", "北门街道", "路灯管理所", "全面排查")


def _numbers(city: City, html: bytes) -> Names:
    return city.named(n.decode() for n in re.findall(rb"/cases/(KF\d+)/", html))


def _typed(city: City, who: str, cases: Iterable[str]) -> Names:
    """A whole number typed into the box leads to the case."""
    found = set()
    for name in cases:
        answer = city.browser(who).post("/desk/search/", {"q": city.cases[name].number})
        if f"/cases/{city.cases[name].number}/" in answer.headers.get("Location", ""):
            found.add(name)
    return frozenset(found)


def _by_phone(city: City, who: str, _cases: Iterable[str]) -> Names:
    answer = city.browser(who).post("/desk/search/", {"q": PHONE})
    return _numbers(city, answer.content) if answer.status_code == 200 else NONE


def _unmasked(city: City, who: str, cases: Iterable[str]) -> Names:
    """Asking to see who reported, with a purpose: led to the page that shows it."""
    shown = set()
    for name in cases:
        case = city.cases[name]
        report = Report.objects.filter(case=case).first()
        if report is None:
            continue
        path = f"/cases/{case.number}/reporter/{report.pk}/"
        said = {"purpose": "verify", "reason": "回访", "fields": ["name", "phone"]}
        answer = city.browser(who).post(path, said)
        if answer.status_code == 302 and "login" not in answer["Location"]:
            html = city.browser(who).get(f"/cases/{case.number}/").content.decode()
            if PHONE in html and NAME in html:
                shown.add(name)
    return frozenset(shown)


def _fed(city: City, who: str, _cases: Iterable[str]) -> Names:
    """The feed's own question to the database, and what its stream is offered."""
    if who == SIGNED_OUT:
        return NONE
    with connection.cursor() as cursor:
        cursor.execute(CHANGES, ("0", 0, str(2**62)))
        rows = cursor.fetchall()
    stream = Stream(city.actor(who))
    told = set()
    for xid, pk, topic, ref, version, place, *of in rows:
        stream.offer(Change((xid, pk), topic, ref, version, place, *map(frozenset, of)))
    while not stream.waiting.empty():
        told.add(json.loads(stream.waiting.get_nowait().frame().split(b"data: ")[1])["id"])
    assert not stream.overrun
    return city.named(told)


def _exported(city: City, who: str, _cases: Iterable[str]) -> Names:
    """What stands in the file, asked for on the page and written by the job."""
    said = {"back": "in=all", "purpose": "report", "reason": "周例会", "columns": list(USUAL)}
    answer = city.browser(who).post("/desk/exports/new/", said)
    if answer.status_code != 302 or "login" in answer["Location"]:
        return NONE
    export = Export.objects.latest("pk")
    exports.make(export)
    export.refresh_from_db()
    book = CalamineWorkbook.from_path(workbook.path_of(export.key))
    rows = book.get_sheet_by_index(0).to_python()
    workbook.remove(export.key)
    return city.named(str(row[0]) for row in rows)


def _chosen(city: City, who: str, _cases: Iterable[str]) -> Names:
    """Every case marked for a remark, made up or not: those that come into the batch."""
    batch = _batch(city, who)
    return city.named(batch.items.values_list("case_id", flat=True)) if batch else NONE


def _carried_out(city: City, who: str, _cases: Iterable[str]) -> Names:
    """The same with every case put into the batch by hand: those on which the job acts."""
    batch = _batch(city, who)
    if batch is None:
        return NONE
    known = set(batch.items.values_list("case_id", flat=True))
    for case in city.cases.values():
        if case.pk not in known:
            batch.items.create(case=case, version=case.version)
    batch.said = {"reason": "请注意"}
    batch.save()
    batches.carry_out(batch)
    done = batch.items.filter(state="done")
    return city.named(done.values_list("case_id", flat=True))


def _batch(city: City, who: str) -> Batch | None:
    marked = [str(case.pk) for case in city.cases.values()]
    answer = city.browser(who).post(
        "/desk/together/", {"case": marked, "move": "remark", "back": "in=all"}
    )
    if answer.status_code != 302 or "/desk/together/" not in answer["Location"]:
        return None
    return Batch.objects.latest("pk")


def _may_remark(who: str) -> Names:
    return frozenset(c for c in sees(who) if "remark" in moves(who, c)) if works(who) else NONE


def _kept_by(who: str) -> Names:
    """Who keeps the journal of a place finds its cases by their whole number: the record alone."""
    return _kept(who, {"security_admin", "audit_admin"})


def _kept(who: str, duties: set[str]) -> Names:
    """The cases in the places of these duties, whatever their centre or stage."""
    held = PEOPLE[who].holds if who in PEOPLE else ()
    places = [at for duty, at in held if duty in duties]
    return frozenset(
        c for c, told in CASES.items() if any(not p or lies_in(told.place, p) for p in places)
    )


def _for_keepers(way: str) -> Callable[[City, str, Iterable[str]], Names]:
    """A page of those who keep the record, or answer for personal data: others are told whose;
    of a case of another place they hear what one hears of a case that is not there."""

    def ask(city: City, who: str, cases: Iterable[str]) -> Names:
        shown = set()
        for name in cases:
            answer = city.browser(who).get(way.format(number=city.cases[name].number))
            assert answer.status_code in {200, 302, 403, 404}, (who, name, answer.status_code)
            if answer.status_code == 200:
                shown.add(name)
        return frozenset(shown)

    return ask


def _answered_for(who: str) -> Names:
    """The security administrator of a place answers to people for what is known of them."""
    return _kept(who, {"security_admin"})


CHANNELS: dict[str, Channel] = {
    "page": Channel(_one_by_one("/cases/{number}/"), sees),
    "fragment": Channel(_one_by_one("/cases/{number}/", htmx=True), sees),
    "row": Channel(_one_by_one("/desk/row/{pk}/"), sees),
    "by id": Channel(_one_by_one("/cases/id/{pk}/"), sees),
    "form of a move": Channel(_one_by_one("/cases/{number}/remark/", htmx=True), sees),
    "meanwhile": Channel(_one_by_one("/cases/{number}/since/0/"), sees),
    "print": Channel(_one_by_one("/cases/{number}/print/"), sees),
    "attachment": Channel(_one_by_one("/files/{photo}/full.jpg"), _with_photo),
    "attachment, small": Channel(_one_by_one("/files/{photo}/small.jpg"), _with_photo),
    "list": Channel(_listed, _in_lists, whole=True),
    "own reports": Channel(_mine, _own, whole=True),
    "news of a list": Channel(_news, _in_lists, whole=True),
    "search": Channel(_searched, sees, whole=True),
    "search, typed": Channel(_typed, sees),
    "search by telephone": Channel(_by_phone, _known, whole=True),
    "who reported": Channel(_unmasked, _known),
    "feed": Channel(_fed, sees, whole=True),
    "export": Channel(_exported, _in_lists, whole=True),
    "job: cases chosen": Channel(_chosen, _in_lists, whole=True),
    "job: cases worked on": Channel(_carried_out, _may_remark, whole=True),
    "journal of a case": Channel(_for_keepers("/journal/{number}/"), _kept_by),
    "personal data of a case": Channel(_for_keepers("/privacy/of/{number}/"), _answered_for),
}
"""For people."""
