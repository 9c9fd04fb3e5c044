"""One number goes from a request through its action, its jobs and its deliveries, and is found."""

import ast
import io
import json
import logging
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from procrastinate.contrib.django import app as queue
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job

from shiyu.api import actions as keys
from shiyu.cases.lifecycle import Stage
from shiyu.cases.tests.world import World
from shiyu.common import trail
from shiyu.common.orders import order
from shiyu.common.trail import Trail, walking
from shiyu.desk.tests.test_moves import post
from shiyu.journal.models import Line
from shiyu.notices.models import Delivery
from shiyu.notices.sending import send_all
from shiyu.notices.tests.conftest import make_subscription
from shiyu.notices.tests.peers import http_peer
from shiyu.people.actors import Actor
from shiyu.site.counting import counted
from shiyu.site.logs import Json
from shiyu.site.tracing import of_log, trace
from tests import own_loop

SHIYU = Path(__file__).parents[1] / "shiyu"
A_DAY = timedelta(days=1)


@pytest.fixture
def log() -> Any:
    out = io.StringIO()
    handler, ours = logging.StreamHandler(out), logging.getLogger("shiyu")
    handler.setFormatter(Json())
    before = ours.level
    ours.addHandler(handler)
    ours.setLevel(logging.INFO)
    yield out
    ours.removeHandler(handler)
    ours.setLevel(before)


def test_a_number_tells_when_it_was_made_and_no_two_are_alike() -> None:
    made = {trail.fresh() for _ in range(1000)}

    assert len(made) == 1000
    assert abs(trail.begun_at(made.pop()) - datetime.now(UTC)) < timedelta(seconds=5)
    assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-01", trail.context(Trail(trail.fresh())))


@pytest.mark.parametrize("said", ["", "x" * 32, "f" * 32, "1234"])
def test_what_is_no_number_of_ours_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match="not a number of ours"):
        trail.begun_at(said)


@pytest.mark.parametrize(
    "said",
    [
        *("", "00-13800138999", f"00-{'0' * 32}-{'a' * 16}-01", f"00-{'a' * 32}-{'0' * 16}-01"),
        *(f"01-{'a' * 32}-{'b' * 16}-01", f"00-{'A' * 32}-{'b' * 16}-01"),
        *(f"00-{'a' * 32}-{'b' * 16}-01-more", f"00-{'a' * 32}-{'b' * 16}-01\n"),
    ],
)
def test_what_is_no_context_is_no_link(said: str) -> None:
    assert trail.link_in(said) == ""


def test_a_job_walks_on_under_the_number_of_who_ordered_it(log: io.StringIO) -> None:
    with walking(Trail(trail.fresh(), "desk.move")) as asked:
        carried = trail.carried()
    seen: list[tuple[Trail | None, dict[str, Any]]] = []
    job = Job(
        id=17,
        queue="bulk",
        lock=None,
        queueing_lock=None,
        task_name="some.task",
        task_kwargs={"key": "k", "trail": carried},
    )

    async def task() -> None:
        seen.append((trail.here(), dict(job.task_kwargs)))

    context = JobContext(app=queue, job=job, start_timestamp=0.0, abort_reason=lambda: None)
    own_loop.run(counted(task, context, None))

    ((walked, arguments),) = seen
    assert walked is not None
    assert (walked.number, walked.parent, walked.job) == (asked.number, asked.span, 17)
    assert walked.span != asked.span
    assert arguments == {"key": "k"}, "the task is not told of it"
    assert f'"request": "{asked.number}"' in log.getvalue()


@pytest.mark.parametrize("carried", [None, "", 13800138999, "13800138999", {"a": 1}])
def test_what_a_job_carries_that_is_no_number_of_ours_is_dropped(carried: object) -> None:
    number, parent = trail.taken_up(carried)

    assert parent == ""
    assert abs(trail.begun_at(number) - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.django_db
def test_a_job_ordered_outside_requests_carries_nothing() -> None:
    number = order(queue.configure_task("some.task", queue="bulk", allow_unknown=True), key="k")

    assert ProcrastinateJob.objects.get(pk=number).args == {"key": "k"}


@pytest.mark.django_db
def test_a_move_its_change_its_job_and_its_delivery_are_found_by_the_requests_number(
    world: World,
    client: Client,
    log: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    case = world.make_case(Stage.FILED)
    client.force_login(world.people["dispatcher"])
    with http_peer((200, {}, b"")) as peer:
        monkeypatch.setenv("SHIYU_EGRESS", f"webhook=127.0.0.1/32@{peer.port}")
        make_subscription(peer.url, "case.moved", traced=True)
        make_subscription(peer.url.replace("hook", "other"), "case.moved")
        with django_capture_on_commit_callbacks(execute=True):
            page = post(client, case, "dispatch", lead="市政养护所")
        assert page.status_code in (200, 204, 302), page.content.decode()
        number = page["X-Request-Id"]
        waiting = ProcrastinateJob.objects.values_list("args", flat=True)
        assert [a["trail"].partition("-")[0] for a in waiting if "trail" in a] == [number]
        found = {stop.sort for stop in _trace(number)}
        send_all("webhook")

    assert found == {"action", "live", "job", "owed"}
    told = {received.path: received.headers.get("traceparent", "") for received in peer.received}
    assert told["/hook"].split("-")[1] == number
    assert told["/other"] == "", "only who wants it is told"
    assert {d.trail.hex for d in Delivery.objects.all() if d.trail} == {number}
    assert {line.trail.hex for line in Line.objects.filter(subject=f"case:{case.pk}") if line.trail}
    after = _trace(number, log.getvalue().splitlines())
    assert {stop.sort for stop in after} == found | {"sending", "log"}
    assert [stop.at for stop in after] == sorted(stop.at for stop in after)
    assert any("delivery handed over" in stop.said for stop in after)
    assert _trace(trail.fresh()) == []


@pytest.mark.django_db
def test_a_partners_own_number_is_kept_as_a_link_and_never_as_ours(
    world: World, log: io.StringIO
) -> None:
    system = keys.admit("热线平台", purpose="api", actor=Actor.program("test"))
    _key, text = keys.issue(system, actor=Actor.program("test"))
    theirs = f"00-{'a' * 32}-{'b' * 16}-01"

    with_key = Client().get(
        "/api/v1/me", headers={"Authorization": f"Bearer {text}", "traceparent": theirs}
    )
    without = Client().get("/api/v1/me", headers={"traceparent": theirs})

    said = [json.loads(line) for line in log.getvalue().splitlines()]
    links = {line["request"]: line.get("link") for line in said if line["says"] == "answered"}
    assert links[with_key["X-Request-Id"]] == f"{'a' * 32}-{'b' * 16}"
    assert links[without["X-Request-Id"]] is None, "a stranger may not write into our log"
    assert "a" * 32 not in links


def test_a_log_may_hold_lines_of_others_and_broken_ones() -> None:
    number = trail.fresh()
    ours = {"at": "2026-11-22T10:00:00+00:00", "says": "answered", "request": number, "ms": 3}
    lines = [
        *("", "not json", f"{{{number}", json.dumps({"request": number}), json.dumps([number])),
        f"Nov 22 10:00:00 host shiyu[3]: {json.dumps(ours)}",
        json.dumps(ours | {"request": "b" * 32, "says": number}),
    ]

    (stop,) = of_log(lines, number)

    assert stop.said == "answered ms=3"


# ---- nothing goes past the door ------------------------------------------------------------------


def test_every_job_is_ordered_through_the_one_door() -> None:
    past = {
        f"{path.relative_to(SHIYU)}:{line}"
        for path in SHIYU.rglob("*.py")
        if "tests" not in path.parts and path.name != "orders.py"
        for line in _deferred_in(path.read_text())
    }

    assert past == set(), "order a job with shiyu.common.orders.order, so that it can be traced"


@pytest.mark.parametrize(
    "planted", ["task.defer()", "task.defer(key=1)", "await task.defer_async()", "t.batch_defer(a)"]
)
def test_a_planted_job_past_the_door_is_seen(planted: str) -> None:
    assert list(_deferred_in(f"async def f(t, task, a):\n    {planted}")) == [2]


def test_leaving_columns_out_of_a_query_is_no_job() -> None:
    assert list(_deferred_in('rows.defer("boundary")\nrows.defer(None)')) == []


def _deferred_in(text: str) -> list[int]:
    """Where a job is put into a queue; Django's `defer` names columns and nothing else."""
    found = []
    for node in ast.walk(ast.parse(text)) if "defer" in text else ():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = node.func.attr
            is_of_job = name == "defer" and (node.keywords or not node.args)
            if is_of_job or name in {"defer_async", "batch_defer", "batch_defer_async"}:
                found.append(node.lineno)
    return found


def _trace(number: str, lines: list[str] | None = None) -> list[Any]:
    connection.ensure_connection()
    return trace(connection.connection, number, within=A_DAY, log=lines or [])
