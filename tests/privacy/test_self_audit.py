"""A self-audit says what was counted, in words that are kept, and is never written anew."""

import hashlib
import io
import json
import time
import zipfile
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import timezone, translation

from shiyu.cases.models import Look, Reporter
from shiyu.cases.tests.world import World
from shiyu.common.errors import NotAllowed, Refused
from shiyu.journal.models import Line
from shiyu.people.actors import Actor
from shiyu.privacy import actions, audit_counts, self_audit
from shiyu.privacy.audit_figures import Figure
from shiyu.privacy.models import Demand, Erasure, SelfAudit
from shiyu.privacy.self_audit import POINTS, Point, State
from tests.privacy.test_two_people import employed, keeper

pytestmark = pytest.mark.django_db
A_DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def own_list(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHIYU_ERASURES", str(tmp_path / "erasures.jsonl"))


def today() -> date:
    return timezone.localdate()


def counted(name: str) -> tuple[str, dict[str, int]]:
    """State and figures of one point of today, by the words of each figure."""
    period = self_audit.period_of(today(), today())
    (point,) = [one for one in POINTS if one.name == name]
    figures = list(point.counts(period)) if point.counts else []
    return self_audit.state_of(point, figures), {str(one.title): one.count for one in figures}


def test_each_point_is_counted_or_says_who_answers_what() -> None:
    for point in POINTS:
        assert point.counts or (point.who and point.what), point.name
        assert point.law
    assert len({point.name for point in POINTS}) == len(POINTS) == 26


@pytest.mark.parametrize(
    ("who", "figures", "state"),
    [
        ("", [Figure("a", 3, "b")], State.GOOD),
        ("", [Figure("a", 0, "b", wrong=True)], State.GOOD),
        ("x", [Figure("a", 1, "b", wrong=True), Figure("a", 1, "b", asks=True)], State.LACKING),
        ("x", [], State.PEOPLE),
        ("x", [Figure("a", 1, "b")], State.PEOPLE),
        ("x", [Figure("a", 0, "b", asks=True)], State.GOOD),
        ("x", [Figure("a", 1, "b", asks=True)], State.PEOPLE),
    ],
)
def test_a_lack_comes_first_then_what_people_answer(
    who: str, figures: list[Figure], state: State
) -> None:
    assert self_audit.state_of(Point("a", "b", "c", who=who), figures) == state


def test_figures_follow_the_records(world: World) -> None:
    """Each figure is nothing before, and counts what was made after; what lacks is lacking."""
    report = world.report(text="井盖坏了", name="王芳", phone="13912345678")[0]
    now, reader = timezone.now(), world.people["intake"]
    told = {"report": report, "person": reader, "purpose": "verify"}
    assert counted("reads") == (State.GOOD, counted("reads")[1])
    assert not any(counted("reads")[1].values())
    assert counted("erased")[0] == counted("rights")[0] == counted("grants")[0] == State.GOOD

    grant = Look.objects.create(**told, at=now - timedelta(hours=9), until=now - timedelta(hours=1))
    Look.objects.create(**told, at=now, until=now, under=grant.pk)
    Look.objects.create(**told | {"purpose": "answer"}, at=now, until=now)
    Look.objects.create(**told, at=now - 40 * A_DAY, until=now - 40 * A_DAY)
    state, reads = counted("reads")
    assert (state, reads["核实情况"], reads["答复办理结果"]) == (State.LACKING, 1, 1)
    assert reads["超出授权的查看"] == 1
    Look.objects.create(**told, at=now, until=now + timedelta(hours=9))
    assert counted("grants")[1]["长于 8 小时的"] == 1

    asked = {"report": report, "asked_by": "x:1", "asked_at": now - 60 * A_DAY}
    Demand.objects.create(ground="withdrawn", **asked)
    state, rights = counted("rights")
    assert (state, rights["超期还没有答复的"], rights["删除个人信息"]) == (State.LACKING, 1, 0)
    assert counted("erased")[1]["申请了还没有办的"] == 1
    Erasure.objects.create(why="demand:1", at=now)
    assert counted("erased")[1]["库外删除清单里没有的"] == 1
    Reporter.objects.update(plain_name="王芳")
    assert counted("sensitive")[1]["没有加密的上报人姓名或电话"] == 1
    assert counted("basis")[0] == counted("assessed")[0] == State.GOOD
    assert counted("managed")[0] == State.LACKING


def test_a_request_has_fifteen_working_days_of_the_citys_calendar(world: World) -> None:
    friday = date(2026, 3, 6)
    last = audit_counts.last_day(friday)
    assert last == date(2026, 3, 27)
    assert audit_counts.last_day(friday + A_DAY) == last


@pytest.mark.parametrize(
    ("since", "until", "field"), [(0, 1, "until"), (0, -1, "until"), (-1200, 0, "since")]
)
def test_a_time_that_makes_no_sense_is_refused(
    world: World, since: int, until: int, field: str
) -> None:
    with pytest.raises(Refused) as refused:
        actions.audit_itself(
            today() + since * A_DAY, today() + until * A_DAY, actor=keeper(world, "s1")
        )
    assert refused.value.field == field
    assert self_audit.last_quarter(date(2026, 1, 1)) == (date(2025, 10, 1), date(2025, 12, 31))
    assert self_audit.last_quarter(date(2026, 6, 30)) == (date(2026, 1, 1), date(2026, 3, 31))


def test_an_old_audit_keeps_its_words_when_its_page_has_gone() -> None:
    kept = {"name": "old", "title": "旧要点", "law": ["1"], "state": "good", "where": "gone:gone"}
    audit = SelfAudit(points=[{**kept, "who": "", "what": "", "figures": []}])
    (point,) = self_audit.shown(audit)["points"]
    assert (point["title"], point["link"]) == ("旧要点", "")


def test_others_make_none(world: World) -> None:
    for actor in (world.actor("intake"), keeper(world, "y1", "system_admin"), Actor.program("x")):
        with pytest.raises(NotAllowed):
            actions.audit_itself(today(), today(), actor=actor)


def test_from_the_form_to_the_file_and_never_rewritten(world: World) -> None:
    security = employed(world, keeper(world, "s1"))
    audit_admin = employed(world, keeper(world, "a1", "audit_admin"))
    page, day = "/privacy/audits/", str(today())
    assert security.post(page, {"since": day, "until": "2999-01-01"}).status_code == 422
    address = audit_admin.post(page, {"since": day, "until": day})["Location"]
    made = SelfAudit.objects.get()
    line = Line.objects.get(subject=made.subject)
    assert (line.verb, line.facts["sha256"]) == ("self_audit", made.sha256)
    assert sum(line.facts[state] for state in State.values) == len(POINTS)
    for words in ("DELETE FROM privacy_selfaudit", "UPDATE privacy_selfaudit SET points = '[]'"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(words)

    with translation.override("zh-hans"):
        told = security.get(address).content.decode()
    assert address in security.get(page).content.decode()
    for point in POINTS:
        assert f'id="point-{point.name}"' in told
        if point.where:
            assert f'id="look-{point.name}"' in told
    for where in {reverse(point.where) for point in POINTS if point.where}:
        assert security.get(where).status_code == audit_admin.get(where).status_code == 200, where

    packed = zipfile.ZipFile(io.BytesIO(security.get(f"{address}file/").content))
    manifest = json.loads(packed.read("manifest.json"))
    kept = packed.read("audit.json")
    assert hashlib.sha256(kept).hexdigest() == made.sha256
    assert manifest["journal_line"] == line.pk
    for one in manifest["files"]:
        content = packed.read(one["path"])
        assert (one["bytes"], one["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert employed(world, keeper(world, "y1", "system_admin")).get(address).status_code == 403


FILLED = (
    "INSERT INTO cases_report (case_id, source, source_ref, reported_at)"
    " SELECT {case}, 'test', 'many' || n, now() FROM generate_series(1, {reports}) n",
    "INSERT INTO cases_reporter (report_id, key, sealed, found_by)"
    " SELECT p.id, r.key, r.sealed, r.found_by FROM cases_report p, cases_reporter r"
    " WHERE r.report_id = {report} AND p.source_ref LIKE 'many%' LIMIT {reporters}",
    "INSERT INTO cases_look (report_id, person_id, purpose, at, until)"
    " SELECT {report}, {person}, 'verify', now(), now() FROM generate_series(1, {looks}) n",
    "INSERT INTO journal_line (occurred_at, subject, verb, actor, facts)"
    " SELECT now(), 'case:' || n, 'remark', 'program:x', '{{}}' FROM generate_series(1, {lines}) n",
)


@pytest.mark.long
def test_a_large_city_is_audited_while_a_page_waits(world: World) -> None:
    """Each statement under the pages' own limit, or the database would end it."""
    report = world.report(text="井盖坏了", name="王芳", phone="13912345678")[0]
    many = {"reports": 1_000_000, "reporters": 300_000, "looks": 100_000, "lines": 1_000_000}
    who = {"case": report.case_id, "report": report.pk, "person": world.people["intake"].pk}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout TO 0")
        for words in FILLED:
            cursor.execute(words.format(**many, **who))
        cursor.execute("SET LOCAL statement_timeout TO '15s'")
    began = time.monotonic()
    made = actions.audit_itself(today(), today(), actor=keeper(world, "s1"))
    print(f"{many}: audited in {time.monotonic() - began:.1f} s")
    figures = {f["title"]: f["count"] for point in made.points for f in point["figures"]}
    assert figures["核实情况"] == many["looks"]
    with connection.cursor() as cursor:  # what refers to what is looked through at the end
        cursor.execute("SET LOCAL statement_timeout TO 0")
