"""The first wall taken away for interfaces, the feed, lists, files and jobs: nothing foreign shows.

As `tests/every_page/test_second_wall.py` does it for pages. Here alone, and only while a test runs.
"""

from typing import Any

import pytest

from shiyu.api import entry
from shiyu.api.open311 import profile, publishing, querying
from shiyu.api.tests.calling import System, let_in
from shiyu.api.tests.test_matrix import ROWS
from shiyu.api.v1.routes import ROUTES
from shiyu.cases.models import Case, Report
from shiyu.common import wall
from shiyu.live import feed
from tests.every_page.test_second_wall import no_first_wall
from tests.who_may.cases import CASES
from tests.who_may.channels import CHANNELS, Channel
from tests.who_may.city import City, undone
from tests.who_may.interfaces import BAD, INTERFACES, OF_ANYBODY
from tests.who_may.people import KEYS, PEOPLE
from tests.who_may.policy import sees
from tests.who_may.test_moving import answered

assert no_first_wall
GOOD = [who for who in KEYS if who not in BAD]
FEW_KEYS = ("key cases:handle for roads",)
FEW_PEOPLE = ("intake at longting", "handle for lamps")
READ = sorted(
    name for name, (_whose, path) in ROWS.items() if "{number}" in path and "moves/" not in path
)
OK, NONE = 200, 404


def some_then_all(few: tuple[str, ...], every: Any) -> list[Any]:
    """Few in the ordinary run, everybody in the long one."""
    rest = [pytest.param(who, marks=pytest.mark.long) for who in every if who not in few]
    return [*few, *rest]


def too_much(city: City, who: str, channels: dict[str, Channel]) -> list[Any]:
    """What each channel shows that is not theirs; whole lists, and every case asked for."""
    found = []
    for name, channel in channels.items():
        shown = undone(lambda c=channel: c.ask(city, who, CASES))
        found += [(who, name, case) for case in sorted(shown - channel.should(who))]
    return found


@pytest.mark.parametrize("who", some_then_all(FEW_KEYS, GOOD))
def test_no_key_is_told_of_a_foreign_case(who: str, kept: City, no_first_wall: None) -> None:
    assert too_much(kept, who, INTERFACES) == []
    assert foreign_in_answers(kept, who, every=4 if who in FEW_KEYS else 1) == []
    assert answered(kept, who, whole=False) == []


def foreign_in_answers(city: City, who: str, *, every: int) -> list[Any]:
    """Every route that reads a case, for cases: no number of a foreign one in any answer."""
    foreign = {city.cases[name].number for name in set(CASES) - sees(who)}
    found = []
    for name in READ:
        for case in list(CASES)[::every]:
            number = city.cases[case].number
            answer = city.systems[who].get(ROWS[name][1].format(number=number))
            if case not in sees(who) and answer.status_code == OK:
                found.append((name, case, OK))
            said = answer.content.decode().replace(number, "@")
            found += [(name, case, other) for other in foreign if other in said]
    return found


def test_every_route_that_reads_a_case_is_asked() -> None:
    of_a_case = {r.name for r in ROUTES.values() if r.method == "GET" and "{number}" in r.path}
    assert set(READ) == of_a_case


@pytest.mark.parametrize("who", some_then_all(FEW_PEOPLE, PEOPLE))
def test_no_list_file_or_job_tells_of_a_foreign_case(
    who: str, kept: City, no_first_wall: None
) -> None:
    whole = {name: one for name, one in CHANNELS.items() if one.whole and name != "feed"}
    assert too_much(kept, who, whole) == []


def test_the_feed_tells_nobody_of_a_foreign_case(
    kept: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed.Reach, "covers", lambda *_given: True)
    told = {who: CHANNELS["feed"].ask(kept, who, CASES) for who in PEOPLE}

    assert {who: shown - sees(who) for who, shown in told.items() if shown - sees(who)} == {}
    assert any(told.values())


# ---- Open311 ----------------------------------------------------------------------------------

PROFILE = "/open311/profile/v1/requests/{number}/{part}.json"
OF_ONE = (
    "/open311/v2/requests/{number}.json",
    *(PROFILE.replace("{part}", part) for part in ("history", "updates", "outcome")),
)
OF_ITS_OWN = tuple(PROFILE.replace("{part}", part) for part in ("documents", "comments"))
ASKED = {"jurisdiction_id": "410200", "page_size": "100"}


@pytest.fixture
def everything_published(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Open311 publishes and calls a system's own: every case there is."""
    every = Case.objects.annotate(own=publishing.Exists(Report.objects.all()))
    for module in (querying, profile):
        monkeypatch.setattr(module, "published", lambda *_given: every)
    monkeypatch.setattr(profile, "_own", of_any_system)


def of_any_system(asked: Any, number: str) -> Case:
    found = Case.objects.filter(number=number).first()
    if found is None:
        raise profile.NotFound("不存在")
    return found


@pytest.fixture
def citizens(kept: City) -> System:
    """A system that has sent one report of a kind kept from the public."""
    system = let_in(kept.world, "cases:report@410200", unit="city", purpose="open311")
    said = {"service_code": "10101", "lat": "34.80", "long": "114.31", "description": "井盖"}
    sent = kept.client.post(
        "/open311/v2/requests.json", said | {"api_key": system.key, "jurisdiction_id": "410200"}
    )
    number = sent.json()[0]["service_request_id"]
    Case.objects.filter(number=number).update(direction="down")
    system.name = number  # type: ignore[attr-defined]
    return system


def open311_of(city: City, system: System | None, *, every: int) -> tuple[list[Any], str]:
    """What Open311 shows beyond what is published and one's own; everything it said."""
    own = system.name if system else ""  # type: ignore[attr-defined]
    head = {"Authorization": f"Bearer {system.key}"} if system else {}
    public = OF_ANYBODY["Open311"].should("")
    listed = city.client.get("/open311/v2/requests.json", ASKED, headers=head)
    assert listed.status_code == OK, listed.content
    shown = city.named(row["service_request_id"] for row in listed.json())
    found: list[Any] = [("list", case) for case in sorted(shown - public)]
    said = listed.content.decode()
    for name, case in list(city.cases.items())[::every]:
        for way in (*OF_ONE, *(OF_ITS_OWN if system else ())):
            path = way.format(number=case.number)
            answer = city.client.get(path, ASKED, headers=head)
            said += answer.content.decode()
            if answer.status_code != NONE and (way in OF_ITS_OWN or name not in public):
                found.append((path, name, answer.status_code))
    if own:
        for way in (*OF_ONE, *OF_ITS_OWN):
            answer = city.client.get(way.format(number=own), ASKED, headers=head)
            assert answer.status_code == OK, (way, answer.content)
    return found, said


@pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.long)])
def test_open311_publishes_no_more_and_knows_its_own(
    every: int, kept: City, citizens: System, everything_published: None
) -> None:
    for system in (None, citizens):
        found, said = open311_of(kept, system, every=every)

        assert found == []
        for hidden in ("13800001234", "张建国"):
            assert hidden not in said


# ---- so that the trials above can fail --------------------------------------------------------


def test_without_either_wall_all_of_them_show_it(
    kept: City,
    citizens: System,
    no_first_wall: None,
    everything_published: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(entry, "sight_of", lambda actor: wall.EVERYTHING)
    monkeypatch.setattr(feed, "sight_of", lambda actor: wall.EVERYTHING)
    monkeypatch.setattr(feed.Reach, "covers", lambda *_given: True)
    for module in (querying, profile):
        monkeypatch.setattr(module, "going_out", lambda cases, _caller: list(cases))
    who = FEW_KEYS[0]

    assert len(too_much(kept, who, {"API list": INTERFACES["API list"]})) > 10
    assert foreign_in_answers(kept, who, every=9) != []
    assert CHANNELS["feed"].ask(kept, "nobody", CASES) == set(CASES)
    ways = {way for way, *_rest in open311_of(kept, citizens, every=6)[0]}
    assert "list" in ways
    assert any("documents" in way for way in ways)
