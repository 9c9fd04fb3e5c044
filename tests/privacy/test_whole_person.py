"""One person in every table that can name a resident: handed out whole, erased whole (T-P2).

`RESIDENTS`, `STAFF` divide the tables of the data catalogue. A table that stands in none
fails, and so does one of `RESIDENTS` in which the person is not found before they are erased.
"""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.utils import timezone

from shiyu.cases import actions as cases
from shiyu.cases.actions.looking import SEARCHED
from shiyu.cases.models import Report
from shiyu.cases.tests.world import World, a_photo
from shiyu.common import attempts
from shiyu.common.attempts import Counter
from shiyu.common.masking import masked
from shiyu.common.models import Answered
from shiyu.common.tests.database import TestDatabase
from shiyu.desk import workbook
from shiyu.desk.actions import exports
from shiyu.desk.columns import USUAL
from shiyu.desk.models import Export
from shiyu.desk.queues import QUEUES
from shiyu.files.models import Photo
from shiyu.journal import sealing
from shiyu.journal.audit import Audited, verify
from shiyu.journal.tests.ledger import ALONE, reading
from shiyu.journal.witnessed import Witnessed
from shiyu.notices.actions import follow
from shiyu.notices.tests.conftest import make_connector
from shiyu.people.actors import Actor, Scope
from shiyu.people.models import Person
from shiyu.portal.models import Draft
from shiyu.privacy import access, actions
from shiyu.privacy.declared import PERSONAL
from tests.privacy.test_erasing import CANARIES, NAME, PHONE, SAID, STREET, where_it_stands

GOES, STAYS = "rows of theirs go", "the row stays and says nothing of them"

RESIDENTS: dict[str, str] = {
    "cases_reporter": GOES,
    "notices_follower": GOES,
    "notices_delivery": STAYS,  # that a message was owed, without number and words
    "portal_draft": GOES,
    "files_photo": GOES,
    "common_answered": GOES,
    "common_attempt": STAYS,  # an HMAC of the number, gone by itself within the hour
    "django_session": STAYS,  # which language a browser reads
    "cases_report": STAYS,
    "cases_case": STAYS,
    "cases_found": STAYS,
    "cases_look": STAYS,
    "cases_rating": STAYS,
    "journal_line": STAYS,
    "journal_remark": STAYS,
    "privacy_demand": STAYS,
    "privacy_hold": STAYS,
    "desk_export": STAYS,  # that a file was made; the file goes
}
"""Tables in which something of a resident may stand, and what becomes of their rows."""

STAFF = frozenset(
    {
        *("cases_lookend", "cases_check", "notices_address", "notices_notice", "notices_wishes"),
        *("people_person", "people_appointment", "people_unitchange", "places_rosterentry"),
        *("people_proposal", "privacy_assessment", "privacy_selfaudit"),
        *("places_survey", "calendars_revision", "catalogue_sheetupload", "catalogue_objection"),
        *("desk_saved", "desk_layout", "desk_batch", "desk_exportlimits", "api_client", "api_key"),
        *("usersessions_usersession", "account_emailaddress", "account_emailconfirmation"),
        *("mfa_authenticator", "socialaccount_socialaccount", "socialaccount_socialtoken"),
        "places_address",  # written addresses of the city, set up by staff: places, no residents
    }
)
"""Tables that name those who work here: no resident comes into them."""


@pytest.fixture(autouse=True)
def own_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIYU_ERASURES", str(tmp_path / "erasures.jsonl"))


def missing(tables: set[str]) -> list[str]:
    return [
        f"{name} may name somebody: put the canary into it here (RESIDENTS), or say in STAFF that "
        f"no resident comes into it ({Path(__file__).name})"
        for name in sorted(tables - RESIDENTS.keys() - STAFF)
    ]


def counted() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(f"SELECT '{t}', count(*) FROM {t}" for t in sorted(RESIDENTS))
        )
        return dict(cursor.fetchall())


def everywhere(world: World) -> Report:
    """Somebody reports, adds, follows, rates, asks; staff look, hold, take a file out."""
    report, code = world.report(text=SAID, name=NAME, phone=PHONE, address=STREET)
    mine, case = Actor.receipt(report.pk), report.case
    intake = world.actor("intake")
    make_connector("sms", secret="x", url="https://a.example/", templates={"followed_accept": "T"})
    cases.add_photos(case, [a_photo()], role=Photo.Role.SCENE, actor=mine)
    cases.remark(case, actor=mine, reason=f"{NAME}补充：还没修")
    follow(report.subject, case.subject, channel="sms", value=PHONE, language="zh-hans")
    report = Report.objects.select_related("case", "reporter").get(pk=report.pk)
    cases.unmask(report, purpose="answer", reason=f"给{NAME}回电话", actor=intake)
    cases.search_by_phone(PHONE, actor=intake)
    attempts.count(Counter(SEARCHED, PHONE))
    case.refresh_from_db()
    cases.accept(case, actor=intake)
    closed = world.make_case("closed", text=SAID, name=NAME, phone=PHONE, address=STREET)
    earlier = closed.reports.get()
    by = Actor.receipt(earlier.pk)
    cases.rate(earlier, solved="partly", satisfaction=2, words=f"{NAME}不满意", actor=by)
    Draft.objects.create(
        ref=uuid.uuid4().hex, key="0" * 64, door="words", text=masked(SAID), report=report
    )
    answer = {"status": 200, "text": f"{case.number} {NAME}"}
    told = {"client": "c", "route": "r", "key": "k", "body_hash": "h", "status": 200}
    Answered.objects.create(**told, answer=answer, at=timezone.now())
    session = SessionStore()
    session["receipt"] = code[:2]
    session.create()
    until = timezone.localdate()
    kept = actions.hold(report, ground="lawsuit", until=until, actor=keeper("甲"))
    actions.lift(kept, actor=keeper("甲"))
    return report


def keeper(name: str) -> Actor:
    person, _made = Person.objects.get_or_create(username=name, defaults={"name": name})
    return Actor("person", person.pk, name, (Scope("security_admin", 1, 9999, 1),))


def a_file(world: World) -> Export:
    said: dict[str, Any] = {"columns": USUAL, "purpose": "report", "reason": "周例会"}
    queue, actor = QUEUES["all"], world.actor("intake")
    made = exports.ask(queue, {}, actor=actor, later=lambda _one: None, personal=False, **said)
    assert isinstance(made, Export)
    exports.make(made)
    made.refresh_from_db()
    return made


def test_every_table_that_can_name_somebody_is_here() -> None:
    assert missing(set(PERSONAL)) == []
    assert set(RESIDENTS) | STAFF <= set(PERSONAL)
    assert not RESIDENTS.keys() & STAFF
    assert len(missing({*PERSONAL, "cases_witness"})) == 1


@pytest.mark.django_db
def test_a_person_in_every_table_is_handed_out_whole_and_leaves_nothing(
    world: World, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    before = counted()
    report = everywhere(world)
    file = a_file(world)
    assert workbook.path_of(file.key).exists()
    demand = actions.ask(
        report, ground="withdrawn", whole_person=True, actor=keeper("甲"), kind="erase"
    )
    there = counted()
    assert [t for t in RESIDENTS if there[t] <= before[t]] == [], "no canary stands in these"

    told = access.of(demand.reports, actor=Actor.receipt(report.pk))
    own, earlier = told["reports"]
    assert earlier["ratings"]
    assert (own["name"], own["phone"], own["where"]["address"]) == (NAME, PHONE, STREET)
    assert {masked(SAID), f"{NAME}补充：还没修"} <= {one["text"] for one in own["words"]}
    shown = (own["photos"], own["told_by"], own["read_by"], own["requests"])
    assert all(shown), shown

    with django_capture_on_commit_callbacks(execute=True):
        actions.carry_out(demand, actor=keeper("乙"))

    left = where_it_stands(*CANARIES)
    # what staff wrote of the case is theirs: found by no program, erased by two at /journal/
    assert left <= {"journal_remark"}, left
    after = counted()
    for table, becomes in RESIDENTS.items():
        if becomes == GOES:
            assert after[table] <= before[table], table
    assert not workbook.path_of(file.key).exists()


@pytest.mark.django_db
def test_a_file_that_was_taken_out_goes_with_the_person_and_one_of_elsewhere_stays(
    world: World, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    report, _code = world.report(text=SAID, name=NAME, phone=PHONE)
    file = a_file(world)
    other = a_file(world)
    Export.objects.filter(pk=other.pk).update(first=9_000, last=9_001)
    demand = actions.ask(
        report, ground="withdrawn", whole_person=False, actor=Actor.receipt(report.pk)
    )

    with django_capture_on_commit_callbacks(execute=True):
        actions.carry_out(demand, actor=keeper("乙"))

    assert not workbook.path_of(file.key).exists()
    assert workbook.path_of(other.key).exists()
    file.refresh_from_db()
    assert file.stage != "made"
    workbook.remove(other.key)


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_the_chain_verifies_after_an_erasure_with_seals_on_both_sides_of_it(
    database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`shiyu verify journal`, with what was written sealed before and after it was erased."""
    from shiyu.cases.tests.world import build
    from shiyu.journal.witness import attest

    monkeypatch.setattr(sealing, "REACHED", ALONE)
    monkeypatch.setenv("SHIYU_WITNESS", str(tmp_path / "witness.jsonl"))
    report = everywhere(build())
    with database.connect("worker", database.name) as worker:
        before = sealing.seal_all(worker)
        attest(worker)
        demand = actions.ask(
            report, ground="withdrawn", whole_person=True, actor=keeper("甲"), kind="erase"
        )
        actions.carry_out(demand, actor=keeper("乙"))
        after = sealing.seal_all(worker)
        audited = Audited()
        with reading(worker):
            faults = [f for f in verify(worker, Witnessed(None), audited) if f is not None]
    print(f"\n{before} lines sealed before, {after} after the erasure: {len(faults)} faults")
    assert before
    assert after
    assert faults == []
    assert audited.lines == before + after
