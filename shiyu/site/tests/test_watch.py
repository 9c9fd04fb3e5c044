"""The figures are there, count what happened, name nobody; each alarm names figures that exist."""

import http.client
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from django.conf import settings
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families as families

from shiyu.common.home import home, secret
from shiyu.site.backup.state import Seen, path, write_seen
from shiyu.site.canary import last_file
from shiyu.site.watch.figures import Figures
from shiyu.site.watch.serving import metrics, server

ALERTS = settings.ROOT / "ops" / "prometheus" / "alerts.yml"
HANDBOOK = settings.ROOT / "docs" / "handbook" / "alarms.md"
LABELS = {
    *("route", "method", "status", "kind", "queue", "task", "outcome", "le"),
    *("part", "place", "state", "channel", "measure", "why"),
}
ONLY_WHERE_THERE_IS = {"shiyu_backup_age_seconds", "shiyu_witness_age_seconds"}


@pytest.fixture
def made(django_db_setup: None) -> None:
    """The database is there; the figures are asked for past Django."""


@pytest.fixture
def told(made: None) -> Iterator[dict[str, Any]]:
    """Every family there is, by name, with a canary that has flown and backups that are kept."""
    now = "2026-11-22T00:00:00+00:00"
    drill = {"at": now, "well": True, "back_s": 9.5, "loss_s": 3.0}
    write_seen(Seen(now, "/mnt/backup", 7, 24.0, 7.0, kept_at=now, drills=[drill]))
    canary = last_file()
    canary.parent.mkdir(exist_ok=True)
    canary.write_text('{"well": true, "arrived_at": "2026-11-22T00:00:00+00:00"}')
    yield {found.name: found for found in families(metrics().decode())}
    canary.unlink()
    path(home()).unlink()


def test_what_the_keeper_saw_is_told(told):
    values = {name: told[name].samples[0].value for name in told if name.startswith("shiyu_backup")}

    assert values["shiyu_backup_archive_ok"] == 1
    assert values["shiyu_backup_drill_back_seconds"] == 9.5
    assert values["shiyu_backup_drill_loss_seconds"] == 3


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.mark.django_db
def test_a_request_is_counted_by_its_routes_name(client):
    key = {"route": "portal:help", "method": "GET", "status": "200"}
    before = counted("shiyu_requests_total", **key)
    timed = counted("shiyu_request_seconds_count", route="portal:help")

    client.get("/help/")

    assert counted("shiyu_requests_total", **key) == before + 1
    assert counted("shiyu_request_seconds_count", route="portal:help") == timed + 1


@pytest.mark.django_db
def test_an_unknown_method_or_address_makes_no_series_of_its_own(client):
    client.generic("CANARY1380", "/canary13800138999/")

    assert "canary" not in metrics().decode().lower().replace("shiyu_canary", "")


def test_every_figure_could_be_asked_for(told):
    assert told["shiyu_watch_ok"].samples[0].value == 1
    assert {s.labels["part"] for s in told["shiyu_ready"].samples} >= {"database", "migrations"}


def test_labels_are_names_of_the_program_alone(told):
    for family in told.values():
        if family.name.startswith("shiyu"):
            for sample in family.samples:
                assert set(sample.labels) <= LABELS, f"{family.name}: say in LABELS what it names"


def test_without_a_database_the_rest_is_still_told(made, monkeypatch):
    monkeypatch.setenv("SHIYU_WORKER_URL", "postgresql://worker:x@127.0.0.1:1/nowhere")
    monkeypatch.setenv("SHIYU_DATABASE_URL", "postgresql://web:x@127.0.0.1:1/nowhere")

    found = {family.name: family for family in Figures().collect()}

    assert found["shiyu_watch_ok"].samples[0].value == 0
    assert "shiyu_disk_free_bytes" in found
    ill = {s.labels["part"]: s.value for s in found["shiyu_ready"].samples}
    assert ill["database"] == 0


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(ALERTS.read_text())["groups"]
    return group["rules"]


def named_in(expression: str) -> set[str]:
    plain = re.sub(r"\{[^}]*\}", "", expression)
    return set(re.findall(r"\bshiyu_[a-z_]+", plain))


def test_each_alarm_names_figures_that_exist(told):
    exist = {s.name for family in told.values() for s in family.samples}
    exist |= {family.name for family in told.values()} | ONLY_WHERE_THERE_IS
    exist |= {f"{name}_total" for name in exist}
    from shiyu.common.measures import MEASURES

    exist |= {f"{m._name}{end}" for m in MEASURES for end in ("", "_total", "_bucket")}

    for rule in rules():
        assert named_in(rule["expr"]) <= exist, rule["alert"]


def test_an_alarm_on_a_figure_nobody_counts_would_be_caught():
    assert named_in('sum(shiyu_made_up{a="shiyu_x"}) > 1') == {"shiyu_made_up"}


def test_each_alarm_has_its_place_in_the_handbook_in_both_languages():
    for page in (HANDBOOK, HANDBOOK.with_suffix(".zh.md")):
        told = set(re.findall(r"^### (\w+)", page.read_text(), re.MULTILINE))
        assert told == {rule["alert"] for rule in rules()}, f"{page}: one heading for each alarm"


def test_each_alarm_says_how_grave_it_is():
    for rule in rules():
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"]


@pytest.fixture
def serving(made: None, request: pytest.FixtureRequest) -> Iterator[int]:
    made_server = server("127.0.0.1", 0, guarded=request.param)
    thread = threading.Thread(target=made_server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield made_server.server_address[1]
    made_server.shutdown()
    made_server.server_close()


def ask(port: int, path: str, **headers: str) -> tuple[int, bytes]:
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    asking.request("GET", path, headers=headers)
    answer = asking.getresponse()
    return answer.status, answer.read()


@pytest.mark.parametrize("serving", [False], indirect=True)
def test_the_watch_answers_on_this_machine(serving):
    assert b"shiyu_watch_ok 1.0" in ask(serving, "/metrics")[1]
    assert ask(serving, "/healthz") == (200, b"alive\n")
    assert ask(serving, "/readyz")[0] == 200
    assert ask(serving, "/secrets")[0] == 404


@pytest.mark.parametrize("serving", [True], indirect=True)
def test_elsewhere_it_wants_the_token(serving):
    assert ask(serving, "/metrics")[0] == 401
    assert ask(serving, "/readyz", Authorization="Bearer wrong")[0] == 401
    assert ask(serving, "/healthz", Authorization=f"Bearer {secret('watch')}")[0] == 200


COUNTS = """
from shiyu.common import measures
measures.REQUESTS.labels("a", "GET", "200").inc()
measures.STREAMS.set(3)
"""
READS = """
import sys; sys.path.insert(0, ".")
from shiyu.site.watch.serving import counted
print(counted().decode())
"""


def test_many_processes_are_added_up_and_the_dead_hold_nothing_open(tmp_path):
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    environment |= {"DJANGO_SETTINGS_MODULE": "shiyu.site.settings"}
    for _ in range(2):
        subprocess.run([sys.executable, "-c", COUNTS], env=environment, check=True)

    read = subprocess.run(
        [sys.executable, "-c", READS], env=environment, check=True, capture_output=True, text=True
    )

    total = 'shiyu_requests_total{method="GET",route="a",status="200"} 2.0'
    assert total in read.stdout
    assert "shiyu_feed_streams 3" not in read.stdout
    assert "shiyu_feed_streams 6" not in read.stdout
