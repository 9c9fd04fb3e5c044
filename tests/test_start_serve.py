"""Serving: the pages, the workers and the database in one command's charge."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from shiyu.common.embedded import Cluster

SHIYU = [sys.executable, "-c", "from shiyu.site.cli import main; main()"]
PATIENCE_S = 120


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(port, path="/", **headers):
    request = urllib.request.Request(f"http://localhost:{port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:
            return answer.status, dict(answer.headers), answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, dict(answer.headers), answer.read().decode()


def until(question, patience_s=PATIENCE_S):
    """Ask until the answer is yes; the last answer if it never is."""
    give_up_at = time.monotonic() + patience_s
    while not (answer := question()) and time.monotonic() < give_up_at:
        time.sleep(0.1)
    return answer


def worker_of(queue, served):
    """The process that works on a queue, once it has been started; else 0."""
    below = descendants(served.process.pid)
    return next((pid for pid, words in below.items() if f"site.work {queue}" in words), 0)


def answers(port):
    try:
        return ask(port)[0] < 500
    except OSError:
        return False


def descendants(pid):
    listed = subprocess.run(
        ["ps", "-e", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    rows = [line.split(None, 2) for line in listed]
    found, edge = {}, {pid}
    while edge:
        below = {int(r[0]): r[2] for r in rows if int(r[1]) in edge and int(r[0]) not in found}
        found |= below
        edge = set(below)
    return found


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except OSError:
        return False


class Served:
    """A server of its own, in its own directory."""

    def __init__(self, home, *words, **variables):
        self.home, self.port = home, free_port()
        clean = {k: v for k, v in os.environ.items() if not k.startswith("SHIYU_")}
        self.environment = {**clean, "SHIYU_HOME": str(home), **variables}
        self.log = home / "serve.log"
        command = [*SHIYU, "serve", "--port", str(self.port), "--pages", "1", *words]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)

    @property
    def said(self):
        return self.log.read_text()

    def end(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


@pytest.fixture(scope="module")
def migrated_home(tmp_path_factory):
    home = tmp_path_factory.mktemp("served")
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SHIYU_")}
    environment = {**clean, "SHIYU_HOME": str(home)}
    Cluster(home, throwaway=True).start()
    subprocess.run([*SHIYU, "migrate"], env=environment, check=True, capture_output=True)
    return home


@pytest.fixture(scope="module")
def served(migrated_home):
    """One server for the tests that leave it serving."""
    served = Served(migrated_home, "--with-workers")
    assert until(lambda: answers(served.port)), served.said
    yield served
    served.end()


def test_it_says_where_the_pages_are_and_doctor_finds_everything_well(served):
    assert until(lambda: f"http://localhost:{served.port}" in served.said)
    assert until(lambda: len(descendants(served.process.pid)) >= 5)

    def workers_are_up():
        ended = subprocess.run(
            [*SHIYU, "doctor", "--json"], env=served.environment, capture_output=True, text=True
        )
        report = json.loads(ended.stdout)
        found = {row["name"]: row["well"] for row in report["findings"]}
        well = report["well"] and found["workers"] and found["pages"]
        return ended.returncode == 0 and well and found["embedded database"]

    assert until(workers_are_up)


def test_every_page_carries_the_headers_that_keep_others_out(served):
    _, headers, _ = ask(served.port, "/account/login/")

    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"


def test_a_process_that_dies_is_started_again_and_said_so(served):
    os.kill(until(lambda: worker_of("bulk", served)), signal.SIGKILL)

    assert until(lambda: "Worker of the queue bulk: ended (signal 9)" in served.said)
    assert until(lambda: worker_of("bulk", served))


def test_a_killed_database_is_started_again_and_the_pages_go_on(served):
    (file,) = served.home.glob("postgres-*/postmaster.pid")

    os.kill(int(file.read_text().split("\n")[0]), signal.SIGKILL)

    assert until(lambda: "starting it again" in served.said)
    assert until(lambda: answers(served.port))
    assert served.process.poll() is None


def test_a_port_in_use_is_one_sentence(served):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        ended = subprocess.run(
            [*SHIYU, "serve", "--port", str(taken)],
            env=served.environment,
            capture_output=True,
            text=True,
        )

    assert ended.returncode == 1
    assert "--port" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_empty_database_is_one_sentence(tmp_path):
    served = Served(tmp_path)

    code = served.process.wait(PATIENCE_S)

    assert code == 1
    assert "shiyu migrate" in served.said
    assert "Traceback" not in served.said
    assert not Cluster(tmp_path).is_running()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopping_ends_every_process_it_started(number, migrated_home, served):
    served.end()
    served = Served(migrated_home, "--with-workers")
    assert until(lambda: answers(served.port)), served.said
    started = descendants(served.process.pid)
    assert len(started) >= 5

    code = served.end(number)

    assert code == 0
    assert [words for pid, words in started.items() if alive(pid)] == []
    assert not Cluster(migrated_home).is_running()
    assert served.said.rstrip().endswith("Stopped.")


def test_killing_the_command_itself_leaves_no_process_serving(migrated_home, served):
    served.end()
    served = Served(migrated_home, "--with-workers")
    assert until(lambda: answers(served.port)), served.said
    started = descendants(served.process.pid)

    served.end(signal.SIGKILL)

    assert until(lambda: not any(alive(pid) for pid in started))
    Cluster(migrated_home).stop()


def test_pages_say_that_the_database_is_gone_and_recover_without_a_restart(migrated_home, served):
    served.end()
    cluster = Cluster(migrated_home, throwaway=True)
    written = cluster.start()
    where = f"{written['host']}:{written['port']}/{written['database']}"
    password = written["passwords"]["web"]
    home = migrated_home / "given"
    home.mkdir(exist_ok=True)
    url = f"postgresql://web:{password}@{where}"
    served = Served(home, SHIYU_DATABASE_URL=url, SHIYU_CITY_KEPT_S="0")
    try:
        assert until(lambda: answers(served.port)), served.said
        cluster.stop()
        status, headers, body = ask(served.port, "/account/login/")
        again = time.monotonic()
        quickly, _, _ = ask(served.port, "/account/login/")
        took = time.monotonic() - again
        as_json = ask(served.port, "/account/login/", Accept="application/json")
        cluster.start()

        assert (status, quickly, as_json[0]) == (503, 503, 503)
        assert headers["retry-after"] == "10"
        assert "数据库" in body
        assert "Traceback" not in body
        assert took < 2
        assert json.loads(as_json[2])["error"] == "unavailable"
        assert until(lambda: ask(served.port, "/account/login/")[0] == 200)
        assert served.process.poll() is None
        assert "Traceback" not in served.said
    finally:
        served.end()
        cluster.stop()
