"""Pages of calendars as their keeper uses them."""

import pytest
from django.test import Client
from django.utils import timezone

from shiyu.calendars.models import Calendar, Retiming, Revision
from shiyu.calendars.words import read_days, read_hours, write_days
from shiyu.cases.actions import retiming
from shiyu.cases.lifecycle import Stage

TODAY = timezone.localdate


@pytest.fixture
def keeper(world) -> Client:
    client = Client()
    client.force_login(world.people["administrator"])
    return client


def test_days_are_read_as_people_write_them():
    days, wrong = read_days("2-5 至 2-7\n2027年5月1日 # 劳动节\n\n10.1~10.2", year=2027)

    assert wrong == []
    assert days == [
        *("2027-02-05", "2027-02-06", "2027-02-07"),
        *("2027-05-01", "2027-10-01", "2027-10-02"),
    ]
    assert write_days(days).splitlines() == ["02-05 至 02-07", "05-01", "10-01 至 10-02"]


def test_every_line_that_cannot_be_read_is_named():
    days, wrong = read_days("2-30\n五月\n2026-05-01\n5-3 至 5-1\n6-1", year=2027)

    assert days == ["2027-06-01"]
    assert [line.line for line in wrong] == [1, 2, 3, 4]


def test_hours_are_read_from_one_line_or_several():
    assert read_hours("8:30-12:00、14：00 至 18:00") == (
        [["08:30", "12:00"], ["14:00", "18:00"]],
        [],
    )
    assert [w.line for w in read_hours("8-12\n14:00-13:00")[1]] == [1, 2]
    assert read_hours("08:00-12:00\n11:00-13:00")[1] != []


def test_a_year_shows_holidays_and_make_up_days(keeper):
    made = Calendar.objects.filter(code="city").latest("valid_from", "edition")
    made.pk, made.edition = None, made.edition + 1
    made.holidays, made.workdays, made.published_until = ["2026-10-01"], ["2026-10-10"], 2026
    made.save(force_insert=True)
    page = keeper.get("/calendars/city/2026/").content.decode()

    assert page.count("day-holiday") == 2
    assert page.count("day-makeup") == 2
    assert "暂定" not in page
    assert "暂定" in keeper.get("/calendars/city/2027/").content.decode()


def test_from_the_form_to_published_and_back(keeper, world):
    case = world.make_case(Stage.HANDLING, kind="lamp", lead="lamps")
    retiming.follow_calendars()
    was = case.__class__.objects.get(pk=case.pk).due_at
    typed = {
        "valid_from": TODAY().isoformat(),
        "hours": "08:00-09:00",
        "weekdays": [1, 2, 3, 4, 5],
    }
    answer = keeper.post("/calendars/city/hours/", typed)
    made = Revision.objects.get()
    assert answer["Location"] == f"/calendars/revisions/{made.pk}/"
    assert "正在算" in keeper.get(answer["Location"]).content.decode()
    retiming.look_ahead()
    assert case.number in keeper.get(answer["Location"]).content.decode()

    keeper.post(f"/calendars/revisions/{made.pk}/publish/", {"turned_late": ""})
    retiming.follow_calendars()
    case.refresh_from_db()
    assert case.due_at < was
    assert Retiming.objects.get(kind="apply").changed == 1

    answer = keeper.post(f"/calendars/revisions/{made.pk}/undo/")
    retiming.look_ahead()
    back = Revision.objects.latest("pk")
    keeper.post(f"/calendars/revisions/{back.pk}/publish/", {"turned_late": ""})
    retiming.follow_calendars()
    case.refresh_from_db()
    assert case.due_at == was
    assert "恢复" in keeper.get("/calendars/city/history/").content.decode()


def test_a_broken_form_says_which_line(keeper):
    typed = {"valid_from": TODAY().isoformat(), "holidays": "13-45", "workdays": ""}

    answer = keeper.post("/calendars/city/2027/days/", typed)

    assert answer.status_code == 422
    assert "第 1 行" in answer.content.decode()
    assert not Revision.objects.exists()


def test_the_list_of_changes_asks_as_often_for_three_as_for_one(
    keeper, world, django_assert_max_num_queries
):
    counts = []
    for _ in range(2):
        world.make_case(Stage.HANDLING, kind="lamp", lead="lamps")
        if counts:
            world.make_case(Stage.HANDLING, kind="lamp", lead="lamps")
        typed = {
            "valid_from": TODAY().isoformat(),
            "hours": f"08:00-09:0{len(counts)}",
            "weekdays": [1, 2, 3, 4, 5],
        }
        at = keeper.post("/calendars/city/hours/", typed)["Location"]
        retiming.look_ahead()
        keeper.get(at)
        with django_assert_max_num_queries(40) as asked:
            page = keeper.get(at).content.decode()
        counts.append(len(asked))
        assert page.count('<tr><th scope="row" class="num">') in (1, 3)
    assert counts[0] == counts[1]
