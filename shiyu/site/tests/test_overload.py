"""Too many at once: in order, not for long, and the rest are told to come again."""

import json
import threading
import time

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from shiyu.site import overload, room
from shiyu.site.room import Room


@pytest.fixture
def full(monkeypatch):
    """A process that has no place and no row left."""
    ours = Room(1, waiting_most=0)
    assert ours.enter(0)
    monkeypatch.setattr(room, "room", ours)
    return ours


def test_whoever_came_first_is_let_in_first():
    ours, order = Room(1), []
    assert ours.enter(0)

    def come(name: int) -> None:
        if ours.enter(5):
            order.append(name)
            ours.leave()

    comers = []
    for name in range(5):
        comers.append(threading.Thread(target=come, args=(name,)))
        comers[-1].start()
        while len(ours.row) <= name:
            time.sleep(0.001)
    ours.leave()
    for comer in comers:
        comer.join()

    assert order == [0, 1, 2, 3, 4]
    assert (ours.free, len(ours.row)) == (1, 0)


def test_a_full_row_turns_away_at_once_and_a_long_wait_after_its_time():
    ours = Room(1, waiting_most=1)
    assert ours.enter(0)
    began = time.monotonic()
    late = []
    waits = threading.Thread(target=lambda: late.append(ours.enter(0.05)))
    waits.start()
    while not ours.row:
        time.sleep(0.001)

    assert not ours.enter(5)
    assert time.monotonic() - began < 1
    waits.join()
    assert late == [False]
    assert not ours.row
    ours.leave()
    assert ours.enter(0)
    assert "1 of 1 at work, 0 waiting, 2 turned away" in ours.told()


def test_other_systems_leave_room_in_the_row_for_people():
    ours = Room(1, waiting_most=2)
    assert ours.enter(0)
    waits = threading.Thread(target=ours.enter, args=(5,))
    waits.start()
    while not ours.row:
        time.sleep(0.001)

    assert not ours.enter(5, row_most=1)
    person = threading.Thread(target=ours.enter, args=(5,))
    person.start()
    while len(ours.row) < 2:
        time.sleep(0.001)
    ours.leave()
    ours.leave()
    waits.join()
    person.join()


def test_no_place_is_lost_or_made_by_many_at_once():
    ours, inside, most, lock = Room(3, waiting_most=4), 0, [0], threading.Lock()

    def work() -> None:
        nonlocal inside
        for _ in range(40):
            if ours.enter(0.0005):
                with lock:
                    inside += 1
                    most[0] = max(most[0], inside)
                time.sleep(0.0002)
                with lock:
                    inside -= 1
                ours.leave()

    workers = [threading.Thread(target=work) for _ in range(12)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert most[0] <= 3
    assert (ours.free, len(ours.row)) == (3, 0)


def test_a_person_is_told_when_to_come_again_and_the_log_is_not_filled(full, client, caplog):
    answer = client.get("/desk/", HTTP_ACCEPT="text/html")

    assert answer.status_code == 503
    assert overload.AGAIN_S[0] <= int(answer["Retry-After"]) <= overload.AGAIN_S[1]
    assert "现在使用的人太多" in answer.content.decode()
    assert answer["X-Request-Id"]
    assert "Content-Security-Policy" in answer
    assert not [line for line in caplog.records if line.name == "django.request"]


def test_whoever_sent_something_is_told_that_it_is_not_saved(full, client):
    answer = client.post("/report/words/", {"text": "井盖破了"}, HTTP_ACCEPT="text/html")

    assert answer.status_code == 503
    assert "后退" in answer.content.decode()


def test_another_system_is_told_as_interfaces_tell(full, client):
    answer = client.get("/api/v1/cases", HTTP_ACCEPT_LANGUAGE="zh-CN")

    assert answer.status_code == 503
    assert answer["Content-Type"] == "application/problem+json"
    assert json.loads(answer.content)["code"] == "unavailable"
    assert int(answer["Retry-After"]) > 0


def test_health_and_files_need_no_place(full, client):
    assert client.get("/healthz").content == b"alive\n"
    passed = HttpResponse()
    assert overload.Overload(lambda request: passed)(RequestFactory().get("/static/a")) is passed


def test_the_place_is_left_also_when_something_fails(monkeypatch):
    ours = Room(1)
    monkeypatch.setattr(room, "room", ours)
    gate = overload.Overload(lambda request: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        gate(RequestFactory().get("/x"))

    assert ours.free == 1
