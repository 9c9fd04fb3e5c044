"""Notices: owed in the transaction, seen by their own person alone, read once."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from pytest_django import DjangoAssertNumQueries

from shiyu.common.errors import NotFound
from shiyu.notices import actions, jobs, kinds, pages, rules
from shiyu.notices.actions.owing import wake
from shiyu.notices.kinds import SENTENCES, sentence
from shiyu.notices.lifecycle import Channel
from shiyu.notices.models import Notice
from shiyu.people.actors import Actor
from shiyu.people.models import Person
from shiyu.people.tests.made import make_person

FACTS = {"number": "2611-08342", "kind": "井盖破损", "place": "书店街社区"}


@pytest.fixture
def person(client: Client, db: None) -> Person:
    person = make_person("li", "handle")
    client.force_login(person)
    return person


@pytest.fixture(autouse=True)
def case_pages() -> Iterator[None]:
    before = dict(kinds.pages)
    kinds.pages.clear()
    kinds.pages["case"] = lambda subject: f"/desk/{subject.removeprefix('case:')}/"
    yield
    kinds.pages.clear()
    kinds.pages.update(before)


def owe(*people: Person, kind: str = "dispatched", number: int = 1, **more: bool) -> int:
    ids = [p.pk for p in people]
    return actions.owe(ids, f"case:{number}", kind, facts=FACTS, at=timezone.now(), **more)


def test_a_notice_is_a_row_for_each_person_in_two_queries_however_many(
    person: Person, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    people = [person, *(make_person(f"p{n}") for n in range(5))]

    with django_assert_max_num_queries(4):
        assert owe(*people, person) == 6

    assert Notice.objects.count() == 6


@pytest.mark.django_db(transaction=True)
def test_a_notice_is_undone_with_the_move_it_tells_of() -> None:
    person = make_person("li")

    with transaction.atomic():
        owe(person)
        transaction.set_rollback(True)

    assert not Notice.objects.exists()


def test_a_kind_without_a_sentence_is_a_mistake_of_ours(person: Person) -> None:
    with pytest.raises(ValueError, match="no_such_kind"):
        owe(person, kind="no_such_kind")


ABOUT_PEERS = {"channel_down", "subscription_paused", "canary_lost"}
NOT_OF_ONE_CASE = {
    *("export_asked", "export_decided", "handed_over", "export_limits"),
    *("standard_objected", "standard_answered", "export_failed", "batch_stopped"),
    *("second_asked", "second_decided"),
}


@pytest.mark.parametrize("kind", sorted(set(SENTENCES) - ABOUT_PEERS - NOT_OF_ONE_CASE))
def test_every_kind_says_number_kind_and_place(kind: str) -> None:
    with translation.override("zh-hans"):
        said = sentence(kind, FACTS)

    assert all(value in said for value in FACTS.values())
    assert "%" not in said


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({}, "新任务 ：，"),
        ({"number": "%(secret)s", "kind": "{0.__class__}", "place": "%n"},
         "新任务 %(secret)s：{0.__class__}，%n"),
    ],
)  # fmt: skip
def test_facts_are_text_and_never_a_template(facts: dict[str, object], says: str) -> None:
    with translation.override("zh-hans"):
        assert sentence("dispatched", facts) == says


def test_one_sees_ones_own_notices_alone(client: Client, person: Person) -> None:
    other = make_person("other", "security_admin")
    owe(other)
    theirs = Notice.objects.get()

    assert not rules.visible_to(Actor.for_person(person)).exists()
    assert not rules.visible_to(Actor.program()).exists()
    assert not rules.visible_to(Actor.receipt(other.pk)).exists()
    assert client.post(reverse("notices:read", args=[theirs.pk])).status_code == 404
    with pytest.raises(NotFound):
        actions.mark_read(theirs.pk, actor=Actor.for_person(person))
    client.post(reverse("notices:read_all"), {"up_to": theirs.pk})
    theirs.refresh_from_db()
    assert theirs.read_at is None


def test_the_list_shows_unread_first_and_escapes_what_it_shows(
    client: Client, person: Person
) -> None:
    actor = Actor.for_person(person)
    for number in (1, 2, 3):
        facts = FACTS | ({"place": "<b>x</b>"} if number == 1 else {})
        told = {"facts": facts, "at": timezone.now(), "urgent": number == 1}
        actions.owe([person.pk], f"case:{number}", "dispatched", **told)
    newest = Notice.objects.order_by("pk").last()
    actions.mark_read(newest.pk, actor=actor)

    page = client.get(reverse("notices:list")).content.decode()

    order = [line.notice.subject for line in pages.page(actor).lines]
    assert order == ["case:2", "case:1", "case:3"]
    assert "新任务 2611-08342：井盖破损，&lt;b&gt;x&lt;/b&gt;" in page
    assert "紧急" in page


def test_an_empty_list_says_what_will_be_here(client: Client, person: Person) -> None:
    page = client.get(reverse("notices:list")).content.decode()

    assert "没有提醒" in page


def test_opening_marks_read_and_leads_to_the_record(client: Client, person: Person) -> None:
    owe(person, number=17)
    notice = Notice.objects.get()
    url = reverse("notices:read", args=[notice.pk])

    assert client.get(url).status_code == 405
    assert client.post(url, {"do": "open"}).url == "/desk/17/"
    notice.refresh_from_db()
    first_read = notice.read_at
    assert client.post(url, {"do": "mark"}).url == reverse("notices:list")

    notice.refresh_from_db()
    assert notice.read_at == first_read is not None


def test_a_record_without_a_page_leads_back_to_the_list(client: Client, person: Person) -> None:
    actions.owe([person.pk], "nothing:1", "urged", facts=FACTS, at=timezone.now())
    notice = Notice.objects.get()

    response = client.post(reverse("notices:read", args=[notice.pk]), {"do": "open"})

    assert response.url == reverse("notices:list")


def test_all_read_means_all_that_were_shown(client: Client, person: Person) -> None:
    owe(person)
    shown = client.get(reverse("notices:list")).context["newest"]
    owe(person, number=2)

    client.post(reverse("notices:read_all"), {"up_to": shown})

    assert list(Notice.objects.filter(read_at=None).values_list("subject", flat=True)) == ["case:2"]


def test_pages_follow_one_another_without_gap_or_overlap(person: Person) -> None:
    actor = Actor.for_person(person)
    for number in range(pages.A_PAGE * 2 + 7):
        owe(person, number=number)
    some = Notice.objects.order_by("pk").values_list("pk", flat=True)[::2]
    Notice.objects.filter(pk__in=list(some)).update(read_at=timezone.now())

    seen, after = [], ""
    while True:
        page = pages.page(actor, after=after)
        seen += [line.notice for line in page.lines]
        after = page.after
        if not after:
            break

    expected = sorted(Notice.objects.all(), key=lambda n: (n.read_at is not None, -n.pk))
    assert [n.pk for n in seen] == [n.pk for n in expected]


@pytest.mark.parametrize("after", ["x", "u", "u-1", "r" + "9" * 30, "u1'", "%00", "r１"])
def test_a_mark_nobody_gave_starts_at_the_beginning(
    client: Client, person: Person, after: str
) -> None:
    owe(person)

    response = client.get(reverse("notices:list"), {"after": after})

    assert response.status_code in (200, 400)


def test_the_list_takes_the_same_queries_for_one_row_and_three(
    client: Client, person: Person, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    owe(person)
    client.get(reverse("notices:list"))
    with django_assert_max_num_queries(7) as one:  # two of them for the city, if it is not kept
        client.get(reverse("notices:list"))
        queries = len(one)
    owe(person, number=2)
    owe(person, number=3)

    with django_assert_max_num_queries(queries):
        client.get(reverse("notices:list"))


@pytest.mark.parametrize(("unread", "says"), [(0, ""), (3, ">3<"), (99, ">99<"), (120, ">99+<")])
def test_the_badge_counts_what_is_unread_as_far_as_it_can_show(
    client: Client, person: Person, unread: int, says: str
) -> None:
    for number in range(unread):
        owe(person, number=number)

    assert says in client.get(reverse("notices:badge")).content.decode()


@pytest.mark.parametrize("name", ["notices:list", "notices:badge", "notices:read_all"])
def test_notices_are_for_those_signed_in(client: Client, db: None, name: str) -> None:
    method = client.post if name == "notices:read_all" else client.get

    assert method(reverse(name)).url.startswith(reverse("account_login"))


def test_a_sender_that_waits_already_is_not_called_again(
    db: None, django_capture_on_commit_callbacks: Any
) -> None:
    def wake_once() -> list[str]:
        after = django_capture_on_commit_callbacks
        with CaptureQueriesContext(connection) as asked, after(execute=True):
            wake(["mail"])
        return [query["sql"] for query in asked if "defer_jobs" in query["sql"]]

    assert len(wake_once()) == 1
    assert wake_once() == []
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing'")
    assert len(wake_once()) == 1  # it may have looked before this was owed


def test_no_channel_waits_behind_the_backlog_of_another(
    db: None, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        jobs.tend(0)

    with connection.cursor() as cursor:
        cursor.execute("SELECT lock, args->>'channel' FROM procrastinate_jobs")
        owed = dict(cursor.fetchall())
    assert owed == {f"notices_deliver_{channel}": channel for channel in Channel.values}
