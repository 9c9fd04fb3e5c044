"""Many in one request: each judged as alone, none in another's way, everything once."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shiyu.api.tests.calling import System, let_in, told
from shiyu.cases.models import Case, Report
from shiyu.cases.tests.world import THERE, World, a_photo
from shiyu.common.models import Answered
from shiyu.journal.models import Line

pytestmark = pytest.mark.django_db
HERE = {"lon": 114.31, "lat": 34.80}


@pytest.fixture
def desk(world: World) -> System:
    duties = ("intake", "dispatch", "verify", "report")
    return let_in(world, *(f"cases:{duty}@410204" for duty in duties), unit="gulou")


def reports(*refs: str, **more: Any) -> dict[str, Any]:
    return {"items": [{"ref": ref, "text": f"井盖破了 {ref}"} | HERE | more for ref in refs]}


def moves(move: str, *numbers: str, **data: Any) -> dict[str, Any]:
    return {"items": [{"number": n, "move": move, "data": data} for n in numbers]}


def statuses(answer: Any) -> list[int]:
    assert answer.status_code == 200, answer.content.decode()
    return [item["status"] for item in answer.json()["items"]]


def test_each_report_is_taken_in_once_whatever_becomes_of_the_others(
    world: World, desk: System
) -> None:
    said = reports("a", "b", "c")
    said["items"][1] |= {"lon": THERE[0], "lat": THERE[1]}
    said["items"].append(said["items"][0])

    answer = desk.post("/batches/cases", said)

    assert statuses(answer) == [201, 403, 201, 200]
    items = answer.json()["items"]
    assert items[1]["problem"]["code"] == "not_allowed"
    assert items[3]["case"]["number"] == items[0]["case"]["number"]
    assert items[3]["case"]["receipt"] is None
    assert Report.objects.count() == Case.objects.count() == 2
    again = desk.post("/batches/cases", reports("a", "c", "d"))
    assert statuses(again) == [200, 200, 201]


def test_a_refused_report_leaves_nothing_of_itself(world: World, desk: System) -> None:
    said = reports("a", "b")
    said["items"][0]["photos"] = ["00000000-0000-0000-0000-000000000000"]

    assert statuses(desk.post("/batches/cases", said)) == [422, 201]
    assert Case.objects.count() == Line.objects.filter(verb="report").count() == 1


def test_a_photo_belongs_to_the_first_that_names_it(world: World, desk: System) -> None:
    photo = desk.upload(a_photo()).json()["id"]

    answer = desk.post("/batches/cases", reports("a", "b", photos=[photo]))

    assert statuses(answer) == [201, 422]
    assert Case.objects.count() == Report.objects.count() == 1
    assert Line.objects.filter(verb="report").count() == 1


def test_the_same_request_again_is_given_the_same_answer(world: World, desk: System) -> None:
    first = desk.post("/batches/cases", reports("a"), once="k1")
    again = desk.post("/batches/cases", reports("a"), once="k1")

    assert again.json() == first.json()
    assert again["Idempotency-Replayed"] == "true"
    assert Answered.objects.filter(route__startswith="v1 POST /api/v1/batches").count() == 1


def test_a_report_of_a_batch_stands_as_one_that_came_alone(world: World, desk: System) -> None:
    said = reports("a", name="某女士", phone="13800000000", kind="10101")["items"][0]
    alone = desk.post("/cases", said | {"ref": "z"}).json()["number"]
    many = desk.post("/batches/cases", {"items": [said]}).json()["items"][0]["case"]["number"]

    one, other = (Case.objects.get(number=n) for n in (alone, many))
    assert _but_for_itself(one) == _but_for_itself(other)
    assert one.found.words == other.found.words
    assert str(one.reports.get().reporter.phone) == str(other.reports.get().reporter.phone)


def _but_for_itself(case: Case) -> dict[str, Any]:
    own = {"id", "number", "reported_at", "taken_in_at", "last_at", "due_at", "yellow_at"}
    return {k: v for k, v in vars(case).items() if k not in own and not k.startswith("_")}


def test_a_case_of_a_batch_goes_its_whole_way(world: World, desk: System) -> None:
    unit = let_in(world, "cases:handle@D1", name="养护所系统")
    made = desk.post("/batches/cases", reports("a", "b", kind="10101")).json()["items"]
    numbers = [item["case"]["number"] for item in made]

    def step(system: System, move: str, **data: Any) -> set[str]:
        answer = system.post("/batches/moves", moves(move, *numbers, **data))
        assert statuses(answer) == [200, 200]
        return {item["case"]["stage"] for item in answer.json()["items"]}

    stages = [
        step(desk, "accept"),
        step(desk, "file"),
        step(desk, "dispatch", lead="D1"),
        step(unit, "sign"),
        step(unit, "handle", reason="已更换"),
        step(desk, "verify", reason="已修好"),
        step(desk, "close", outcome="fixed"),
    ]
    assert stages == [
        *({"accepted"}, {"filed"}, {"dispatched"}, {"handling"}, {"handled"}),
        *({"verified"}, {"closed"}),
    ]


def test_each_move_is_judged_for_itself(world: World, desk: System) -> None:
    open_, done, hidden = (world.make_case(s) for s in ("reported", "closed", "reported"))
    elsewhere = world.report(lon=THERE[0], lat=THERE[1], address="北门大街")[0].case
    said = moves("accept", open_.number, done.number, elsewhere.number, open_.number, "KF1")
    said["items"][4]["number"] = "KF20990101999999"
    said["items"] += [
        {"number": hidden.number, "move": "merge", "data": {"into": open_.number}},
        {"number": hidden.number, "move": "dismiss", "data": {}},
    ]

    answer = desk.post("/batches/moves", said)

    assert statuses(answer) == [200, 409, 404, 422, 404, 422, 422]
    codes = [item["problem"] and item["problem"]["code"] for item in answer.json()["items"]]
    assert codes[1:] == [
        *("out_of_order", "not_found", "refused", "not_found", "refused", "refused"),
    ]
    assert Case.objects.get(pk=open_.pk).stage == "accepted"
    assert Line.objects.filter(verb="accept", subject=open_.subject).count() == 1


def test_a_case_that_moved_on_is_left_alone(world: World, desk: System) -> None:
    case = world.make_case("reported")
    said = moves("accept", case.number)
    said["items"][0]["version"] = case.version + 1

    assert statuses(desk.post("/batches/moves", said)) == [412]
    assert Case.objects.get(pk=case.pk).stage == "reported"


def test_too_many_or_none_is_refused_whole(world: World, desk: System) -> None:
    assert told(desk.post("/batches/cases", {"items": []})) == (422, "invalid")
    many = reports(*(str(n) for n in range(101)))
    assert told(desk.post("/batches/cases", many)) == (422, "invalid")
    assert told(desk.post("/batches/moves", {"items": [{"number": "x"}]}))[0] == 422
    assert Case.objects.count() == 0


def test_more_reports_ask_no_more_questions(world: World, desk: System) -> None:
    asked = []
    for refs in ("yz", "ab", "cdefghij"):  # the first warms up
        with CaptureQueriesContext(connection) as seen:
            desk.post("/batches/cases", reports(*refs))
        asked.append(len(seen))
    assert asked[1] == asked[2]
