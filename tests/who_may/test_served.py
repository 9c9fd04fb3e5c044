"""Once with real processes: what ends in one of them ends in all within five seconds.

A server with its pages, feed and workers; a browser's stream held open over a socket; access
ended by another process, as an administrator's would be.
"""

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shiyu.common.embedded import Cluster

pytestmark = pytest.mark.long
ROOT = Path(__file__).resolve().parents[2]
SHIYU = [sys.executable, "-c", "from shiyu.site.cli import main; main()"]
PATIENCE_S, WITHIN_S, POLL_S = 180.0, 5.0, 0.1

PREPARE = """
import json
from shiyu.site.start import django_ready
django_ready()
from django.conf import settings
from allauth.usersessions.models import UserSession
from shiyu.api.tests.calling import let_in
from shiyu.cases.tests.world import a_photo, build
from shiyu.live.tests.test_feed import session_of
world = build()
case = world.make_case("handling", photos=[a_photo()])
told = {"case": case.pk, "number": case.number, "cookie": settings.SESSION_COOKIE_NAME}
told["sessions"] = {}
for who in ("intake", "clerk", "dispatcher", "commander"):
    key = session_of(world, who)
    UserSession.objects.create(
        user=world.people[who], ip="127.0.0.1", user_agent="x", session_key=key
    )
    told["sessions"][who] = key
told["key"] = let_in(world, "cases:read@410204").key
print(json.dumps(told))
"""

END = """
from shiyu.site.start import django_ready
django_ready()
from allauth.usersessions.models import UserSession
from django.utils import timezone
from shiyu.api import actions as api
from shiyu.api.models import Key
from shiyu.people import actions
from shiyu.people.actors import Actor
from shiyu.people.models import Appointment, Person
program = Actor.program("test")
one = lambda name: Person.objects.get(username=name)
print(timezone.now().timestamp())
actions.end_session(UserSession.objects.get(user=one("intake")), actor=program)
actions.deactivate(one("clerk"), actor=program)
actions.end_appointment(Appointment.objects.get(person=one("dispatcher")), actor=program)
api.revoke(Key.objects.get(), why="测试", actor=program)
"""


class Stream(threading.Thread):
    """An open page: what it was sent, and when it was closed."""

    def __init__(self, port: int, cookie: str) -> None:
        super().__init__(daemon=True)
        self.body, self.closed_at = b"", 0.0
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        asked = f"GET /feed HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n"
        self.socket.sendall(asked.encode())

    def run(self) -> None:
        while b"\r\n0\r\n\r\n" not in self.body and (more := self.socket.recv(65536)):
            self.body += more
        self.closed_at = time.time()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[dict[str, Any]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SHIYU_")}
    around = {**clean, "SHIYU_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}
    Cluster(tmp_path / "home", throwaway=True).start()
    subprocess.run([*SHIYU, "migrate"], env=around, check=True, capture_output=True, cwd=ROOT)
    told = json.loads(_python(PREPARE, around).splitlines()[-1])
    log = (tmp_path / "serve.log").open("wb")
    words = [*SHIYU, "serve", "--port", str(port), "--pages", "1"]
    process = subprocess.Popen(words, env=around, stdout=log, stderr=log, cwd=ROOT)
    try:
        assert until(lambda: _ask(port, "/account/login/") == 200), (
            tmp_path / "serve.log"
        ).read_text()
        yield {**told, "port": port, "around": around}
    finally:
        process.terminate()
        process.wait(60)
        log.close()


def _python(words: str, around: dict[str, str]) -> str:
    run = [sys.executable, "-c", words]
    ended = subprocess.run(run, env=around, capture_output=True, text=True, cwd=ROOT, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def until(question: Any, patience_s: float = PATIENCE_S) -> bool:
    give_up_at = time.monotonic() + patience_s
    while time.monotonic() < give_up_at:
        if question():
            return True
        time.sleep(POLL_S)
    return False


def _ask(port: int, path: str, **headers: str) -> int:
    request = urllib.request.Request(f"http://localhost:{port}{path}", headers=headers)
    opener = urllib.request.build_opener(_Stay)
    try:
        with opener.open(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code
    except OSError:
        return 0


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_more: Any) -> None:
        return None


def test_what_is_ended_by_one_process_is_ended_in_all(served: dict[str, Any]) -> None:
    port, number = served["port"], served["number"]
    cookies = {w: f"{served['cookie']}={key}" for w, key in served["sessions"].items()}
    page = f"/cases/{number}/"
    key = {"Authorization": f"Bearer {served['key']}"}
    streams = {who: Stream(port + 1, cookie) for who, cookie in cookies.items()}
    for stream in streams.values():
        stream.start()
    assert until(lambda: all(b"retry" in s.body for s in streams.values()), 30)
    assert {who: _ask(port, page, Cookie=c) for who, c in cookies.items()} == dict.fromkeys(
        cookies, 200
    )
    assert _ask(port, f"/api/v1/cases/{number}", **key) == 200

    ended = float(_python(END, served["around"]).splitlines()[-1])

    late: dict[str, float] = {}
    wanted = {"intake": 302, "clerk": 302, "dispatcher": 404}
    for who, status in wanted.items():
        assert until(lambda w=who, s=status: _ask(port, page, Cookie=cookies[w]) == s, WITHIN_S)
        late[f"page of {who}"] = time.time() - ended
    assert until(lambda: _ask(port, f"/api/v1/cases/{number}", **key) == 401, WITHIN_S)
    assert until(lambda: all(streams[w].closed_at for w in ("intake", "clerk")), WITHIN_S)
    for who in ("intake", "clerk"):
        late[f"stream of {who}"] = streams[who].closed_at - ended
    assert max(late.values()) <= WITHIN_S, late
    assert _ask(port, page, Cookie=cookies["commander"]) == 200
    assert not streams["commander"].closed_at
    print(f"who may: { ({k: round(v, 2) for k, v in late.items()}) }")
