"""What one administrator alone tries: refused; what is asked for waits for a second person (T-P10).

Through the pages by the three administrators, and in the database itself by the roles that the
program's processes have. Whoever owns the server is found by the witness: `tests/faults`.
"""

from dataclasses import dataclass
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from shiyu.cases.models import Look, Report, Reporter
from shiyu.cases.tests.world import LONG_AGO, World
from shiyu.common.errors import NotAllowed
from shiyu.journal.models import Line, Remark
from shiyu.people import actions as accounts
from shiyu.people.actors import Actor
from shiyu.people.models import Appointment, Person, Post, PostDuty
from shiyu.privacy import actions
from shiyu.privacy.models import Demand

pytestmark = pytest.mark.django_db

NAME, PHONE, WORDS = "欧阳金丝雀", "13912345678", "井盖坏了，找金丝雀"
SYSTEM, SECURITY, AUDIT = "system_admin", "security_admin", "audit_admin"
ALL = (SYSTEM, SECURITY, AUDIT)
REFUSED = frozenset({401, 403, 404, 405, 409, 422})


@dataclass(frozen=True)
class Way:
    """Something tried: by whom, how; `asks`: it becomes a request, and nothing happens."""

    name: str
    by: tuple[str, ...]
    path: str
    sent: dict[str, Any] | None = None
    asks: bool = False


LOOK = {"purpose": "verify", "reason": "想看看", "fields": ["name", "phone"]}
COPY = {"ground": "in_person", "whole_person": "on"}
EXPORT = {"purpose": "check", "reason": "想看看", "columns": ["name", "phone"], "personal": "on"}
WAYS = (
    Way("open a case", ALL, "/cases/{number}/"),
    Way("open the next row of a list", ALL, "/desk/all/"),
    Way("open a case by its id", ALL, "/cases/id/{case}/"),
    Way("find by telephone", ALL, "/search/", {"q": PHONE}),
    Way("unmask a reporter", ALL, "/cases/{number}/reporter/{report}/", LOOK),
    Way("look at a photo", ALL, "/files/{photo}/full.jpg"),
    Way("close a case", ALL, "/cases/{number}/close/", {"outcome": "fixed"}),
    Way("write into a case", ALL, "/cases/{number}/remark/", {"reason": "改一改"}),
    Way("ask for an export of everything", ALL, "/exports/new/?queue=all", EXPORT),
    Way("erase words", (SYSTEM, AUDIT), "/journal/{number}/{remark}/erase/", {"ground": "secret"}),
    Way(
        "erase words as the security administrator",
        (SECURITY,),
        "/journal/{number}/{remark}/erase/",
        {"ground": "secret"},
        asks=True,
    ),
    Way("copy a person", (SYSTEM, AUDIT), "/privacy/of/{number}/{report}/ask-copy/", COPY),
    Way(
        "copy a person as the security administrator",
        (SECURITY,),
        "/privacy/of/{number}/{report}/ask-copy/",
        COPY,
        asks=True,
    ),
    Way(
        "erase a person as the security administrator",
        (SECURITY,),
        "/privacy/of/{number}/{report}/ask/",
        {"ground": "unlawful", "whole_person": "on"},
        asks=True,
    ),
    Way("end a grant that is nobody's", ALL, "/privacy/grants/987654321/end/", {}),
    Way("see who reported a case", (SYSTEM, AUDIT), "/privacy/of/{number}/"),
    Way("erase a person", (SYSTEM, AUDIT), "/privacy/requests/{demand}/erase/", {}),
    Way(
        "refuse a request", (SYSTEM, AUDIT), "/privacy/requests/{demand}/refuse/", {"reason": "不"}
    ),
    Way("hold something back", (SYSTEM, AUDIT), "/privacy/of/{number}/{report}/hold/", {}),
    Way("read the catalogue of personal data", (SYSTEM,), "/privacy/"),
    Way("read requests", (SYSTEM,), "/privacy/requests/"),
    Way("see the journal's seals", (SYSTEM,), "/journal/"),
    Way("ask the interface without a key", ALL, "/api/v1/cases"),
    Way("ask the interface for a case", ALL, "/api/v1/cases/{number}"),
)
CASES = [(way, who) for way in WAYS for who in way.by]


@pytest.fixture
def target(world: World) -> dict[str, Any]:
    report, _code = world.report(text=WORDS, name=NAME, phone=PHONE)
    case = report.case
    another, _code = world.report(text="路灯不亮", name="李娜", phone="13700000000")
    demand = Demand.objects.create(
        report=another,
        reports=[another.pk],
        ground="withdrawn",
        asked_by=f"receipt:{another.pk}",
        asked_at=another.reported_at,
    )
    return {
        "number": case.number,
        "case": case.pk,
        "report": report.pk,
        "remark": report.remark_id,
        "photo": "0" * 32,
        "demand": demand.pk,
    }


def employ(world: World, duty: str) -> Person:
    person = Person.objects.create(username=duty, name="管理员", password="!", made_up=True)
    post = Post.objects.create(unit=world.units["city"], title="管理员")
    Appointment.objects.create(person=person, post=post, starts_on=LONG_AGO)
    PostDuty.objects.create(
        post=post, duty=duty, place_code="410200", place_first=1, place_last=9999
    )
    return person


def on_record() -> int:
    return Line.objects.count() + Look.objects.count()


@pytest.mark.parametrize(("way", "who"), CASES, ids=[f"{way.name}: {who}" for way, who in CASES])
def test_an_administrator_alone_is_refused_or_waits_for_another(
    way: Way, who: str, world: World, client: Client, target: dict[str, Any]
) -> None:
    client.force_login(employ(world, who))
    before, words = on_record(), Remark.objects.get(pk=target["remark"]).text
    path = way.path.format(**target)

    answer = client.get(path) if way.sent is None else client.post(path, way.sent)

    body = answer.content.decode("utf-8", "ignore")
    assert not any(said in body for said in (NAME, PHONE, WORDS))
    assert Remark.objects.get(pk=target["remark"]).text == words
    assert Report.objects.get(pk=target["report"]).reporter.name == NAME
    if way.asks:
        assert on_record() > before
        waits_for_another(client, answer)
        return
    assert answer.status_code in REFUSED, (path, answer.status_code)
    assert on_record() == before


def waits_for_another(client: Client, answer: Any) -> None:
    """Nothing has happened, and whoever asked cannot make it happen."""
    demand = Demand.objects.latest("pk")
    assert answer["Location"] == f"/privacy/requests/{demand.pk}/"
    for step in ("erase", "grant", "copy", "refuse"):
        tried = client.post(f"/privacy/requests/{demand.pk}/{step}/", {"reason": "自己同意"})
        assert tried.get("Content-Type", "") != "application/zip"
    demand.refresh_from_db()
    assert demand.stage == "asked"
    assert not Look.objects.filter(purpose="subject").exists()
    assert Reporter.objects.exists()


def test_a_second_account_of_ones_own_is_no_second_person(
    world: World, client: Client, target: dict[str, Any]
) -> None:
    """The security administrator makes an account, gives it a post of their own duty, uses it."""
    person = employ(world, SECURITY)
    alone = Actor.for_person(person)
    puppet = accounts.create_person("puppet", "新人", password="Lang3s-Passwort!", actor=alone)
    post = Post.objects.get(duties__duty=SECURITY)
    employ(world, AUDIT)  # there is somebody else, so one alone does not
    with pytest.raises(NotAllowed, match="另一名管理员"):
        accounts.appoint(puppet, post, starts_on=LONG_AGO, actor=alone)
    Appointment.objects.create(person=puppet, post=post, starts_on=LONG_AGO)
    client.force_login(person)
    client.post(f"/privacy/of/{target['number']}/{target['report']}/ask-copy/", COPY)
    demand = Demand.objects.latest("pk")

    second = Actor.for_person(Person.objects.get(pk=puppet.pk))
    assert second.holds(SECURITY)
    for step in (actions.grant, lambda d, actor: actions.refuse(d, reason="不", actor=actor)):
        with pytest.raises(NotAllowed, match="经手"):
            step(demand, actor=second)
    assert Demand.objects.get(pk=demand.pk).stage == "asked"


IN_THE_DATABASE = (
    "UPDATE journal_line SET actor = 'person:1'",
    "DELETE FROM journal_line",
    "TRUNCATE journal_line",
    "INSERT INTO journal_line (id, recorded_at, occurred_at, subject, verb, actor, facts)"
    " VALUES (1, now(), now(), 'x:1', 'x', 'x', '{}')",
    "UPDATE journal_remark SET author = 'person:1'",
    "DELETE FROM journal_remark",
    "UPDATE journal_seal SET root = ''",
    "DELETE FROM journal_seal",
    "UPDATE journal_mark SET said = ''",
    "DELETE FROM journal_mark",
    "UPDATE cases_look SET purpose = 'verify'",
    "DELETE FROM cases_look",
    "TRUNCATE cases_look",
    "UPDATE privacy_erasure SET why = ''",
    "DELETE FROM privacy_erasure",
    "DELETE FROM privacy_demand",
    "DELETE FROM privacy_hold",
    "DELETE FROM privacy_selfaudit",
    "UPDATE privacy_selfaudit SET points = '[]'",
    "DELETE FROM cases_case",
    "DELETE FROM cases_report",
    "DELETE FROM desk_export",
    "ALTER TABLE journal_line DISABLE TRIGGER ALL",
    "ALTER TABLE cases_look OWNER TO web",
    "DROP TABLE cases_look",
    "CREATE TABLE stolen AS SELECT * FROM cases_reporter",
    "SET session_replication_role = replica",
    "SET ROLE owner",
    "COPY cases_reporter TO '/tmp/stolen'",
    "COPY cases_reporter TO PROGRAM 'cat'",
    "SELECT pg_read_file('/etc/passwd')",
    "CREATE EXTENSION file_fdw",
    "ALTER SYSTEM SET log_statement = 'all'",
)


@pytest.mark.parametrize("words", IN_THE_DATABASE)
def test_the_role_of_the_pages_cannot_touch_the_record(
    world: World, words: str, target: dict[str, Any]
) -> None:
    with (
        pytest.raises(DatabaseError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(words)


def test_no_role_gives_itself_a_right(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("GRANT DELETE ON journal_line TO web")  # a warning, without effect
        cursor.execute("SELECT has_table_privilege('web', 'journal_line', 'DELETE')")
        assert cursor.fetchone() == (False,)


def test_what_the_database_holds_of_a_reporter_opens_for_no_one_with_the_database_alone(
    world: World, target: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    from shiyu.common.vault import Unreadable

    monkeypatch.setenv("SHIYU_HOME", str(tmp_path))
    with pytest.raises(Unreadable):
        _ = Report.objects.get(pk=target["report"]).reporter.name


def test_at_least_forty_ways_are_tried() -> None:
    assert len(CASES) + len(IN_THE_DATABASE) >= 40
