"""The six methods of GeoReport v2 and discovery, as the standard writes them."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from shiyu.api.open311.jurisdictions import jurisdictions
from shiyu.api.open311.tests.calls import Citizen, citizen, fault, tree
from shiyu.cases import actions as do
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case, Report, Reporter
from shiyu.cases.tests.world import World, a_photo
from shiyu.catalogue.models import Kind, Standard
from shiyu.common.ready import as_of, stamp
from shiyu.files.models import Photo
from shiyu.journal.models import Remark
from shiyu.people.models import Unit

pytestmark = pytest.mark.django_db

REQUEST = [
    *("service_request_id", "status", "status_notes", "service_name", "service_code"),
    *("description", "agency_responsible", "service_notice", "requested_datetime"),
    *("updated_datetime", "expected_datetime", "address", "address_id", "zipcode"),
    *("lat", "long", "media_url"),
]


@pytest.fixture
def anybody() -> Citizen:
    return Citizen()


def second_condition(world: World) -> Standard:
    one = world.standards["manhole"]
    return Standard.objects.create(
        kind=one.kind,
        ordinal=2,
        version=1,
        valid_from=one.valid_from,
        filing_condition="井盖 <缺失> & 移位",
        handling="2紧急工作时",
    )


def test_discovery_names_the_endpoints_in_both_forms(world: World, anybody: Citizen) -> None:
    said = anybody.browser.get("/open311/discovery.json").json()
    found = tree(anybody.browser.get("/open311/discovery.xml"))

    assert list(said) == ["changeset", "contact", "key_service", "endpoints"]
    first = said["endpoints"][0]
    assert first["specification"] == "http://wiki.open311.org/GeoReport_v2"
    assert first["url"] == "http://testserver/open311/v2"
    assert first["formats"] == ["text/xml", "application/json"]
    assert parse_datetime(first["changeset"]) is not None
    assert found.tag == "discovery"
    assert [e.findtext("url") for e in found.iter("endpoint")] == [
        e["url"] for e in said["endpoints"]
    ]


def test_services_are_the_kinds_that_residents_may_report(world: World, anybody: Citizen) -> None:
    Kind.objects.filter(code="30101").update(for_public=False)
    second_condition(world)
    said = anybody.get("services.json").json()
    found = tree(anybody.get("services.xml"))

    assert [s["service_code"] for s in said] == ["10101", "10201", "20101"]
    assert said[0] == {
        "service_code": "10101",
        "service_name": "井盖破损",
        "description": said[0]["description"],
        "metadata": True,
        "type": "realtime",
        "keywords": "公用设施, 部件",
        "group": "公用设施",
    }
    assert found.tag == "services"
    assert [e.tag for e in found[0]] == list(said[0])
    assert [e.findtext("metadata") for e in found] == ["true", "false", "false"]


def test_a_definition_asks_which_condition_it_is(world: World, anybody: Citizen) -> None:
    second_condition(world)
    said = anybody.get("services/10101.json").json()
    found = tree(anybody.get("services/10101.xml"))

    assert list(said) == ["service_code", "attributes"]
    (asked,) = said["attributes"]
    assert [*asked] == [
        *("variable", "code", "datatype", "required", "datatype_description"),
        *("order", "description", "values"),
    ]
    assert (asked["variable"], asked["required"]) == (True, False)
    assert found.tag == "service_definition"
    names = [value.findtext("name") for value in found.find("attributes/attribute/values")]
    assert names == [value["name"] for value in asked["values"]]
    assert "井盖 <缺失> & 移位" in names
    assert anybody.get("services/10201.json").json()["attributes"] == []
    assert fault(anybody.get("services/nothing.json")) == (404, 404)


def test_a_report_is_taken_in_and_told_its_number(world: World) -> None:
    app = citizen()
    second_condition(world)
    answer = app.report(
        **{"attribute[condition]": "2"},
        first_name="小明",
        last_name="王",
        phone="138 0000-0001",
        email="a@example.org",
        device_id="d1",
        account_id="7",
        address_string="书店街 12 号",
        media_url="https://example.org/a.jpg",
    )

    (said,) = answer.json()
    assert answer.status_code == 201
    assert list(said) == ["service_request_id", "service_notice", "account_id"]
    case = Case.objects.get(number=said["service_request_id"])
    report = Report.objects.get(case=case)
    assert (case.kind, case.place) == (world.kinds["manhole"], world.places["cell_a"])
    assert (case.channel, report.source) == ("public", app.ref)
    words = Remark.objects.get(pk=report.remark_id).text
    assert "井盖破了" in words
    assert "移位" in words
    assert "https://example.org/a.jpg" in words
    told = Reporter.objects.get(report=report)
    assert (told.name, told.phone) == ("王小明", "13800000001")
    assert "前受理" in said["service_notice"]
    assert said["account_id"] == "7"


def test_four_thousand_characters_may_be_said(world: World) -> None:
    text = "".join(chr(0x4E00 + n) for n in range(4000))
    (said,) = citizen().report(description=text).json()

    case = Case.objects.get(number=said["service_request_id"])
    kept = Remark.objects.filter(subject=case.subject).order_by("id")
    assert "".join(remark.text for remark in kept) == text


def test_the_same_in_xml(world: World) -> None:
    answer = citizen().report(path="requests.xml")
    found = tree(answer)

    assert (answer.status_code, found.tag, found[0].tag) == (201, "service_requests", "request")
    assert [e.tag for e in found[0]] == ["service_request_id", "service_notice", "account_id"]
    assert Case.objects.filter(number=found[0].findtext("service_request_id")).exists()


def test_the_same_report_sent_again_is_the_same_request(world: World) -> None:
    app, other = citizen(), citizen("另一个应用")
    first, again = app.report(), app.report()
    different, others = app.report(description="另一个井盖"), other.report()

    ids = [a.json()[0]["service_request_id"] for a in (first, again, different, others)]
    assert ids[0] == ids[1]
    assert len({*ids}) == 3
    assert again["Idempotency-Replayed"] == "true"
    assert Case.objects.count() == 3


def test_a_picture_sent_with_a_report_is_kept_and_a_thing_that_is_none_refused(
    world: World,
) -> None:
    app = citizen()
    number = app.report(media=a_photo()).json()[0]["service_request_id"]
    spoilt = app.report(media=a_photo().__class__("a.jpg", b"<svg/>", content_type="image/jpeg"))

    assert Photo.objects.filter(subject=Case.objects.get(number=number).subject).count() == 1
    assert fault(spoilt) == (400, 400)
    assert Case.objects.count() == 1


def test_a_place_may_be_named_instead_of_a_point(world: World) -> None:
    app = citizen()
    app.report(lat=None, long=None, address_string="书店街社区 3 号楼")
    app.report(lat=None, long=None, address_id="410202001", description="别处")
    app.report(lat=None, long=None, address_string="没人知道的地方", description="再一处")

    places = [case.place for case in Case.objects.order_by("id")]
    assert places == [world.places[key] for key in ("community", "beimen", "city")]


WRONG: dict[str, tuple[dict[str, Any], int]] = {
    "no service": ({"service_code": None}, 400),
    "unknown service": ({"service_code": "no"}, 404),
    "nul": ({"service_code": "\x00"}, 400),
    "no place": ({"lat": None, "long": None}, 400),
    "half a point": ({"long": None}, 400),
    "no number": ({"lat": "north"}, 400),
    "infinite": ({"lat": "inf"}, 400),
    "outside": ({"lat": 48.86, "long": 2.35}, 400),
    "no such address": ({"lat": None, "long": None, "address_id": "no"}, 400),
    "too long": ({"description": "x" * 4001}, 400),
    "long address": ({"address_string": "街" * 201}, 400),
    "file address": ({"media_url": "file:///etc/passwd"}, 400),
    "no such answer": ({"attribute[condition]": "99"}, 400),
    "no phone": ({"phone": "call me"}, 400),
    "no jurisdiction": ({"jurisdiction_id": None}, 400),
    "unknown jurisdiction": ({"jurisdiction_id": "sfgov.org"}, 404),
    "elsewhere": ({"jurisdiction_id": "410202"}, 400),
    "no key": ({"api_key": None}, 403),
    "wrong key": ({"api_key": "xxxx"}, 403),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_report_that_cannot_be_is_refused_with_the_standards_errors(
    world: World, name: str
) -> None:
    said, status = WRONG[name]

    assert fault(citizen().report(**said)) == (status, status)
    assert Case.objects.count() == 0


def test_errors_are_the_same_in_xml(world: World, anybody: Citizen) -> None:
    found = tree(anybody.get("requests/none.xml"))

    assert (found.tag, found[0].tag) == ("errors", "error")
    assert [e.tag for e in found[0]] == ["code", "description"]
    assert found[0].findtext("code") == "404"


def test_a_key_for_another_interface_or_area_opens_nothing_here(world: World) -> None:
    business = citizen("业务", purpose="api")
    county = citizen("龙亭应用", "cases:report@410202")

    assert fault(business.report()) == (403, 403)
    assert fault(county.report()) == (403, 403)
    assert Case.objects.count() == 0


def test_a_key_may_stand_in_the_address_of_a_report_as_some_clients_put_it(world: World) -> None:
    app = citizen()
    answer = app.browser.post(
        f"/open311/v2/requests.json?jurisdiction_id=410200&api_key={app.key}",
        {"service_code": "10101", "lat": "34.80", "long": "114.31", "description": "坏了"},
    )

    assert answer.status_code == 201
    refused = app.browser.get(f"/open311/v2/requests.json?jurisdiction_id=410200&api_key={app.key}")
    assert refused.status_code == 400


def test_a_request_says_what_anybody_may_know_and_nothing_more(
    world: World, anybody: Citizen
) -> None:
    case = world.make_case(Stage.HANDLING, name="王女士", phone="13800000001")
    (said,) = anybody.get(f"requests/{case.number}.json").json()
    found = tree(anybody.get(f"requests/{case.number}.xml"))

    assert list(said) == REQUEST
    assert [e.tag for e in found[0]] == REQUEST
    assert (said["status"], said["service_code"]) == ("open", "10101")
    assert said["agency_responsible"] == "市政养护所"
    assert said["address"] == "鼓楼区书店街街道书店街社区"
    assert said["address_id"] == "410204001001"
    assert (said["lat"], said["long"]) == (34.8, 114.31)
    assert (said["description"], said["media_url"], said["zipcode"]) == (None, None, None)
    assert parse_datetime(said["expected_datetime"]) == case.due_at.replace(microsecond=0)
    assert "王女士" not in str(said)
    assert "号" not in str(said)


def test_who_sent_a_report_sees_its_own_words_and_nobody_elses(
    world: World, anybody: Citizen
) -> None:
    app, other = citizen(), citizen("另一个应用")
    number = app.report(address_string="书店街 12 号").json()[0]["service_request_id"]
    path = f"requests/{number}.json"
    (own,) = app.get(path, own=True).json()

    assert (own["description"], own["address"]) == ("井盖破了", "书店街 12 号")
    for stranger in (other.get(path, own=True), anybody.get(path)):
        (said,) = stranger.json()
        assert (said["description"], said["address"]) == (None, "鼓楼区书店街街道书店街社区")


def test_of_a_case_that_two_systems_reported_each_sees_its_own_words_alone(world: World) -> None:
    app, other = citizen(), citizen("另一个应用")
    theirs, mine = (
        a.report(description=said, media=a_photo()).json()[0]["service_request_id"]
        for a, said in ((other, "王女士家门口"), (app, "井盖破了"))
    )
    into = Case.objects.get(number=theirs)
    do.merge(Case.objects.get(number=mine), into=into, actor=world.actor("intake"))

    (said,) = app.get(f"requests/{theirs}.json", own=True).json()
    assert said["description"] == "井盖破了"
    (said,) = other.get(f"requests/{theirs}.json", own=True).json()
    assert said["description"] == "王女士家门口"
    path = f"requests/{theirs}/documents.json"
    profile = "/open311/profile/v1/"
    assert app.get(path, own=True, base=profile).json() == []
    assert len(other.get(path, own=True, base=profile).json()) == 1


def test_an_ended_case_is_closed_and_says_how(world: World, anybody: Citizen) -> None:
    closed = world.make_case(Stage.CLOSED)
    dismissed = world.make_case(Stage.DISMISSED, kind="lamp")
    Case.objects.filter(pk=dismissed.pk).update(kind=world.kinds["lamp"])
    said = {r["service_request_id"]: r for r in anybody.get("requests.json").json()}

    assert said[closed.number]["status"] == "closed"
    assert "已解决" in said[closed.number]["status_notes"] or said[closed.number]["status_notes"]
    assert said[dismissed.number]["status"] == "closed"
    assert "不属城市管理" not in str(said)


def test_orders_and_kinds_kept_from_the_public_do_not_exist_here(
    world: World, anybody: Citizen
) -> None:
    hidden, order = world.make_case(Stage.FILED), world.make_case(Stage.FILED, kind="lamp")
    shown = world.make_case(Stage.FILED, kind="rubbish")
    Kind.objects.filter(pk=hidden.kind_id).update(for_public=False)
    Case.objects.filter(pk=order.pk).update(direction=Case.Direction.DOWN)

    said = anybody.get("requests.json").json()
    assert [r["service_request_id"] for r in said] == [shown.number]
    for case in (hidden, order):
        assert fault(anybody.get(f"requests/{case.number}.json")) == (404, 404)


def ids(answer: Any) -> set[str]:
    assert answer.status_code == 200, answer.content
    return {r["service_request_id"] for r in answer.json()}


def test_every_filter_of_the_standard(world: World, anybody: Citizen) -> None:
    now = timezone.now()
    new, lamp = world.make_case(Stage.FILED), world.make_case(Stage.FILED, kind="lamp")
    done = world.make_case(Stage.CLOSED, kind="rubbish")
    old = world.make_case(Stage.FILED)
    Case.objects.filter(pk=old.pk).update(reported_at=now - timedelta(days=100))
    every = {new.number, lamp.number, done.number}

    def asked(**how: Any) -> set[str]:
        return ids(anybody.get("requests.json", **how))

    assert asked() == every
    assert asked(service_code="10201") == {lamp.number}
    assert asked(service_code="10201,20101") == {lamp.number, done.number}
    assert asked(service_code="nothing") == set()
    assert asked(status="closed") == {done.number}
    assert asked(status="open,closed") == every
    assert asked(service_request_id=f"{old.number},{new.number}", status="closed") == {
        *(old.number, new.number)
    }
    start = (now - timedelta(days=101)).isoformat()
    assert asked(start_date=start) == {old.number}
    assert asked(start_date=start, end_date=(now - timedelta(days=99)).isoformat()) == {old.number}
    assert asked(end_date=(now - timedelta(days=99)).isoformat()) == {old.number}
    assert asked(start_date=f"{timezone.localdate():%Y-%m-%d}") == every
    odd = f"{timezone.localdate():%Y-%m-%d}T00:00:00+18:16"  # farther from UTC than is written
    assert asked(start_date=odd) == every
    assert len(asked(page_size=2)) == 2
    assert len(asked(page_size=2, page=2)) == 1
    assert asked(jurisdiction_id="410202") == set()


@pytest.mark.parametrize(
    "wrong",
    [
        {"start_date": "yesterday"},
        {"start_date": "2026-13-45T00:00:00Z"},
        {"start_date": "0001-01-01T00:00:00Z"},
        {"end_date": "9999-12-31T23:59:59+14:00"},
        {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-06-01T00:00:00Z"},
        {"start_date": "2026-02-01T00:00:00Z", "end_date": "2026-01-01T00:00:00Z"},
        {"status": "half"},
        {"page_size": "-1"},
        {"page": "999999"},
        {"service_request_id": ",".join(f"N{n}" for n in range(201))},
        {"jurisdiction_id": None},
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    world: World, anybody: Citizen, wrong: dict[str, Any]
) -> None:
    assert fault(anybody.get("requests.json", **wrong)) == (400, 400)


def test_one_jurisdiction_needs_no_name(world: World, anybody: Citizen) -> None:
    Unit.objects.filter(kind=Unit.Kind.CENTRE, tier="county").update(ended_on="2020-01-01")

    assert anybody.get("services.json", jurisdiction_id=None).status_code == 200
    assert anybody.get("services.json", jurisdiction_id="").status_code == 200


def test_jurisdictions_are_one_statement_and_those_of_this_very_moment(
    world: World, django_assert_num_queries: Any
) -> None:
    centres = Unit.objects.filter(kind=Unit.Kind.CENTRE, tier="county")
    with django_assert_num_queries(1):
        assert {one.code for one in jurisdictions()} > {"410200", "410202"}

    for day, wanted in (("2020-01-01", {"410200"}), (None, {"410200", "410202"})):
        centres.filter(place_code="410202").update(ended_on=day)
        assert {one.code for one in jurisdictions()} & {"410200", "410202"} == wanted
    with as_of(stamp()):
        assert jurisdictions()
        centres.update(ended_on="2020-01-01")
    assert [one.code for one in jurisdictions()] == ["410200"]


def test_a_token_is_the_receipt_code_and_wrong_ones_soon_tell_nothing(
    world: World, anybody: Citizen
) -> None:
    report, code = world.report()
    (said,) = anybody.get(f"tokens/{code}.json").json()

    assert said == {"service_request_id": report.case.number, "token": code}
    for _n in range(35):
        wrong = anybody.get("tokens/AAAA-AAAA-AAAA.json")
    assert fault(wrong) == (404, 404)
    assert anybody.get(f"tokens/{code}.json").status_code == 404


def test_the_form_follows_the_ending_else_what_is_accepted_else_xml(
    world: World, anybody: Citizen
) -> None:
    ask = {"jurisdiction_id": "410200"}
    plain = Browser().get("/open311/v2/services", ask)
    json = Browser().get("/open311/v2/services", ask, headers={"Accept": "application/json"})

    assert plain["Content-Type"] == "text/xml; charset=utf-8"
    assert json["Content-Type"] == "application/json; charset=utf-8"
    assert Browser().get("/open311/v2/services.html", ask).status_code == 404
    assert Browser().get("/open311/nothing/here.json").status_code == 404
    assert Browser().delete("/open311/v2/requests.json").status_code == 405


def test_a_list_takes_the_same_questions_for_one_and_for_three(
    world: World, anybody: Citizen, django_assert_max_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for _n in range(2):
        world.make_case(Stage.DISPATCHED)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert anybody.get("requests.json").status_code == 200
        counts.append(len(asked))
        world.make_case(Stage.DISPATCHED)

    assert counts[0] == counts[1] <= 12
