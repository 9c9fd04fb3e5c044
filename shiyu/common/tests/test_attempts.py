"""Limits on trying: counted before, closed for a while, given back, forgotten."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from shiyu.common.attempts import Closed, Counter, Limit, count, forget, give_back, reopen
from shiyu.common.models import Attempt

MINUTE = timedelta(minutes=1)
LIMIT = Limit("account", 3, MINUTE, 5 * MINUTE)
LI = Counter(LIMIT, "li")


def shift(by: timedelta) -> None:
    """As if so much time had passed."""
    for kept in Attempt.objects.all():
        kept.since -= by
        kept.closed_until = kept.closed_until and kept.closed_until - by
        kept.save()


@pytest.mark.django_db
def test_the_limit_lets_so_many_through_and_then_closes_once() -> None:
    answers = [count(LI) for _ in range(5)]

    assert answers[:3] == [None, None, None]
    assert [a.is_new for a in answers[3:] if isinstance(a, Closed)] == [True, False]
    closed = answers[3]
    assert closed is not None
    assert timedelta(minutes=4) < closed.until - timezone.now() <= 5 * MINUTE


@pytest.mark.django_db
def test_trying_on_does_not_keep_it_closed_for_longer() -> None:
    until = {count(LI).until for _ in range(9) if count(LI)}  # type: ignore[union-attr]

    assert len(until) == 1


@pytest.mark.django_db
def test_it_opens_again_with_a_clean_count() -> None:
    for _ in range(4):
        count(LI)
    shift(6 * MINUTE)

    assert [count(LI) for _ in range(3)] == [None, None, None]
    assert count(LI) is not None


@pytest.mark.django_db
def test_failures_long_apart_do_not_add_up() -> None:
    for _ in range(6):
        assert count(LI) is None
        shift(MINUTE)


@pytest.mark.django_db
def test_success_gives_its_own_count_back_and_no_more() -> None:
    count(LI)
    count(LI)
    give_back(LI)

    assert Attempt.objects.get().failures == 1
    for _ in range(5):
        give_back(LI)
    assert Attempt.objects.get().failures == 0


@pytest.mark.django_db
def test_a_closed_sender_spares_the_counters_after_it() -> None:
    sender = Counter(Limit("address", 1, MINUTE, MINUTE), "10.0.0.1")
    count(sender, LI)

    closed = count(sender, LI)

    assert closed is not None
    assert closed.counter is sender
    assert Attempt.objects.get(kind="account").failures == 1


@pytest.mark.django_db
def test_the_same_name_in_another_case_is_the_same_counter() -> None:
    count(LI)
    count(Counter(LIMIT, "LI"))

    assert Attempt.objects.get().failures == 2


@pytest.mark.django_db
def test_a_counter_can_be_reopened_and_old_ones_are_forgotten() -> None:
    for _ in range(4):
        count(LI)
    reopen(LI)
    assert count(LI) is None

    assert forget(before=timezone.now() - MINUTE) == 0
    assert forget(before=timezone.now() + MINUTE) == 1


@pytest.mark.django_db(transaction=True)
def test_any_number_at_once_get_no_more_than_the_limit_between_them() -> None:
    at_once = 12
    barrier = threading.Barrier(at_once)
    let_through: list[bool] = []

    def attempt() -> None:
        barrier.wait()
        try:
            let_through.append(count(LI) is None)
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt) for _ in range(at_once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(let_through) == LIMIT.attempts
