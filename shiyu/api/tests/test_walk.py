"""A whole case through `/api/v1`, every move once, and what one client does twice."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from shiyu.api.tests.calling import System, let_in, told
from shiyu.cases import actions as do
from shiyu.cases.models import Assignment, Case, Report
from shiyu.cases.tests.world import World, a_photo
from shiyu.common.models import Answered
from shiyu.journal.models import Line, Remark

pytestmark = pytest.mark.django_db
HERE = {"lon": 114.31, "lat": 34.80}


@pytest.fixture
def desk(world: World) -> System:
    duties = ("intake", "dispatch", "command", "verify", "patrol", "report")
    return let_in(world, *(f"cases:{duty}@410204" for duty in duties), unit="gulou")


@pytest.fixture
def unit(world: World) -> System:
    return let_in(world, "cases:handle@D1", name="养护所系统")


def test_a_case_from_report_to_closure(world: World, desk: System, unit: System) -> None:
    photo = desk.upload(a_photo()).json()["id"]
    said = {"text": "井盖破了", "kind": "10101", "photos": [photo], "phone": "13800000000"} | HERE
    made = desk.post("/cases", said)
    assert made.status_code == 201
    assert made.json()["place"] == {
        "code": "41020400100101",
        "name": "书店街社区第一网格",
        "level": "cell",
    }
    number = made.json()["number"]
    assert made["Location"] == f"/api/v1/cases/{number}"
    assert len(made.json()["receipt"]) == 14

    def step(system: System, name: str, **fields: Any) -> str:
        answer = system.move(number, name, fields)
        assert answer.status_code == 200, answer.content.decode()
        return str(answer.json()["stage"])

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
        *("accepted", "filed", "dispatched", "handling", "handled", "verified", "closed"),
    ]
    case = desk.get(f"/cases/{number}").json()
    assert (case["outcome"], case["light"], case["parts"][0]["state"]) == ("fixed", None, "handled")
    lines = unit.get(f"/cases/{number}/history").json()["items"]
    assert [line["verb"] for line in lines] == [
        *("report", "accept", "file", "dispatch", "sign", "handle", "verify", "close"),
    ]
    assert [lines[3]["lead"], lines[4]["unit"], lines[5]["remark"]] == ["D1", "D1", "已更换"]
    assert lines[4]["by"] == {"kind": "key", "name": "养护所系统"}
    clocks = desk.get(f"/cases/{number}/clock").json()
    assert [c["name"] for c in clocks["clocks"]][:3] == ["accept", "filing", "dispatch"]
    shown = desk.get(f"/cases/{number}/photos").json()["items"]
    assert [p["id"] for p in shown] == [photo]
    picture = System().get(shown[0]["small"])
    assert (picture.status_code, picture["Content-Type"]) == (200, "image/jpeg")
    assert told(System().get(shown[0]["small"].replace("/photos/", "/photos/x"))) == (
        404,
        "not_found",
    )
    assert "13800000000" not in str([desk.get(f"/cases/{number}{m}").content for m in MORE])


MORE = ("", "/history", "/remarks", "/clock", "/photos", "/moves")


def asked(world: World, verb: str, *more: str) -> Case:
    """A case at work with a question of the unit open."""
    case = world.make_case("handling")
    ask = getattr(do, f"ask_{verb}")
    ask(case, unit=world.units["roads"], actor=world.actor("handler"), reason="等待许可")
    if "endorsed" in more:
        do.endorse_suspension(case, actor=world.actor("dispatcher"))
    return case


def order(world: World) -> Case:
    intake = do.Intake(
        source="test",
        source_ref="order",
        channel="superior",
        text="清理主干道",
        place=world.places["gulou"],
    )
    clerk = world.actor("clerk")
    case = do.order(intake, actor=clerk).case
    do.accept(case, actor=clerk)
    do.file(case, standard=world.standards["manhole"], actor=clerk)
    do.dispatch(case, lead=world.units["roads"], actor=clerk)
    do.sign(case, unit=world.units["roads"], actor=world.actor("handler"))
    return case


def checked(world: World) -> Case:
    case = world.make_case("accepted")
    do.check_open(case, actor=world.actor("intake"))
    return case


def to_void(world: World) -> Case:
    case = world.make_case("filed")
    do.ask_void(case, actor=world.actor("dispatcher"), reason="误报")
    return case


SOON = (timezone.localdate() + timedelta(days=9)).isoformat()
AT: dict[str, tuple[Any, str, dict[str, Any], str]] = {
    "accept": ("reported", "desk", {}, "accepted"),
    "dismiss": ("reported", "desk", {"reason": "x", "instead": "市住建局"}, "dismissed"),
    "merge": ("accepted", "desk", {"into": "another"}, "merged"),
    "file": ("accepted", "desk", {"kind": "10101"}, "filed"),
    "escalate": ("accepted", "desk", {"reason": "x"}, "accepted"),
    "dispatch": ("filed", "desk", {"lead": "D1", "co": ["D2"]}, "dispatched"),
    "recall": ("dispatched", "desk", {}, "filed"),
    "object": ("dispatched", "unit", {"reason": "x"}, "filed"),
    "sign": ("dispatched", "unit", {"unit": "D1"}, "handling"),
    "ask_extension": ("handling", "unit", {"reason": "x"}, "handling"),
    "extend": (lambda w: asked(w, "extension"), "desk", {"unit": "D1"}, "handling"),
    "refuse_extension": (
        *(lambda w: asked(w, "extension"), "desk", {"unit": "D1", "reason": "x"}, "handling"),
    ),
    "ask_suspension": ("handling", "unit", {"reason": "x"}, "handling"),
    "endorse_suspension": (lambda w: asked(w, "suspension"), "desk", {}, "handling"),
    "suspend": (
        *(lambda w: asked(w, "suspension", "endorsed"), "desk", {"until": SOON}, "suspended"),
    ),
    "refuse_suspension": (lambda w: asked(w, "suspension"), "desk", {"reason": "x"}, "handling"),
    "resume": ("suspended", "desk", {}, "handling"),
    "handle": ("handling", "unit", {"reason": "x"}, "handled"),
    "rework": ("handled", "desk", {"reason": "x", "units": ["D1"]}, "handling"),
    "verify": ("handled", "desk", {}, "verified"),
    "close": ("verified", "desk", {"outcome": "partly", "reason": "x"}, "closed"),
    "reopen": ("closed", "desk", {"reason": "x"}, "handling"),
    "ask_void": ("filed", "desk", {"reason": "x"}, "filed"),
    "void": (to_void, "desk", {}, "voided"),
    "remark": ("closed", "unit", {"reason": "x"}, "closed"),
    "urge": ("handling", "desk", {"reason": "x"}, "handling"),
    "correct": ("accepted", "desk", {"reason": "x", "address": "书店街 99 号"}, "accepted"),
    "check_open": ("accepted", "desk", {}, "accepted"),
    "check_done": (checked, "desk", {"found": True, "reason": "x"}, "accepted"),
}


@pytest.mark.parametrize("name", AT)
def test_every_move_is_made_by_its_own_address(
    name: str, world: World, desk: System, unit: System
) -> None:
    make, who, said, stage = AT[name]
    case = make(world) if callable(make) else world.make_case(make)
    if said.get("into"):
        said = said | {"into": world.make_case("reported").number}
    system = {"desk": desk, "unit": unit}[who]
    offered = [m["name"] for m in system.get(f"/cases/{case.number}/moves").json()["moves"]]

    answer = system.move(case.number, name, said)

    assert (answer.status_code, answer.json().get("stage")) == (200, stage), answer.content.decode()
    assert name in offered
    case.refresh_from_db()
    assert (answer.json()["version"], case.stage) == (case.version, stage)
    line = Line.objects.filter(subject=case.subject, verb=name).latest("id")
    assert line.actor.startswith("key:")


def test_an_order_is_split_and_a_find_is_settled(world: World, desk: System, unit: System) -> None:
    case = order(world)
    parts = [{"text": "书店街段", "place": "410204001"}, {"text": "西司门段", "place": "410204002"}]

    answer = unit.move(case.number, "split", {"parts": parts})

    assert answer.status_code == 200, answer.content.decode()
    assert len(answer.json()["children"]) == 2
    found = world.make_case("reported", kind="rubbish")
    before, after = (desk.upload(a_photo(colour=c)).json()["id"] for c in ("red", "green"))
    said = {"kind": "20101", "before": [before], "after": [after]}
    assert desk.move(found.number, "settle", said).json()["stage"] == "closed"
    again = desk.move(world.make_case("reported").number, "settle", said)
    assert (told(again), again.json()["errors"][0]["field"]) == ((422, "invalid"), "before")


def test_a_lead_shows_the_evidence_its_standard_asks_for(world: World) -> None:
    case = world.make_case("handling", kind="rubbish", lead="waste")
    system = let_in(world, "cases:handle@D2")
    bare = system.move(case.number, "handle", {"reason": "已清理"})
    photo = system.upload(a_photo()).json()["id"]

    shown = system.move(case.number, "handle", {"reason": "已清理", "photos": [photo]})

    assert (told(bare), bare.json()["errors"][0]["field"]) == ((422, "refused"), "photos")
    assert shown.json()["stage"] == "handled"


def test_who_handled_never_verifies_and_who_asked_never_approves(world: World) -> None:
    scopes = ("cases:handle@D1", "cases:verify@410204", "cases:dispatch@410204")
    system = let_in(world, *scopes, "cases:command@410204", unit="gulou")
    case = world.make_case("handling")
    system.move(case.number, "handle", {"reason": "x"})

    assert told(system.move(case.number, "verify"))[0] in {403, 409, 422}
    system.move(case.number, "ask_void", {"reason": "误报"})
    assert told(system.move(case.number, "void"))[0] in {403, 409, 422}


def test_the_sender_passes_on_what_its_reporter_says(world: World) -> None:
    system = let_in(world, "cases:report@410204")
    number = system.post("/cases", {"text": "路灯不亮", "ref": "A-1"} | HERE).json()["number"]

    assert system.move(number, "remark", {"reason": "反映人补充：第三盏"}).status_code == 200
    assert told(system.move(number, "accept")) == (403, "not_allowed")
    assert system.move(number, "withdraw", {"reason": "已自行修好"}).json()["stage"] == "withdrawn"


def test_the_same_ref_is_the_same_report(world: World) -> None:
    system = let_in(world, "cases:report@410204")
    said = {"text": "路灯不亮", "ref": "A-1"} | HERE
    first, second = system.post("/cases", said), system.post("/cases", said)

    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json() == first.json() | {"receipt": None}
    assert Report.objects.count() == 1


def test_the_same_request_again_gets_the_same_answer_and_does_nothing(world: World) -> None:
    system = let_in(world, "cases:report@410204")
    said = {"text": "路灯不亮"} | HERE
    first = system.post("/cases", said, once="k1")
    again = system.post("/cases", said, once="k1")

    assert (again.status_code, again.json()) == (201, first.json())
    assert (again["Idempotency-Replayed"], again["Location"]) == ("true", first["Location"])
    assert "Idempotency-Replayed" not in first
    assert Report.objects.count() == 1
    assert first.json()["receipt"] not in str(list(Answered.objects.values()))


def test_another_body_under_the_same_key_is_refused_and_another_clients_key_is_its_own(
    world: World,
) -> None:
    one, two = let_in(world, "cases:report@410204"), let_in(world, "cases:report@410204")
    first = one.post("/cases", {"text": "路灯不亮"} | HERE, once="k1")

    assert told(one.post("/cases", {"text": "井盖"} | HERE, once="k1")) == (422, "key_reused")
    assert two.post("/cases", {"text": "路灯不亮"} | HERE, once="k1").status_code == 201
    assert Report.objects.count() == 2
    assert first.status_code == 201


def test_a_refused_request_may_be_corrected_under_its_key(world: World) -> None:
    system = let_in(world, "cases:report@410204")

    assert told(system.post("/cases", {"text": ""} | HERE, once="k"))[0] == 422
    assert system.post("/cases", {"text": "路灯"} | HERE, once="k").status_code == 201


def test_a_move_names_the_version_it_was_looked_at(world: World, desk: System) -> None:
    case = world.make_case("reported")
    seen = desk.get(f"/cases/{case.number}")["ETag"]
    moved = desk.move(case.number, "accept", **{"If-Match": seen})
    late_one = desk.move(case.number, "file", {"kind": "10101"}, **{"If-Match": seen})

    assert moved.status_code == 200
    assert told(late_one) == (412, "version_changed")
    right = desk.move(case.number, "file", {"kind": "10101"}, **{"If-Match": moved["ETag"]})
    assert right.status_code == 200
    strange = desk.move(case.number, "dispatch", {"lead": "D1"}, **{"If-Match": "x"})
    assert told(strange) == (422, "refused")


def test_pages_of_a_list_do_not_shift_while_others_report(world: World) -> None:
    system = let_in(world, "cases:read@410204")
    numbers = [world.report()[0].case.number for _ in range(5)]
    first = system.get("/cases?limit=2").json()
    world.report()
    found, following = [c["number"] for c in first["items"]], first["next"]
    while following:
        page = system.get(f"/cases?limit=2&cursor={following}")
        found += [c["number"] for c in page.json()["items"]]
        following = page.json()["next"]
        assert ('rel="next"' in page.headers.get("Link", "")) == bool(following)

    assert found == numbers[::-1]
    other = system.get(f"/cases?limit=2&open=true&cursor={first['next']}")
    assert other.json()["errors"][0]["field"] == "cursor"


def test_filters_narrow_the_list(world: World) -> None:
    system = let_in(world, "cases:read")
    filed, open_one = world.make_case("filed"), world.make_case("reported")
    closed = world.make_case("dismissed")

    def numbers(asked: str) -> set[str]:
        return {c["number"] for c in system.get(f"/cases?{asked}").json()["items"]}

    assert numbers("stage=filed") == {filed.number}
    assert numbers("open=true") == {filed.number, open_one.number}
    assert numbers("open=false") == {closed.number}
    assert numbers("kind=10101") == {filed.number}
    assert numbers("place=410202") == set()
    assert numbers("place=410204001&centre=C2") == {c.number for c in (filed, open_one, closed)}
    tomorrow = (timezone.now() + timedelta(1)).isoformat().replace("+", "%2B")
    assert numbers(f"reported_from={tomorrow}") == set()
    odd = "2020-01-01T00:00:00-18:16"  # farther from UTC than the database writes
    assert numbers(f"reported_from={odd}") == {c.number for c in (filed, open_one, closed)}
    assert system.get("/cases?reported_to=0001-01-01T00:00:00%2B18:16").status_code == 422


def test_a_city_can_be_learnt(world: World) -> None:
    system = let_in(world)

    kinds = system.get("/kinds?category=event").json()["items"]
    assert [(k["code"], k["standards"][0]["handling"]) for k in kinds] == [("20101", "4紧急工作时")]
    assert system.get("/kinds/nowhere").status_code == 404
    places = system.get("/places?under=410204&level=cell").json()["items"]
    assert [p["parent"] for p in places] == ["410204001001"] * 2
    shapes = system.get("/places/410204001/boundaries?limit=1").json()
    assert (shapes["type"], shapes["features"][0]["geometry"]["type"]) == (
        "FeatureCollection",
        "Polygon",
    )
    assert shapes["next"]
    here = system.get("/places/locate?lon=114.31&lat=34.80").json()
    assert (here["inside"], here["place"]["code"]) == (True, "41020400100101")
    there = system.get("/places/locate?lon=120&lat=34.80").json()
    assert (there["inside"], there["metres"] > 400_000) == (False, True)
    assert {u["code"] for u in system.get("/units?kind=department").json()["items"]} == {
        *("D1", "D2", "D3"),
    }
    assert system.get("/calendars").json()["items"][0]["weekdays"] == [1, 2, 3, 4, 5]


def test_appeals_go_both_ways(world: World, desk: System, unit: System) -> None:
    case = world.make_case("handling")
    refused = unit.move(case.number, "appeal", {"reason": "暴雨停工"})

    assert refused.json()["detail"] == "本单位在这件案件上没有超期"
    assert told(desk.move(case.number, "exempt", {"unit": "D1"}))[0] in {403, 409, 422}
    said = {"unit": "D1", "reason": "x"}
    assert told(desk.move(case.number, "refuse_appeal", said))[0] in {403, 409, 422}
    assert Assignment.objects.get(case=case).exempted is False


def test_remarks_can_be_erased(world: World) -> None:
    system = let_in(world, "cases:read@410204")
    case = world.make_case("reported")
    assert system.get(f"/cases/{case.number}/remarks").json()["items"][0]["text"]

    Remark.objects.filter(subject=case.subject).update(erased_at=timezone.now(), text="")

    assert system.get(f"/cases/{case.number}/remarks").json()["items"] == []
    assert system.get(f"/cases/{case.number}/history").json()["items"][0]["remark"] is None


def test_who_only_reported_a_case_reads_its_own_words_and_pictures_alone(
    world: World, desk: System
) -> None:
    def reported(system: System, text: str) -> Case:
        said = {"text": text, "photos": [system.upload(a_photo()).json()["id"]]} | HERE
        return Case.objects.get(number=system.post("/cases", said).json()["number"])

    one, other = (let_in(world, "cases:report") for _n in range(2))
    into, case = reported(one, "王女士家门口"), reported(other, "井盖破了")
    do.merge(case, into=into, actor=world.actor("intake"))
    desk.move(into.number, "remark", {"reason": "内部：已电话核实"})

    def read(system: System) -> tuple[set[str], int]:
        where = f"/cases/{into.number}"
        texts = {row["text"] for row in system.get(f"{where}/remarks").json()["items"]}
        lines = system.get(f"{where}/history").json()["items"]
        assert {line["remark"] for line in lines} - {None} <= texts
        return texts, len(system.get(f"{where}/photos").json()["items"])

    assert read(one) == ({"王女士家门口"}, 1)
    assert read(other) == (set(), 0)
    assert read(desk) == ({"王女士家门口", "内部：已电话核实"}, 1)


def test_long_keys_that_begin_alike_are_different_reports(world: World) -> None:
    system = let_in(world, "cases:report")
    keys = [f"{'k' * 100}-{n}" for n in range(2)]

    answers = [system.post("/cases", {"text": key[-1]} | HERE, once=key) for key in keys]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert Case.objects.count() == 2
