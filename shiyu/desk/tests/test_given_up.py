"""Work that nobody carries out any more is ended, told and taken up again (任务放弃)."""

import pytest
from django.db import connection

from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case
from shiyu.common.errors import NotAllowed, OutOfOrder
from shiyu.desk import later
from shiyu.desk.actions import batches, exports
from shiyu.desk.actions.given_up import end_given_up
from shiyu.desk.columns import USUAL
from shiyu.desk.models import Batch
from shiyu.desk.queues import QUEUES
from shiyu.journal.models import Line
from shiyu.notices.kinds import page_of, sentence
from shiyu.notices.models import Notice
from shiyu.site import reaper

MAKE_IT_FAIL = "UPDATE procrastinate_jobs SET status = 'doing', attempts = 4"


@pytest.fixture
def begun(world, make_case, monkeypatch):
    """A bulk move of three cases, one of them done when its worker was killed."""
    monkeypatch.setattr(batches, "AT_ONCE", 1)
    actor = world.actor("intake")
    batch = batches.choose([make_case() for _ in range(3)], "accept", actor=actor)
    batch = batches.begin(batch, actor=actor, later=later.carry_out)
    batches._one(batch, batch.items.first().pk, actor)
    return batch


def killed_five_times():
    """What the reaper does to a job whose workers died, in this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(MAKE_IT_FAIL)
        cursor.execute(reaper.LEFT_BEHIND, [reaper.STALE_AFTER_S])
        for job, attempts in cursor.fetchall():
            assert attempts + 1 >= reaper.MOST_ATTEMPTS
            cursor.execute(reaper.GIVE_UP, [job])


def test_a_bulk_move_given_up_is_stopped_told_and_taken_up_again(client, world, begun):
    assert end_given_up() == 0  # its job is there
    killed_five_times()
    assert end_given_up() == 0  # one was done meanwhile: it goes on
    assert Line.objects.get(subject=f"batch:{begun.pk}", verb="resume").actor == "program:batches"
    killed_five_times()

    assert end_given_up() == 1
    assert end_given_up() == 0

    begun.refresh_from_db()
    assert (begun.state, begun.ended_at is not None) == ("stopped", True)
    line = Line.objects.get(subject=f"batch:{begun.pk}", verb="stop")
    assert line.facts == {"cases": 3, "left": 2}
    told = Notice.objects.get(kind="batch_stopped")
    assert told.to == world.people["intake"]
    assert "共 3 件，还有 2 件没办" in sentence(told.kind, told.facts)
    address = page_of(told.subject)
    client.force_login(world.people["intake"])
    page = client.get(address).content.decode()
    assert "中断了：已办 1 件，未能办理 0 件，还有 2 件没办" in page
    assert "继续办理剩下的 2 件" in page
    assert client.get(address + "progress/")["HX-Refresh"] == "true"

    assert client.post(address, {"resume": "1"}).status_code == 302

    assert end_given_up() == 0
    batches.carry_out(begun)
    begun.refresh_from_db()
    assert begun.state == "done"
    assert Case.objects.filter(stage=Stage.ACCEPTED).count() == 3
    assert Line.objects.filter(verb="accept").count() == 3


def test_a_case_at_which_it_stops_twice_is_told_and_left_out_and_the_rest_goes_on(
    client, world, begun
):
    bad = begun.items.filter(state="waiting").first()
    killed_five_times()
    end_given_up()  # it got on: ordered again
    killed_five_times()
    assert end_given_up() == 1
    address = page_of(Notice.objects.get(kind="batch_stopped").subject)
    client.force_login(world.people["intake"])
    assert "办到这件时中断" in client.get(address).content.decode()
    client.post(address, {"resume": "1"})
    killed_five_times()

    assert end_given_up() == 0

    begun.refresh_from_db()
    assert (begun.state, begun.left) == ("running", 1)
    line = Line.objects.filter(subject=f"batch:{begun.pk}", verb="resume").latest("id")
    assert (line.actor, line.facts) == ("program:batches", {"left_out": bad.case_id})
    batches.carry_out(begun)
    page = client.get(address).content.decode()
    assert "办完了：已办 2 件，未能办理 1 件" in page
    told = page[page.index(f'id="case-{bad.case_id}"') :].split("</tr>")[0]
    assert bad.case.number in told
    assert "两次中断，已跳过" in told
    assert Case.objects.get(pk=bad.case_id).stage == Stage.REPORTED
    assert not begun.items.filter(state="done").exclude(why="").exists()
    assert Notice.objects.filter(kind="batch_stopped").count() == 1


def test_only_its_owner_takes_it_up_and_only_when_it_stands(world, begun):
    with pytest.raises(OutOfOrder):
        batches.resume(begun, actor=world.actor("intake"), later=[].append)
    Batch.objects.update(state="stopped")
    with pytest.raises(NotAllowed):
        batches.resume(begun, actor=world.actor("clerk"), later=[].append)


def test_an_export_given_up_has_failed_and_who_asked_is_told(world, make_case):
    make_case()
    said = {"columns": USUAL, "purpose": "report", "reason": "周例会", "personal": False}
    export = exports.ask(
        QUEUES["all"], {}, actor=world.actor("intake"), later=later.make_export, **said
    )
    assert end_given_up() == 0
    killed_five_times()

    assert end_given_up() == 1

    export.refresh_from_db()
    assert export.stage == "failed"
    assert "中断" in export.failure
    assert Notice.objects.get(kind="export_failed").to == world.people["intake"]
    assert not exports.give_up(export)
