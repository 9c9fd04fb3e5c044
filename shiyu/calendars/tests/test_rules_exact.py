"""Which version of a calendar holds for whom, and what a revision would make of it; few records."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from shiyu.calendars import rules
from shiyu.calendars.models import Calendar, Revision
from shiyu.common.errors import NotAllowed
from shiyu.common.worktime import Allowance, Fixed, WorkCalendar, minute_of, zone
from shiyu.people.actors import Actor, Scope
from shiyu.people.duties import Duty
from shiyu.people.models import Person, Unit

FIRST, LATER = date(2026, 1, 1), date(2026, 6, 1)
SAID = {
    "hours": [["09:00", "10:00"]], "weekdays": [1, 2], "holidays": ["2026-06-01"],
    "workdays": ["2026-06-06"], "published_until": 2027,
}  # fmt: skip


def row(valid_from: date = FIRST, *, code: str = "city", unit: int | None = None, **more: Any):
    said = {"hours": [["08:00", "12:00"]], "weekdays": [1, 2, 3, 4, 5], "published_until": 2026}
    more = {**said, "name": "市历", "timezone": "Asia/Shanghai", "edition": 4} | more
    return Calendar(code=code, unit_id=unit, valid_from=valid_from, **more)


def revision(*firsts: date, code: str = "city") -> Revision:
    return Revision(code=code, versions=[{"valid_from": str(first), **SAID} for first in firsts])


# ---- versions, without any record ---------------------------------------------------------------


def test_a_version_holds_from_its_first_day_and_the_first_one_also_before():
    versions = [row(FIRST), row(LATER)]

    for day, number in (
        (FIRST - timedelta(days=1), 0), (FIRST, 0), (LATER - timedelta(days=1), 0), (LATER, 1),
        (LATER + timedelta(days=900), 1),
    ):  # fmt: skip
        assert rules.in_force(versions, day) is versions[number]


def test_a_successor_is_like_its_base_but_for_what_is_changed_and_its_edition_is_its_own():
    base = row(edition=4, holidays=["2026-02-17"], unit=9)
    base.id, base.made_at = 77, datetime(2026, 1, 1, tzinfo=UTC)

    made = rules.successor(base, LATER, {"weekdays": [1]})

    assert (made.id, made.made_at, made.valid_from, made.weekdays) == (None, None, LATER, [1])
    for name in ("code", "name", "unit_id", "timezone", "hours", "holidays", "published_until"):
        assert getattr(made, name) == getattr(base, name), name


def test_what_a_version_says_is_five_things_and_its_first_day():
    version = rules.version_of(row(**SAID))

    assert version == {"valid_from": "2026-01-01", **SAID}
    assert rules.contents(version) == SAID
    assert rules.CONTENTS == ("hours", "weekdays", "holidays", "workdays", "published_until")


def test_a_revision_takes_the_place_of_its_first_days_and_leaves_other_calendars_alone():
    other = row(date(2025, 1, 1), code="u9", unit=9)
    old, later = row(FIRST, name="旧"), row(LATER, name="新")
    between = date(2026, 3, 1)

    found = rules.revised([later, other, old], revision(between, LATER))

    assert found[0] is other
    assert [(v.valid_from, v.name) for v in found[1:]] == [
        (FIRST, "旧"), (between, "旧"), (LATER, "新"),
    ]  # fmt: skip
    assert found[1] is old
    for made in found[2:]:
        assert rules.contents(rules.version_of(made)) == SAID
    assert (later.weekdays, old.weekdays) == ([1, 2, 3, 4, 5], [1, 2, 3, 4, 5])


# ---- all calendars ------------------------------------------------------------------------------


def test_a_unit_without_its_own_calendar_goes_by_the_citys():
    found = rules._of_rows([row(), row(LATER), row(code="u9", unit=9, weekdays=[7])], 5)

    assert found.version == 5
    assert found.for_unit(None) is found.for_unit(3) is found.city
    assert set(found.of_units) == {9}
    assert found.for_unit(9) is found.of_units[9]
    assert [found.city.works(date(2026, 6, day)) for day in (5, 6, 7)] == [True, False, False]
    assert [found.for_unit(9).works(date(2026, 6, day)) for day in (5, 6, 7)] == [
        False,
        False,
        True,
    ]


def test_the_last_version_says_the_zone_and_until_when_holidays_are_published():
    rows = [row(), row(LATER, timezone="Asia/Urumqi", published_until=2028)]
    rows.append(row(code="u9", unit=9, published_until=None))

    found = rules._of_rows(rows, 1)

    assert found.zone.info.key == "Asia/Urumqi"
    assert found.published == {None: 2028}
    assert rules._of_rows([], 0).zone.info.key == "Asia/Shanghai"
    plain = rules._of_rows([], 0).city
    assert [plain.works(date(2026, 6, day)) for day in (5, 6)] == [True, False]
    hours = [(8, 12), (14, 18)]
    midnight = minute_of(datetime(2026, 6, 4, 16, tzinfo=UTC))
    assert plain.office().between(midnight, midnight + 1440) == [
        (midnight + 60 * opens, midnight + 60 * closes) for opens, closes in hours
    ]


def calendars(**published: int) -> rules.Calendars:
    city = WorkCalendar.of("Asia/Shanghai", hours=[["08:00", "12:00"]])
    by_unit = {None if name == "city" else int(name[1:]): year for name, year in published.items()}
    return rules.Calendars(1, zone("Asia/Shanghai"), city, {9: city, 8: city}, by_unit)


def test_a_due_time_is_provisional_past_the_last_published_year_of_whose_calendar_counts():
    found = calendars(city=2026, u9=2027)
    last, next_ = datetime(2026, 12, 31, 15, 59, tzinfo=UTC), datetime(2026, 12, 31, 16, tzinfo=UTC)

    assert not found.is_provisional(None)
    assert [found.is_provisional(due) for due in (last, next_)] == [False, True]
    assert [found.is_provisional(due, unit_id=3) for due in (last, next_)] == [False, True]
    assert not found.is_provisional(next_, unit_id=9)
    assert found.is_provisional(next_ + timedelta(days=365), unit_id=9)
    assert not found.is_provisional(next_ + timedelta(days=9999), unit_id=8)
    assert not calendars().is_provisional(next_)


def test_only_what_is_counted_in_office_time_is_ever_provisional():
    found, due = calendars(city=2026), datetime(2027, 5, 1, tzinfo=UTC)

    for words, expected in {
        "4工作时": True, "1工作日": True, "4紧急工作时": False, "1自然日": False, "5分钟": False,
    }.items():  # fmt: skip
        assert found.is_provisional(due, limit=Allowance.parse(words)) is expected, words
    assert not found.is_provisional(due, limit=Fixed(due))
    assert found.is_provisional(due, limit=None)


@pytest.mark.parametrize(
    ("published", "today", "missing"),
    [
        (2026, date(2026, 11, 30), None),
        (2026, date(2026, 12, 1), 2027),
        (2027, date(2026, 12, 31), None),
        (2026, date(2027, 1, 1), 2027),
        (2025, date(2026, 6, 1), 2026),
        (None, date(2026, 12, 1), None),
    ],
)
def test_holidays_are_missed_from_the_december_before_their_year(
    monkeypatch, published, today, missing
):
    held = calendars(**({} if published is None else {"city": published}))
    monkeypatch.setattr(rules, "read_calendars", lambda: held)

    assert rules.unpublished_from(today) == missing


def test_the_program_and_those_who_administer_the_system_keep_calendars():
    for duty in Duty.values:
        actor = Actor("person", 1, "", (Scope(duty, 1, 9, 5),))
        assert rules.may_keep_calendars(actor) is (duty == "system_admin")
    rules.must_keep_calendars(Actor.program("x"))
    with pytest.raises(NotAllowed, match="没有编辑工作日历的权限"):
        rules.must_keep_calendars(Actor("person", 1))


# ---- with records -------------------------------------------------------------------------------


def kept(*rows: Calendar) -> None:
    for one in rows:
        one.save(force_insert=True)


@pytest.mark.django_db
def test_calendars_are_read_again_only_after_an_edit(django_assert_num_queries):
    unit = Unit.objects.create(
        code="U9", name="x", short_name="x", kind="department", tier="city", place_code="41"
    )
    kept(row(edition=1), row(edition=2, weekdays=[1]), row(code="u", unit=unit.pk))

    first = rules.read_calendars()
    assert first.version == rules.read_version() == Calendar.objects.latest("id").pk
    assert not rules.calendar_for(None).works(date(2026, 6, 2))
    assert rules.calendar_for(unit.pk).works(date(2026, 6, 2))
    with django_assert_num_queries(0):
        assert rules.read_calendars(first.version) is first
    assert rules.read_calendars() is first
    kept(row(edition=3))
    assert rules.read_calendars() is not first
    assert rules.calendar_for(None).works(date(2026, 6, 2))
    assert rules.is_provisional(datetime(2027, 6, 1, tzinfo=UTC))
    assert not rules.is_provisional(datetime(2026, 6, 1, tzinfo=UTC))
    assert not rules.is_provisional(
        datetime(2027, 6, 1, tzinfo=UTC), limit=Allowance.parse("1自然日")
    )


@pytest.mark.django_db
def test_what_a_revision_would_make_is_kept_nowhere():
    kept(row(edition=1))
    before = rules.read_calendars()

    found = rules.calendars_if(revision(LATER))

    assert found.version == 0
    assert [found.city.works(date(2026, 6, day)) for day in (1, 2, 3, 6)] == [
        False, True, False, True,
    ]  # fmt: skip
    assert [found.city.works(date(2026, 5, day)) for day in (29, 30)] == [True, False]
    assert rules.read_calendars() is before


@pytest.mark.django_db
def test_what_was_published_of_a_calendar_is_listed_the_newest_first(django_assert_num_queries):
    now, person = timezone.now(), Person.objects.create(username="x", name="x")

    def drawn(published: datetime | None, code: str = "city", **more: Any) -> Revision:
        more = {"what": "hours", "first_day": FIRST, "former": [], "based_on": 1} | more
        return Revision.objects.create(
            code=code, versions=[], published_at=published, drawn_by=person, **more
        )

    late = drawn(now)
    early = drawn(now - timedelta(days=1))
    same = drawn(now, undoes=late)
    drawn(None), drawn(now, code="other")

    with django_assert_num_queries(1):
        found = list(rules.revisions_of("city"))
        assert [r.drawn_by.name for r in found] == ["x", "x", "x"]
        assert found[0].undoes is not None
    assert found == [same, late, early]
