"""Doing a thing once: replay, another body, at the same moment, another client."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from shiyu.common.errors import InProgress, KeyReused, OutOfOrder, Refused
from shiyu.common.models import Answered, Attempt
from shiyu.common.once import Answer, forget, hidden, is_again, once, whole

EFFECT = {"kind": "effect", "failures": 1}


def effect(key: str = "k") -> Answer:
    """Something that leaves a trace: a row of a table at hand."""
    Attempt.objects.create(key=key, since=timezone.now(), **EFFECT)
    return Answer(201, {"number": "2611-00001"})


def ask(
    key: str = "k1",
    body: str = "{}",
    client: str = "person:1",
    act: Callable[[], Answer] = effect,
    **more: timedelta,
) -> Answer:
    return once(client=client, route="report", key=key, body=body, act=act, **more)


def effects() -> int:
    return Attempt.objects.filter(kind="effect").count()


@pytest.mark.django_db
def test_the_same_again_gets_the_same_answer_and_is_not_done_again() -> None:
    first = ask()
    again = ask()

    assert (first.status, first.content, first.given_at) == (201, {"number": "2611-00001"}, None)
    assert (again.status, again.content) == (first.status, first.content)
    assert again.given_at is not None
    assert effects() == 1


@pytest.mark.django_db
def test_another_body_under_the_same_key_is_refused() -> None:
    ask()

    with pytest.raises(KeyReused) as refused:
        ask(body='{"other": 1}')
    assert refused.value.status == 422
    assert effects() == 1


@pytest.mark.django_db
def test_keys_of_one_client_and_route_are_invisible_to_others() -> None:
    ask()

    other = ask(client="person:2", act=lambda: effect("k2"))
    elsewhere = once(client="person:1", route="urge", key="k1", body="x", act=lambda: effect("k3"))

    assert (other.given_at, elsewhere.given_at) == (None, None)
    assert effects() == 3


@pytest.mark.django_db
def test_a_refusal_is_not_kept_and_undoes_what_was_written() -> None:
    def refuse() -> Answer:
        effect()
        raise OutOfOrder("no")

    with pytest.raises(OutOfOrder):
        ask(act=refuse)

    assert effects() == 0
    assert ask(body="corrected").given_at is None


@pytest.mark.django_db
@pytest.mark.parametrize("status", [400, 409, 422, 500])
def test_an_answer_that_says_no_is_not_kept_and_undoes_what_was_written(status: int) -> None:
    def answer_no() -> Answer:
        effect()
        return Answer(status, {})

    assert ask(act=answer_no).status == status

    assert effects() == 0
    assert not Answered.objects.exists()
    assert ask(body="corrected").status == 201


@pytest.mark.django_db
def test_without_a_key_the_answer_counts_for_a_while_only() -> None:
    window = timedelta(seconds=10)
    ask(within=window)
    assert ask(within=window).given_at is not None

    Answered.objects.update(at=timezone.now() - timedelta(seconds=11))
    renewed = ask(within=window, act=lambda: effect("k2"))

    assert renewed.given_at is None
    assert effects() == 2
    assert Answered.objects.count() == 1


@pytest.mark.django_db
def test_old_answers_are_forgotten() -> None:
    ask()

    assert forget(before=timezone.now() - timedelta(days=1)) == 0
    assert forget(before=timezone.now() + timedelta(seconds=1)) == 1


@pytest.mark.django_db
def test_a_key_is_not_stored_as_it_came() -> None:
    ask(key="13800000000 张三")

    assert "1380" not in str(list(Answered.objects.values()))


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_is_done_and_the_others_are_told_it_is_under_way() -> None:
    at_once = 6
    barrier, may_finish = threading.Barrier(at_once), threading.Event()
    answers: list[Answer] = []
    refused: list[Refused] = []

    def slow() -> Answer:
        may_finish.wait(10)
        return effect()

    def attempt() -> None:
        barrier.wait()
        try:
            answers.append(ask(act=slow))
        except Refused as refusal:
            refused.append(refusal)
            if len(refused) == at_once - 1:
                may_finish.set()
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt) for _ in range(at_once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [type(r) for r in refused] == [InProgress] * (at_once - 1)
    assert [a.status for a in answers] == [201]
    assert effects() == 1
    assert ask().given_at is not None


@pytest.mark.django_db(transaction=True)
def test_one_that_dies_under_way_leaves_nothing_and_may_be_asked_again() -> None:
    def die() -> Answer:
        effect()
        raise SystemExit

    with pytest.raises(SystemExit):
        ask(act=die)

    assert effects() == 0
    assert ask().status == 201


def ask_whole(act: Callable[[], Answer] = effect, body: str = "{}") -> Answer:
    return whole(client="key:1", route="report", key="k", body=body, act=act)


@pytest.mark.django_db
def test_a_whole_act_is_done_once_and_one_refused_leaves_nothing_and_may_be_tried_again() -> None:
    def refused() -> Answer:
        effect()
        return Answer(422, "no")

    assert ask_whole(refused).status == 422
    assert effects() == 0
    assert ask_whole().given_at is None
    assert ask_whole().given_at is not None
    assert effects() == 1
    with pytest.raises(KeyReused):
        ask_whole(body="[]")


@pytest.mark.django_db
def test_whoever_was_just_writing_the_same_is_noticed_at_the_end_and_nothing_stays_twice() -> None:
    tries: list[bool] = []

    def act() -> Answer:
        tries.append(is_again())
        if not is_again():  # as if somebody's answer had come between the look and the lock
            rest = {"body_hash": "b", "status": 200, "answer": 1, "at": timezone.now()}
            Answered.objects.create(client="key:1", route="report", key=hidden("k"), **rest)
        return effect()

    assert ask_whole(act).status == 201
    assert tries == [False, True]
    assert effects() == 1
