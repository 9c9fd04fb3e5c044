"""A real worker killed in the middle doubles nothing: what may have left is told as unknown."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from shiyu.notices import actions
from shiyu.notices.models import Attempt, Delivery
from shiyu.notices.sending import send_all
from shiyu.notices.sweeping import sweep
from shiyu.notices.tests.conftest import make_subscription
from shiyu.notices.tests.peers import http_peer

SEND = """
from shiyu.site.start import django_ready
django_ready("worker")
from shiyu.notices.sending import send_all
print("ready", flush=True)
send_all("webhook")
"""


@pytest.fixture
def swept(transactional_db: None, database: Any) -> Iterator[Callable[[], tuple[int, int]]]:
    """The sweeper as it runs beside the reaper, not waiting for anything to grow old."""
    with database.connect("worker", database.name) as connection:
        yield lambda: sweep(connection, stale_after_s=0)


def worker(egress: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", SEND],
        env={**os.environ, "SHIYU_EGRESS": egress, "SHIYU_ROLE": "worker"},
        stdout=subprocess.PIPE,
        text=True,
    )


def slowly(handler: Any) -> None:
    time.sleep(0.02)
    handler.send_response(204)
    handler.end_headers()


def happen(count: int = 1) -> None:
    for _ in range(count):
        actions.publish(["case.moved"], "case:1", data=lambda: {"number": "KF1"}, at=timezone.now())


def wait_for(what: Callable[[], Any], patience_s: float = 60) -> None:
    until = time.monotonic() + patience_s
    while not what():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_killed_after_it_was_sent_it_is_unknown_and_not_sent_again(
    swept: Callable[[], tuple[int, int]], opened: Callable[..., None]
) -> None:
    doomed: list[subprocess.Popen[str]] = []

    def kill(handler: Any) -> None:
        if doomed:
            os.kill(doomed[0].pid, signal.SIGKILL)
            doomed[0].wait()

    with http_peer(kill) as peer:
        opened(webhook=peer.port)
        make_subscription(peer.url)
        happen()
        doomed.append(worker(os.environ["SHIYU_EGRESS"]))
        assert doomed[0].wait(timeout=90) == -signal.SIGKILL
        assert Delivery.objects.get().state == "sending"

        assert swept() == (0, 1)
        send_all("webhook")

        assert len(peer.received) == 1
    row = Delivery.objects.get()
    assert (row.state, row.why) == ("unknown", "worker_killed")
    assert Attempt.objects.get().outcome == "unknown"


def test_killed_before_anything_left_it_is_owed_again_and_sent_once(
    swept: Callable[[], tuple[int, int]], opened: Callable[..., None]
) -> None:
    """What a worker killed between claim and gate leaves in the tables."""
    with http_peer() as peer:
        opened(webhook=peer.port)
        make_subscription(peer.url)
        happen()
        claimed = actions.claim("webhook")

        assert swept() == (1, 0)
        with pytest.raises(actions.Stale):
            actions.pass_gate(claimed.delivery.pk, attempt=1)
        send_all("webhook")

        assert len(peer.received) == 1
    assert Delivery.objects.get().state == "sent"
    assert list(Attempt.objects.values_list("outcome", flat=True)) == ["later", "sent"]


def test_what_goes_to_a_peer_that_drops_repeats_is_owed_again(
    swept: Callable[[], tuple[int, int]],
) -> None:
    make_subscription("https://example.com/", drops_repeats=True)
    happen()
    claimed = actions.claim("webhook")
    actions.pass_gate(claimed.delivery.pk, attempt=1)

    assert swept() == (1, 0)
    assert Delivery.objects.get().state == "owed"


def test_the_sweeper_leaves_alone_what_is_in_hand(transactional_db: None, database: Any) -> None:
    make_subscription("https://example.com/")
    happen()
    actions.claim("webhook")

    with database.connect("worker", database.name) as connection:
        assert sweep(connection) == (0, 0)


@pytest.mark.long
def test_two_workers_at_once_send_each_thing_once(
    transactional_db: None, opened: Callable[..., None]
) -> None:
    with http_peer() as peer:
        opened(webhook=peer.port)
        for _ in range(4):
            make_subscription(peer.url)
        happen(25)
        workers = [worker(os.environ["SHIYU_EGRESS"]) for _ in range(2)]
        assert [w.wait(timeout=120) for w in workers] == [0, 0]
        send_all("webhook")

        ids = [r.headers["webhook-id"] for r in peer.received]
        assert len(ids) == 100
        assert Delivery.objects.filter(state="sent").count() == 100
        assert Attempt.objects.count() == 100


@pytest.mark.long
def test_killed_over_and_over_nothing_is_doubled_and_nothing_forgotten(
    swept: Callable[[], tuple[int, int]], opened: Callable[..., None]
) -> None:
    """Ten kills at any moment: every event arrived once, or is told as unknown."""
    with http_peer(slowly) as peer:
        opened(webhook=peer.port)
        for _ in range(3):
            make_subscription(peer.url)
        happen(40)
        for kill in range(10):
            running = worker(os.environ["SHIYU_EGRESS"])
            assert running.stdout is not None
            running.stdout.readline()
            time.sleep(0.05 * kill)
            running.kill()
            running.wait()
            swept()
        Delivery.objects.filter(state="owed").update(due_at=timezone.now())
        send_all("webhook")

        arrived = [r.headers["webhook-id"] for r in peer.received]
    rows = Delivery.objects.all()
    assert {row.state for row in rows} <= {"sent", "unknown"}
    counts = {str(row.event): 0 for row in rows}
    for event in arrived:
        counts[event] += 1
    assert max(counts.values()) <= 3
    sent = rows.filter(state="sent").count()
    assert sent <= len(arrived) <= sent + rows.filter(state="unknown").count()
