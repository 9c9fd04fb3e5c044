"""One policy for every channel: page, pane, row, paper, photo, search, notices, feed, receipt."""

import random

import pytest
from django.test import Client
from django.utils import timezone

from shiyu.cases import actions as do
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Assignment, Case, Report
from shiyu.cases.rules import visible_to
from shiyu.cases.tests.world import PLACES, THERE, UNITS, World, a_photo
from shiyu.files.models import Photo
from shiyu.live.feed import CHANGES, Change, may_know
from shiyu.notices.actions import owe
from shiyu.notices.rules import visible_to as own_notices
from shiyu.people.actors import Actor, Scope
from shiyu.people.duties import Duty

pytestmark = pytest.mark.django_db

BEIMEN = {"lon": THERE[0], "lat": THERE[1], "address": "北门大街"}


def some_cases(world: World) -> list[Case]:
    """Of both counties, sent out and not, ended and merged, one reported by somebody in a post."""
    made = [
        world.make_case(Stage.REPORTED, photos=[a_photo()]),
        world.make_case(Stage.HANDLING, photos=[a_photo()]),
        world.make_case(Stage.CLOSED, photos=[a_photo()], lead="waste", kind="manhole"),
        world.make_case(Stage.MERGED, photos=[a_photo()]),
        world.report(by="patrol_xisi", photos=[a_photo()])[0].case,
        world.report(photos=[a_photo()], **BEIMEN)[0].case,
        world.report(by="handler_lamps", photos=[a_photo()], **BEIMEN)[0].case,
    ]
    return [Case.objects.get(pk=case.pk) for case in made]


def change_of(case: Case) -> Change:
    """What the feed's reader knows of a change of this case."""
    units = Assignment.objects.filter(case=case).values_list("unit_id", flat=True)
    people = Report.objects.filter(case=case, by_person__isnull=False)
    reporters = people.values_list("by_person_id", flat=True)
    given = (case.pk, case.version, case.place_number, frozenset(units), frozenset(reporters))
    return Change((1, 1), "case", *given)


def somebody(world: World, chance: random.Random) -> Actor:
    """A person with some duties somewhere, of a kind no city may ever have thought of."""
    held = []
    for _ in range(chance.randrange(4)):
        duty = chance.choice(Duty.values)
        unit = world.units[chance.choice(list(UNITS))].pk
        place = PLACES[chance.choice(list(PLACES))]
        span = (1, 0) if duty == Duty.HANDLE else (place[4], place[5])
        held.append(Scope(duty, *span, unit))
    person = chance.choice(list(world.people.values()))
    return Actor("person", person.pk, person.name, tuple(held))


def test_the_feed_tells_exactly_those_who_may_see_the_case(world: World) -> None:
    cases, chance = some_cases(world), random.Random(20261121)
    changes = {case.pk: change_of(case) for case in cases}

    for _ in range(400):
        actor = somebody(world, chance)
        seen = set(visible_to(actor).filter(pk__in=changes).values_list("pk", flat=True))
        assert {pk for pk, change in changes.items() if may_know(actor, change)} == seen, actor


def test_the_feeds_reader_asks_all_that_its_policy_needs() -> None:
    for asked in ("place_number", "cases_assignment", "by_person_id"):
        assert asked in CHANGES


def ways_to(case: Case, photo: Photo) -> dict[str, str]:
    """Every address at which something of a case is shown."""
    return {
        "page": f"/cases/{case.number}/",
        "by id": f"/cases/id/{case.pk}/",
        "paper": f"/cases/{case.number}/print/",
        "move": f"/cases/{case.number}/remark/",
        "row": f"/desk/row/{case.pk}/",
        "photo": f"/files/{photo.public_id}/full.jpg",
        "small photo": f"/files/{photo.public_id}/small.jpg",
    }


LOOKING_ON = (
    *("intake", "handler", "handler_waste", "handler_lamps", "patrol_xisi", "room"),
    *("intake_longting", "intake_city", "administrator", "nobody"),
)


def test_a_case_is_seen_through_every_channel_or_through_none(client: Client, world: World) -> None:
    cases = [(case, Photo.objects.filter(subject=case.subject)[0]) for case in some_cases(world)]
    seen_somewhere = 0

    for who in LOOKING_ON:
        client.force_login(world.people[who])
        seen = set(visible_to(world.actor(who)).values_list("pk", flat=True))
        seen_somewhere += len(seen)
        for case, photo in cases:
            ways = ways_to(case, photo)
            answers = {name: client.get(path).status_code for name, path in ways.items()}
            answers["pane"] = client.get(ways["page"], headers={"HX-Request": "true"}).status_code
            wanted = {200, 302} if case.pk in seen else {404}
            assert set(answers.values()) <= wanted, (who, case.address, answers)

    assert seen_somewhere > 0


def test_search_finds_only_what_one_may_see(client: Client, world: World) -> None:
    cases = some_cases(world)
    meant: dict[str, set[int]] = {}
    for case in cases:
        street = "大街" if case.lon == THERE[0] else "书店"
        for words in (case.number, case.number[-6:], "井盖", street):
            meant.setdefault(words, set()).add(case.pk)

    for who in ("intake", "intake_longting", "handler", "handler_lamps", "patrol_xisi", "room"):
        client.force_login(world.people[who])
        seen = set(visible_to(world.actor(who)).values_list("pk", flat=True))
        for words, of_these in meant.items():
            html = client.get("/desk/all/", {"q": words}).content.decode()
            shown = {c.pk for c in cases if f'id="case-{c.pk}"' in html}
            assert of_these & seen <= shown <= seen, (who, words)


def test_filters_never_widen_what_one_sees(client: Client, world: World) -> None:
    cases = some_cases(world)
    client.force_login(world.people["intake_longting"])
    seen = set(visible_to(world.actor("intake_longting")).values_list("pk", flat=True))
    forged = ("place=410204", "unit=养护", "state=ended", "channel=public", "kind=101", "days=30")

    for query in (*forged, "after=1~999999999", "before=-~1", "in=to_accept&place=410204"):
        html = client.get(f"/desk/all/?{query}").content.decode()
        assert {c.pk for c in cases if f'id="case-{c.pk}"' in html} <= seen, query


def test_a_similar_case_one_may_not_see_is_not_offered_for_joining(
    client: Client, world: World
) -> None:
    hidden = world.report(**BEIMEN)[0].case
    mine = world.report()[0].case
    client.force_login(world.people["intake"])

    page = client.post(f"/cases/{mine.number}/merge/", {"into": hidden.number, "checked": "1"})
    close_by = client.post(f"/cases/{mine.number}/merge/", {"close_by": hidden.pk, "checked": "1"})

    assert (page.status_code, close_by.status_code) == (422, 422)
    assert "没有编号为" in page.content.decode()
    assert Case.objects.get(pk=mine.pk).stage == Stage.REPORTED


def test_notices_are_ones_own_even_about_a_case_everybody_sees(
    client: Client, world: World
) -> None:
    case = world.make_case(Stage.HANDLING)
    for who in ("handler", "commander"):
        facts = {"number": case.number, "kind": f"给{who}的", "place": ""}
        owe([world.people[who].pk], case.subject, "urged", facts=facts, at=timezone.now())

    for who in world.people:
        client.force_login(world.people[who])
        html = client.get("/notices/").content.decode()
        assert {k for k in ("handler", "commander") if f"给{k}的" in html} == {who} & {
            "handler",
            "commander",
        }
        own = {notice.to_id for notice in own_notices(world.actor(who))}
        assert own <= {world.people[who].pk}


def test_a_notice_leads_to_the_page_that_asks_again(client: Client, world: World) -> None:
    case = world.make_case(Stage.HANDLING)
    client.force_login(world.people["intake_longting"])
    facts = {"number": case.number, "kind": "", "place": ""}
    person = world.people["intake_longting"]
    owe([person.pk], case.subject, "urged", facts=facts, at=timezone.now())
    notice = own_notices(world.actor("intake_longting")).get()

    led = client.post(f"/notices/{notice.pk}/read/", {"do": "open"})

    assert led.status_code == 302
    assert client.get(led["Location"]).status_code == 404


def test_a_receipt_is_no_key_to_anything_else(client: Client, world: World) -> None:
    report, code = world.report(photos=[a_photo()])
    other = world.report(photos=[a_photo()])[0]
    photo = Photo.objects.get(subject=other.case.subject)
    own = Photo.objects.get(subject=report.case.subject)

    assert client.get(f"/r/{code}/").status_code == 200
    assert client.get(f"/r/{code}/{own.public_id}/small.jpg").status_code == 200
    assert client.get(f"/r/{code}/{photo.public_id}/small.jpg").status_code == 404
    for path in ways_to(report.case, own).values():
        assert client.get(path).status_code in {302, 404}, path
    assert visible_to(Actor.receipt(report.pk)).get() == report.case


def test_handlers_never_see_who_reported(client: Client, world: World) -> None:
    case = world.make_case(Stage.HANDLING, name="张建国", phone="13800001234")
    page = f"/cases/{case.number}/"

    for who in ("handler", "verifier", "dispatcher", "commander", "patrol", "intake_city"):
        client.force_login(world.people[who])
        shown = client.get(page).content.decode() + client.get(f"{page}print/").content.decode()
        assert "13800001234" not in shown, who
        assert "张建国" not in shown, who


def test_what_was_sent_to_a_unit_by_mistake_stays_seen_but_is_theirs_no_more(
    client: Client, world: World
) -> None:
    case = world.make_case(Stage.DISPATCHED)
    do.recall(case, actor=world.actor("dispatcher"))
    client.force_login(world.people["handler"])

    answer = client.post(f"/cases/{case.number}/sign/", {"unit": world.units["roads"].pk})

    assert answer.status_code in {403, 404, 409}
    assert Case.objects.get(pk=case.pk).stage == Stage.FILED
