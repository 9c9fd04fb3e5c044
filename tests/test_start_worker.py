"""Workers carry out what is owed, and what a killed one left behind is taken up again."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from shiyu.common.home import PROJECT
from shiyu.notices.jobs import AT_ONCE as WEBHOOKS_AT_ONCE
from shiyu.notices.lifecycle import Channel
from shiyu.site.commands.worker_ import POOL_OF
from shiyu.site.reaper import MOST_ATTEMPTS, reap
from shiyu.site.work import AT_ONCE, LOST, until_let_in

LONG_AGO = "now() - interval '5 minutes'"


@pytest.fixture
def queue(transactional_db, database):
    """The queue's tables, as the role that carries out jobs."""
    with database.connect("worker", database.name) as connection:
        yield connection


def make_worker(queue, last_heartbeat):
    made = queue.execute(
        f"INSERT INTO procrastinate_workers (last_heartbeat) VALUES ({last_heartbeat}) RETURNING id"
    )
    return made.fetchone()[0]


def make_job(queue, status, worker=None, attempts=0):
    made = queue.execute(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, status, worker_id, attempts) "
        "VALUES ('bulk', 'some.task', %s, %s, %s) RETURNING id",
        [status, worker, attempts],
    )
    return made.fetchone()[0]


def states(queue):
    rows = queue.execute("SELECT id, status::text, attempts FROM procrastinate_jobs")
    return {job: (status, attempts) for job, status, attempts in rows}


def test_a_job_whose_worker_fell_silent_is_put_back(queue):
    dead = make_worker(queue, LONG_AGO)
    job = make_job(queue, "doing", dead)

    done = reap(queue)

    assert done == (1, 0)
    assert states(queue) == {job: ("todo", 1)}
    assert queue.execute("SELECT count(*) FROM procrastinate_workers").fetchone() == (0,)


def test_a_job_whose_like_waits_already_is_left_to_that_one(queue):
    killed, other = make_job(queue, "doing"), make_job(queue, "doing")
    waiting = make_job(queue, "todo")
    queue.execute(
        "UPDATE procrastinate_jobs SET queueing_lock = 'tend' WHERE id = ANY(%s)",
        [[killed, waiting]],
    )

    reap(queue)

    assert {job: status for job, (status, _) in states(queue).items()} == {
        killed: "aborted",
        other: "todo",
        waiting: "todo",
    }


def test_a_job_without_any_worker_is_put_back(queue):
    job = make_job(queue, "doing")

    assert reap(queue) == (1, 0)
    assert states(queue) == {job: ("todo", 1)}


def test_a_job_in_hand_is_left_alone(queue):
    living = make_worker(queue, "now()")
    job = make_job(queue, "doing", living)
    waiting = make_job(queue, "todo")

    assert reap(queue) == (0, 0)
    assert states(queue) == {job: ("doing", 0), waiting: ("todo", 0)}


def test_a_job_that_keeps_killing_its_worker_is_given_up_for_a_person_to_see(queue):
    dead = make_worker(queue, LONG_AGO)
    job = make_job(queue, "doing", dead, attempts=MOST_ATTEMPTS - 1)

    assert reap(queue) == (0, 1)
    assert states(queue) == {job: ("failed", MOST_ATTEMPTS)}


def test_two_reapers_at_once_take_up_a_job_once(queue, database):
    make_job(queue, "doing")

    with queue.transaction():
        first = reap(queue)
        with database.connect("worker", database.name) as other:
            second = reap(other)

    assert (first, second) == ((1, 0), (0, 0))


def test_whoever_reaps_again_and_again_takes_up_what_is_left_later(queue, database):
    words = "from shiyu.site.cli import main; main(['reap', '--every', '1'])"
    reaping = subprocess.Popen(
        [sys.executable, "-c", words], env={**os.environ, **database.environment()}
    )
    try:
        for _ in range(2):
            job = make_job(queue, "doing")
            until = time.monotonic() + 30
            while states(queue)[job][0] != "todo" and time.monotonic() < until:
                time.sleep(0.05)
            assert states(queue)[job] == ("todo", 1)
    finally:
        reaping.send_signal(signal.SIGTERM)
    assert reaping.wait(20) == 0


def test_a_job_is_carried_out_by_a_worker_of_its_queue_alone(queue, database):
    for name in ("bulk", "interactive"):
        queue.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args) "
            "VALUES (%s, 'builtin:procrastinate.builtin_tasks.remove_old_jobs', "
            """'{"max_hours": 1}')""",
            [name],
        )

    ended = subprocess.run(
        [sys.executable, "-c", "from shiyu.site.work import work; work('bulk', wait=False)"],
        env={**os.environ, **database.environment()},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert ended.returncode == 0, ended.stderr
    left = queue.execute(
        "SELECT queue_name, status::text FROM procrastinate_jobs "
        "WHERE queue_name IN ('bulk', 'interactive')"
    ).fetchall()
    assert left == [("interactive", "todo")]


class Door:
    """A way to the database that can be shut: whoever is inside is thrown out."""

    def __init__(self, to: tuple[str, int]) -> None:
        self.to = to
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.listening: socket.socket | None = None
        self.inside: list[socket.socket] = []

    def open(self) -> None:
        self.listening = socket.create_server(("127.0.0.1", self.port), backlog=16)
        threading.Thread(target=self._let_in, args=[self.listening], daemon=True).start()

    def shut(self) -> None:
        assert self.listening is not None
        for one in (self.listening, *self.inside):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self.inside = []

    def _let_in(self, listening: socket.socket) -> None:
        while True:
            try:
                near, _ = listening.accept()
            except OSError:
                return
            far = socket.create_connection(self.to)
            self.inside += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=pass_on, args=(one, other), daemon=True).start()


def pass_on(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while said := one.recv(1 << 16):
            other.sendall(said)
    with contextlib.suppress(OSError):
        other.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def door(database):
    """The only way to the database that this process's children know."""
    url = conninfo_to_dict(database.environment()["SHIYU_WORKER_URL"])
    door = Door((str(url["host"]), int(str(url["port"]))))
    door.environment = {
        name: make_conninfo(said, host="127.0.0.1", port=door.port)
        if name.endswith("_URL")
        else said
        for name, said in database.environment().items()
    }
    return door


def test_a_worker_waits_for_the_database_in_two_sentences(door, monkeypatch, capfd):
    for name, said in door.environment.items():
        monkeypatch.setenv(name, said)
    opening = threading.Timer(1.0, door.open)
    opening.start()

    until_let_in("bulk")

    said = capfd.readouterr().err.splitlines()
    assert [line.startswith("Queue bulk: ") for line in said] == [True, True]
    assert "waiting for the database" in said[0]
    assert "is back" in said[1]
    door.shut()


@pytest.mark.long
def test_a_worker_parted_from_the_database_waits_quietly_and_begins_anew(queue, door):
    """It says three things in all, ends as one that may be started again, and loses no job."""
    door.open()
    worker = subprocess.Popen(
        [sys.executable, "-m", "shiyu.site.work", "bulk"],
        env={**os.environ, **door.environment},
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 60
    alive = "SELECT count(*) FROM procrastinate_workers"
    while queue.execute(alive).fetchone() == (0,) and time.monotonic() < until:
        time.sleep(0.1)
    door.shut()
    time.sleep(20)
    assert worker.poll() is None
    door.open()

    _, said = worker.communicate(timeout=120)

    assert worker.returncode == LOST
    lines = said.splitlines()
    assert len(lines) <= 3, said
    assert "the database was lost" in lines[0]
    assert lines[-1] == "Queue bulk: the database is back."
    door.shut()


def test_each_channel_and_the_clockwork_have_a_place_of_their_own():
    assert AT_ONCE["outside"] > len(Channel.values)
    assert int(POOL_OF["outside"]) > AT_ONCE["outside"] + WEBHOOKS_AT_ONCE
    unit = (PROJECT / "ops/systemd/shiyu-outside.service").read_text()
    assert f"SHIYU_POOL_SIZE={POOL_OF['outside']}\n" in unit
