"""Many cases at once: the preview says what the move does, the move does what it says."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shiyu.cases import actions
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case
from shiyu.common.errors import NotAllowed, OutOfOrder, Refused
from shiyu.desk.actions import batches
from shiyu.desk.models import Batch, BatchItem
from shiyu.desk.together import TOGETHER, offered
from shiyu.journal.models import Line, Remark
from shiyu.notices.models import Notice

WHO = {
    "accept": "intake",
    "file": "intake",
    "dispatch": "dispatcher",
    "recall": "dispatcher",
    "sign": "handler",
    "close": "intake",
    "urge": "commander",
    "remark": "verifier",
}
FROM = {
    "accept": Stage.REPORTED,
    "file": Stage.ACCEPTED,
    "dispatch": Stage.FILED,
    "recall": Stage.DISPATCHED,
    "sign": Stage.DISPATCHED,
    "close": Stage.VERIFIED,
    "urge": Stage.HANDLING,
    "remark": Stage.HANDLING,
}
SAID = {"close": {"outcome": "fixed"}, "remark": {"reason": "统一复查"}}


def choose(client, cases, move, **more):
    return client.post("/desk/together/", {"case": [c.pk for c in cases], "move": move} | more)


def preview(client, answer):
    return client.get(answer["Location"])


def whys(page):
    return [line.why for line in page.context["lines"]]


def with_kind(case, world):
    if case.kind_id is None:
        Case.objects.filter(pk=case.pk).update(kind=world.kinds["manhole"])
        case.refresh_from_db()
    return case


@pytest.mark.parametrize("move", TOGETHER)
def test_each_move_is_previewed_and_made_for_those_it_fits(move, client, world, make_case):
    fits = [with_kind(make_case(FROM[move]), world) for _ in range(2)]
    late = make_case(Stage.CLOSED)
    client.force_login(world.people[WHO[move]])
    traces = Line.objects.count(), Remark.objects.count(), Notice.objects.count()

    answer = choose(client, [*fits, late], move)
    client.post(answer["Location"], SAID.get(move, {}))
    page = preview(client, answer)

    stays = 0 if move == "remark" else 1
    assert (page.context["goes"], page.context["stays"]) == (3 - stays, stays), whys(page)
    assert (Line.objects.count(), Remark.objects.count(), Notice.objects.count()) == traces

    client.post(answer["Location"], SAID.get(move, {}) | {"go": "1"})

    done = set(BatchItem.objects.filter(state="done").values_list("case_id", flat=True))
    assert done == {c.pk for c in fits} | (set() if stays else {late.pk})
    assert Line.objects.filter(verb=move, subject=fits[0].subject).count() == 1
    result = preview(client, answer)
    assert [w for w in whys(result) if w] == [w for w in whys(page) if w]


def test_what_the_preview_says_is_what_happens_at_every_stage(client, world, make_case):
    cases = [with_kind(make_case(stage), world) for stage in Stage]
    actors = {move: world.actor(who) for move, who in WHO.items()}

    for move in TOGETHER:
        seen = list(batches.whole(actors[move]).filter(pk__in=[c.pk for c in cases]))
        batch = batches.choose(seen, move, actor=actors[move])
        batch.said = SAID.get(move, {})
        for item in batch.items.all():
            case = batches.whole(actors[move]).get(pk=item.case_id)
            foretold = batches.refusal_for(item, case, batch, actors[move])
            from django.db import transaction

            with transaction.atomic():
                batch.save()
                batches._one(batch, item.pk, actors[move])
                item.refresh_from_db()
                happened = item.why if item.state == "refused" else ""
                transaction.set_rollback(True)
            assert happened == foretold, (move, case.stage)


def test_a_case_changed_since_it_was_chosen_is_refused_saying_by_whom(client, world, make_case):
    case, other = make_case(), make_case()
    client.force_login(world.people["intake"])
    answer = choose(client, [case, other], "accept")
    actions.accept(case, actor=world.actor("clerk"))

    client.post(answer["Location"], {"go": "1"})

    item = BatchItem.objects.get(case=case)
    assert item.state == "refused"
    assert "孙悦" in item.why
    assert "受理" in item.why
    assert BatchItem.objects.get(case=other).state == "done"


def test_pressing_twice_makes_each_move_once(client, world, make_case):
    cases = [make_case() for _ in range(3)]
    client.force_login(world.people["intake"])
    answer = choose(client, cases, "accept")

    first = client.post(answer["Location"], {"go": "1", "form_token": "a"})
    again = client.post(answer["Location"], {"go": "1", "form_token": "a"})
    third = client.post(answer["Location"], {"go": "1", "form_token": "b"})

    assert (first.status_code, again.status_code, third.status_code) == (302, 302, 409)
    assert Line.objects.filter(verb="accept").count() == 3


def test_a_worker_killed_in_the_middle_goes_on_and_doubles_nothing(world, make_case, monkeypatch):
    cases = [make_case() for _ in range(5)]
    actor = world.actor("intake")
    batch = batches.choose(cases, "accept", actor=actor)
    monkeypatch.setattr(batches, "AT_ONCE", 1)
    owed = []
    batches.begin(batch, actor=actor, later=owed.append)
    assert Line.objects.filter(verb="accept").count() == 0
    real, made = batches._one, []

    def killed(batch, pk, actor):
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(pk)
        real(batch, pk, actor)

    monkeypatch.setattr(batches, "_one", killed)
    with pytest.raises(KeyboardInterrupt):
        batches.carry_out(owed[0])
    batch.refresh_from_db()
    assert batch.state == "running"
    monkeypatch.setattr(batches, "_one", real)

    batches.carry_out(batch)
    batches.carry_out(batch)

    batch.refresh_from_db()
    assert batch.state == "done"
    assert Line.objects.filter(verb="accept").count() == 5
    assert set(batch.items.values_list("state", flat=True)) == {"done"}


def test_many_are_a_jobs_and_the_page_shows_how_far_it_is(client, world, make_case, monkeypatch):
    from shiyu.desk import jobs

    cases = [make_case() for _ in range(3)]
    monkeypatch.setattr(batches, "AT_ONCE", 2)
    client.force_login(world.people["intake"])
    answer = choose(client, cases, "accept")

    client.post(answer["Location"], {"go": "1"})

    page = preview(client, answer).content.decode()
    assert "正在办理：0 / 3 件" in page
    progress = answer["Location"] + "progress/"
    assert "HX-Refresh" not in client.get(progress)
    jobs.carry_out(Batch.objects.get().key)
    assert client.get(progress)["HX-Refresh"] == "true"
    assert "已办 3 件，未能办理 0 件" in preview(client, answer).content.decode()


def test_a_duty_taken_away_meanwhile_stops_what_is_left(world, make_case, monkeypatch):
    from shiyu.people.models import Appointment

    cases = [make_case() for _ in range(2)]
    actor = world.actor("intake")
    batch = batches.choose(cases, "accept", actor=actor)
    monkeypatch.setattr(batches, "AT_ONCE", 0)
    batches.begin(batch, actor=actor, later=lambda _batch: None)
    over = timezone.localdate() - timedelta(days=1)
    Appointment.objects.filter(person=world.people["intake"]).update(ends_on=over)

    batches.carry_out(batch)

    assert set(batch.items.values_list("state", flat=True)) == {"refused"}


def test_a_dispatch_of_many_is_taken_back_unless_the_unit_has_looked(client, world, make_case):
    first, second = make_case(Stage.FILED), make_case(Stage.FILED)
    client.force_login(world.people["dispatcher"])
    answer = choose(client, [first, second], "dispatch")
    client.post(answer["Location"], {"lead": "市政养护所", "go": "1"})
    actions.opened(first, actor=world.actor("handler"))

    back = client.post(answer["Location"] + "undo/")
    page = preview(client, back)

    assert (page.context["goes"], page.context["stays"]) == (1, 1)
    client.post(back["Location"], {"go": "1"})
    stages = [Case.objects.get(pk=c.pk).stage for c in (first, second)]
    assert stages == ["dispatched", "filed"]


def test_each_goes_to_the_unit_of_its_own_standard(client, world, make_case):
    manhole, lamp = make_case(Stage.FILED), make_case(Stage.FILED, kind="lamp", lead="lamps")
    client.force_login(world.people["dispatcher"])

    answer = choose(client, [manhole, lamp], "dispatch")
    client.post(answer["Location"], {"lead": "", "go": "1"})

    leads = {c.pk: c.assignments.get().unit.name for c in (manhole, lamp)}
    assert leads == {manhole.pk: "市政养护所", lamp.pk: "路灯管理所"}


def test_a_unit_nobody_knows_is_said_at_its_field(client, world, make_case):
    client.force_login(world.people["dispatcher"])
    answer = choose(client, [make_case(Stage.FILED)], "dispatch")

    page = client.post(answer["Location"], {"lead": "火星所", "go": "1"})

    assert page.status_code == 422
    assert "没有找到“火星所”" in page.content.decode()
    assert Batch.objects.get().state == "chosen"


def test_all_of_a_filtered_list_are_chosen_up_to_a_bound(client, world, make_case, monkeypatch):
    inside = [make_case() for _ in range(2)]
    make_case(lon=114.37)
    client.force_login(world.people["intake"])

    choose(client, [], "accept", all="1", back="in=to_accept&place=410204001")
    chosen = set(Batch.objects.get().items.values_list("case_id", flat=True))
    assert chosen == {c.pk for c in inside}

    for module in ("shiyu.desk.actions.batches.MOST", "shiyu.desk.views.together.MOST"):
        monkeypatch.setattr(module, 1)
    page = choose(client, [], "accept", all="1", back="in=to_accept")
    assert page.status_code == 422
    assert "一次最多 1 件" in page.content.decode()


def test_none_chosen_and_moves_that_want_a_look_are_refused(client, world, make_case):
    case = make_case()
    client.force_login(world.people["intake"])

    assert "先在列表里选几件" in choose(client, [], "accept").content.decode()
    for move in ("dismiss", "merge", "", "import_close", "__init__"):
        assert choose(client, [case], move).status_code == 422, move


def test_what_one_may_not_see_is_not_chosen(client, world, make_case):
    case = make_case()
    client.force_login(world.people["intake_longting"])

    assert choose(client, [case], "accept").status_code == 422
    assert not Batch.objects.exists()


def test_anothers_batch_does_not_exist(client, world, make_case):
    client.force_login(world.people["intake"])
    answer = choose(client, [make_case()], "accept")
    client.force_login(world.people["clerk"])

    for path in ("", "progress/", "undo/"):
        ask = client.post if path == "undo/" else client.get
        assert ask(answer["Location"] + path).status_code == 404
    assert client.post(answer["Location"], {"go": "1"}).status_code == 404


STAGES = ("chosen", "running", "done")


@pytest.mark.parametrize("state", STAGES)
@pytest.mark.parametrize("step", ["say", "begin"])
def test_a_batch_is_filled_in_and_begun_while_it_waits_alone(step, state, world, make_case):
    actor = world.actor("intake")
    batch = batches.choose([make_case()], "accept", actor=actor)
    Batch.objects.update(state=state)
    steps = {
        "say": lambda: batches.say(batch, {}, actor=actor),
        "begin": lambda: batches.begin(batch, actor=actor, later=lambda _batch: None),
    }

    if state == "chosen":
        steps[step]()
    else:
        with pytest.raises(OutOfOrder):
            steps[step]()
    with pytest.raises(NotAllowed):
        batches.begin(batch, actor=world.actor("clerk"), later=lambda _batch: None)


def test_every_bulk_move_has_its_form():
    from shiyu.desk.forms.together import TOGETHER_FORMS

    assert TOGETHER_FORMS.keys() == TOGETHER.keys()


def test_the_moves_offered_are_those_of_ones_duties(world):
    assert offered(world.actor("handler")) == ["sign", "remark"]
    assert offered(world.actor("administrator")) == []
    with pytest.raises(Refused):
        batches.choose([], "accept", actor=world.actor("intake"))


def test_a_preview_takes_a_constant_number_of_queries_a_case(client, world, make_case):
    client.force_login(world.people["intake"])

    def queries(cases):
        answer = choose(client, cases, "accept")
        preview(client, answer)
        with CaptureQueriesContext(connection) as caught:
            preview(client, answer)
        return len(caught)

    one = queries([make_case()])
    two = queries([make_case() for _ in range(2)])
    four = queries([make_case() for _ in range(4)])

    assert four - two == 2 * (two - one)
    assert two - one <= 12  # four of them begin and undo the rehearsal
