"""A person is erased: from every table and file, on record, and again after a restore (T-P2)."""

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from shiyu.cases import actions as cases
from shiyu.cases.audit import Audited, broken_invariants, replay_all
from shiyu.cases.models import Case, Report, Reporter
from shiyu.cases.tests.world import World, a_photo
from shiyu.common.errors import NotAllowed, OutOfOrder, Refused
from shiyu.common.masking import masked
from shiyu.common.models import Answered
from shiyu.files import store
from shiyu.files.models import Photo
from shiyu.journal.models import Line, Remark
from shiyu.notices.actions import follow
from shiyu.notices.models import Follower
from shiyu.people.actors import Actor, Scope
from shiyu.people.models import Person
from shiyu.portal.models import Draft
from shiyu.privacy import actions, outside
from shiyu.privacy.models import Demand, Erasure, Hold

pytestmark = pytest.mark.django_db

NAME, PHONE, STREET = "欧阳金丝雀", "13912345678", "金丝雀巷甲九号"
SAID = "我是欧阳金丝雀，电话13912345678，井盖坏了"
CANARIES = (NAME, PHONE, STREET, "金丝雀")
TABLES = """
    SELECT c.relname FROM pg_class c
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
       AND NOT c.relispartition ORDER BY 1
"""


@pytest.fixture(autouse=True)
def own_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "erasures.jsonl"
    monkeypatch.setenv("SHIYU_ERASURES", str(path))
    return path


def holder(duty: str) -> Actor:
    """Somebody who holds this duty in the whole city."""
    person, _made = Person.objects.get_or_create(username=duty, defaults={"name": duty})
    return Actor("person", person.pk, duty, (Scope(duty, 1, 9999, 1),))


def everything_stored() -> dict[str, str]:
    """Each table as text, as a dump of it would have it."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        for (name,) in cursor.fetchall():
            cursor.execute(f"SELECT coalesce(string_agg(t::text, '|'), '') FROM \"{name}\" t")
            found[name] = cursor.fetchone()[0]
    return found


def where_it_stands(*said: str) -> set[str]:
    return {table for table, text in everything_stored().items() if any(s in text for s in said)}


@pytest.fixture
def canary(world: World) -> Report:
    """A person in every table that may hold something of a resident."""
    report, _code = world.report(text=SAID, name=NAME, phone=PHONE, address=STREET)
    mine, case = Actor.receipt(report.pk), report.case
    cases.add_photos(case, [a_photo()], role=Photo.Role.SCENE, actor=mine)
    cases.remark(case, actor=mine, reason=f"{NAME}补充：还没修")
    follow(report.subject, case.subject, channel="sms", value=PHONE, language="zh-hans")
    look = {"purpose": "answer", "reason": f"给{NAME}回电话"}
    report = Report.objects.select_related("case", "reporter").get(pk=report.pk)
    cases.unmask(report, **look, actor=world.actor("intake"))
    Draft.objects.create(
        ref=uuid.uuid4().hex, key="0" * 64, door="words", text=masked(SAID), report=report
    )
    answer = {"status": 200, "text": f"{case.number} {NAME}"}
    Answered.objects.create(
        client="c",
        route="r",
        key="k",
        body_hash="h",
        status=200,
        answer=answer,
        at=timezone.now(),
    )
    return report


def asked(world: World, report: Report, *, by: Actor | None = None) -> Demand:
    by = by or Actor.receipt(report.pk)
    ground = Demand.Ground.NO_LONGER_NEEDED
    return actions.ask(report, ground=ground, whole_person=False, actor=by)


def test_nothing_of_an_erased_person_is_left(
    world: World, canary: Report, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    assert {"cases_case", "common_answered", "journal_remark", "portal_draft"} <= (
        where_it_stands(*CANARIES)
    )
    (photo,) = Photo.objects.filter(added_by=f"receipt:{canary.pk}")
    assert store.path_of(photo.sha256).exists()
    lines = list(Line.objects.filter(subject=canary.case.subject).order_by("pk").values())

    with django_capture_on_commit_callbacks(execute=True):
        done = actions.carry_out(asked(world, canary), actor=holder("security_admin"))

    assert where_it_stands(*CANARIES) == set()
    assert not store.path_of(photo.sha256).exists()
    assert not store.path_of(photo.sha256, "small").exists()
    for model in (Reporter, Follower, Draft):
        assert not model.objects.exists(), model
    assert done.counts == {
        "reporters": 1,
        "remarks": 4,
        "photos": 1,
        "followers": 1,
        "addresses": 1,
    }
    assert list(Line.objects.filter(subject=canary.case.subject).order_by("pk").values()) == lines
    (line,) = Line.objects.filter(subject=canary.subject, verb="erase_person")
    assert line.facts["why"] == f"demand:{done.pk}"
    assert [fault for fault in replay_all(Audited()) if fault] == []
    assert list(broken_invariants()) == []
    assert Case.objects.filter(pk=canary.case.pk).exists()


def test_the_list_outside_names_what_was_erased_and_says_nothing_of_it(
    world: World, canary: Report, own_list: Path
) -> None:
    actions.carry_out(asked(world, canary), actor=holder("security_admin"))
    text = own_list.read_text()
    (listed,) = outside.read(own_list)

    assert not any(said in text for said in (*CANARIES, json.dumps(NAME)[1:-1]))
    assert listed.reports.keys() == {str(canary.pk)}
    assert len(listed.remarks) == 4
    assert str(Erasure.objects.get().ref) == listed.ref
    assert own_list.stat().st_mode & 0o077 == 0


def test_a_restored_database_is_erased_again_once(
    world: World, canary: Report, own_list: Path
) -> None:
    """The database as it was before, the list as it is now: what a restore meets."""
    from django.db import transaction

    before = transaction.savepoint()
    actions.carry_out(asked(world, canary), actor=holder("security_admin"))
    transaction.savepoint_rollback(before)
    assert "journal_remark" in where_it_stands(*CANARIES)

    first, second = actions.replay_erasures(own_list), actions.replay_erasures(own_list)

    assert where_it_stands(*CANARIES) == set()
    assert (first["erasures"], first["reporters"], first["remarks"]) == (1, 1, 4)
    assert second == {"known": 1}
    assert len(outside.read(own_list)) == 1
    assert Line.objects.filter(subject=canary.subject, verb="erase_person").count() == 1


def test_a_row_that_has_an_erased_ones_id_and_is_anothers_stays(
    world: World, canary: Report, own_list: Path
) -> None:
    from django.db import transaction

    before = transaction.savepoint()
    actions.carry_out(asked(world, canary), actor=holder("security_admin"))
    transaction.savepoint_rollback(before)
    Report.objects.filter(pk=canary.pk).update(source_ref="somebody-elses")

    assert actions.replay_erasures(own_list) == {"other": 1}
    assert Reporter.objects.get().name == NAME


def test_an_erasure_that_failed_is_taken_back_in_the_list(
    world: World, canary: Report, own_list: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shiyu.privacy.actions import erasing

    def full(*_a: object, **_k: object) -> None:
        outside.void("somebody")
        raise OSError("disk full")

    monkeypatch.setattr(erasing.outside, "add", full)
    with pytest.raises(OSError, match="full"):
        actions.carry_out(asked(world, canary), actor=holder("security_admin"))

    assert outside.read(own_list) == []
    assert Reporter.objects.get().name == NAME
    assert Demand.objects.get().stage == Demand.Stage.ASKED


def test_a_torn_line_of_the_list_hides_no_other(own_list: Path) -> None:
    outside.add(outside.Listed("a", "t", "w", "s"), own_list)
    with own_list.open("a") as file:
        file.write('{"form": "shiyu-er')
    outside.add(outside.Listed("b", "t", "w", "s"), own_list)
    outside.void("a", own_list)

    assert [one.ref for one in outside.read(own_list)] == ["b"]


def test_who_asks_does_not_decide_and_only_the_security_administrator_does(
    world: World, canary: Report
) -> None:
    security = holder("security_admin")
    demand = asked(world, canary, by=security)
    for who in ("security_admin", "intake", "system_admin", "audit_admin", "command"):
        with pytest.raises(NotAllowed):
            actions.carry_out(demand, actor=holder(who))
    with pytest.raises(OutOfOrder):
        asked(world, canary)
    for actor in (Actor.receipt(canary.pk + 1), world.actor("handler"), Actor("key", 1)):
        with pytest.raises(NotAllowed):
            asked(world, canary, by=actor)
    assert Reporter.objects.exists()


def test_what_the_law_keeps_is_not_erased_until_it_is_let_go(world: World, canary: Report) -> None:
    security, demand = holder("security_admin"), asked(world, canary)
    until = timezone.localdate() + timedelta(days=30)
    kept = actions.hold(canary, ground=Hold.Ground.LAWSUIT, until=until, actor=security)

    with pytest.raises(Refused, match="依法留存"):
        actions.carry_out(demand, actor=security)
    with pytest.raises(NotAllowed):
        actions.lift(kept, actor=holder("system_admin"))
    actions.lift(kept, actor=security)
    with pytest.raises(OutOfOrder):
        actions.lift(kept, actor=security)

    assert actions.carry_out(demand, actor=security).stage == Demand.Stage.DONE
    verbs = (
        Line.objects.filter(subject=canary.subject).order_by("pk").values_list("verb", flat=True)
    )
    assert [v for v in verbs if v != "unmask"] == [
        *("ask_erasure", "hold", "lift_hold", "erase_person")
    ]


def test_a_refusal_has_a_reason_and_ends_the_request(world: World, canary: Report) -> None:
    security, demand = holder("security_admin"), asked(world, canary)
    with pytest.raises(Refused):
        actions.refuse(demand, reason=" ", actor=security)
    demand = actions.refuse(demand, reason="案件还在办理，须联系上报人", actor=security)

    assert Remark.objects.get(pk=demand.remark_id).text == "案件还在办理，须联系上报人"
    with pytest.raises(OutOfOrder):
        actions.carry_out(demand, actor=security)


def test_the_same_telephone_is_the_same_person_for_an_officer_alone(
    world: World, canary: Report
) -> None:
    other, _ = world.report(text="路灯不亮", name="", phone=f"+86{PHONE}")
    stranger, _ = world.report(text="路灯不亮", name=NAME, phone="13700000000")
    ground = Demand.Ground.WITHDRAWN
    with pytest.raises(NotAllowed, match="窗口"):
        actions.ask(canary, ground=ground, whole_person=True, actor=Actor.receipt(canary.pk))

    demand = actions.ask(canary, ground=ground, whole_person=True, actor=world.actor("intake"))
    actions.carry_out(demand, actor=holder("security_admin"))

    assert demand.reports == [canary.pk, other.pk]
    assert [r.report_id for r in Reporter.objects.all()] == [stranger.pk]
