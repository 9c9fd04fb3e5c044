"""Statistics, notices, receipts: of one's own places, one's own alone, one's own report alone."""

import re

import pytest
from django.utils import timezone

from shiyu.cases.models import Case
from shiyu.cases.rules import visible_to
from shiyu.cases.tests.world import a_photo
from shiyu.notices.actions import owe
from shiyu.notices.models import Subscription
from shiyu.people.actors import Actor
from tests.who_may.cases import CASES
from tests.who_may.city import BEIMEN, City
from tests.who_may.interfaces import BAD
from tests.who_may.people import KEYS, LOOKING, PEOPLE, SIGNED_OUT, lies_in
from tests.who_may.policy import sees

ALSO_REPORTED = {"merged": 1}
"""The case into which another was merged was reported as well."""
WORK = [who for who, one in PEOPLE.items() if {d for d, _at in one.holds} & (LOOKING | {"handle"})]


def counted(who: str) -> int:
    """How many reports lie in the places that this person looks after; units count their own."""
    places = [at for duty, at in PEOPLE[who].holds if duty in LOOKING]
    return sum(
        1 + ALSO_REPORTED.get(name, 0)
        for name, told in CASES.items()
        if any(lies_in(told.place, at) for at in places)
    )


@pytest.mark.parametrize("who", WORK)
def test_figures_count_what_lies_in_ones_places(who: str, kept: City) -> None:
    page = kept.browser(who).get("/desk/figures/?days=3")

    assert page.status_code == 200
    assert page.context["whole"].reported == counted(who)


@pytest.mark.parametrize("who", ["intake at gulou", "command at longting", "verify at shudian"])
def test_behind_a_figure_stand_ones_own_cases_alone(who: str, kept: City) -> None:
    browser = kept.browser(who)
    page = browser.get("/desk/figures/?days=3").content.decode()
    led = set(re.findall(r'href="(/desk/all/\?[^"]+)"', page))

    assert led
    for address in led:
        html = browser.get(address.replace("&amp;", "&")).content
        shown = kept.named(int(pk) for pk in re.findall(rb'id="case-(\d+)"', html))
        assert shown <= sees(who), address


@pytest.mark.parametrize("who", ["nobody", "reporter", "system_admin", "left today"])
def test_who_works_on_no_case_has_no_figures(who: str, kept: City) -> None:
    assert kept.browser(who).get("/desk/figures/").status_code == 403


def test_each_reads_their_own_notices_and_no_others(kept: City) -> None:
    """Also of a case that everybody sees; what one is told of may since be out of sight."""
    signed_in = [who for who in PEOPLE if who != "account closed"]
    case = kept.cases["at work"]
    for who in signed_in:
        facts = {"number": case.number, "kind": f"给〔{who}〕", "place": ""}
        owe([kept.world.people[who].pk], case.subject, "urged", facts=facts, at=timezone.now())

    for who in signed_in:
        html = kept.browser(who).get("/notices/").content.decode()
        assert set(re.findall(r"给〔([^〕]+)〕", html)) == {who}


def test_a_receipt_opens_its_own_report_and_nothing_beside_it(kept: City) -> None:
    mine, code = kept.world.report(photos=[a_photo()], text="我家门口的井盖")
    other = kept.world.report(photos=[a_photo()], text="别人说的话", **BEIMEN)[0]
    number, browser = mine.case.number, kept.browser(SIGNED_OUT)
    strange = [p for p in kept.photos.values() if p]

    for more in ("", "news/", "proof/"):
        page = browser.get(f"/r/{code}/{more}")
        assert page.status_code == 200, more
        assert set(re.findall(r"KF\d{14}", page.content.decode())) <= {number}, more
        assert "别人说的话" not in page.content.decode()
    assert {browser.get(f"/r/{code}/{p}/full.jpg").status_code for p in strange} == {404}
    for case in (mine.case, other.case, *kept.cases.values()):
        assert browser.get(f"/cases/{case.number}/").status_code == 302
    assert visible_to(Actor.receipt(mine.pk)).get() == mine.case
    assert Case.objects.count() > len(CASES)


@pytest.mark.parametrize("who", [who for who in KEYS if who not in BAD])
def test_a_system_has_its_own_subscriptions_alone(who: str, kept: City) -> None:
    from shiyu.notices.rules import subscriptions_of

    client = kept.systems[who].client
    assert client is not None
    for owner in (f"key:{client.pk}", "key:987654321", "person:1"):
        Subscription.objects.create(
            owner=owner,
            name=owner,
            url="https://a.example/",
            types=["case.moved"],
            made_at=timezone.now(),
        )

    found = {row.owner for row in subscriptions_of(kept.actor(who))}

    assert found == {f"key:{client.pk}"}
