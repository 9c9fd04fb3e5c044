"""Unique people go through every door; then everything that was written is searched (T-P1).

Name, telephone and the card number that they say in words may stand in clear nowhere.
"""

import gc
import io
import json
import logging
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.db import connection
from django.test import Client

from shiyu.api.open311.tests.calls import citizen
from shiyu.api.tests.calling import let_in
from shiyu.cases import actions
from shiyu.cases.models import Report
from shiyu.cases.tests.world import World, a_photo
from shiyu.common.home import home
from shiyu.desk import workbook
from shiyu.desk.columns import COLUMNS
from shiyu.history.intake.tests.test_taking import taken_of
from shiyu.journal.actions import record
from shiyu.notices.sending import send_all
from shiyu.notices.tests.conftest import make_connector, make_mail_connector, make_subscription
from shiyu.notices.tests.peers import http_peer, mail_peer
from shiyu.portal.tests.phone import Phone
from shiyu.site.logs import facts_of

pytestmark = pytest.mark.django_db
A_FEW, MANY = 4, 143
"""People through each of the seven doors: 28 in the ordinary run, 1,001 in the long one."""
HOLE = {"channel": "hotline", "address": "书店街 12 号", "lon": "114.31", "lat": "34.80"}
COLUMNS_OF = """
    SELECT c.relname, a.attname FROM pg_class c
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
       AND NOT c.relispartition ORDER BY 1, 2
"""


class Person:
    """One canary: what they give as contact, and what they say."""

    def __init__(self, n: int) -> None:
        self.name = f"雀{chr(0x4E00 + n % 2000)}{chr(0x5E00 + n // 2000)}鸢"
        self.phone = f"1391{n:07d}"
        self.words = f"井盖坏了{n:05d} 身份证41020419900101{n:04d}"

    @property
    def contact(self) -> tuple[str, str]:
        return self.name, self.phone

    @property
    def number(self) -> str:
        return self.words.split("身份证")[1]


class Said(logging.Handler):
    """Every line of the log as it would be written."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(json.dumps(facts_of(record), ensure_ascii=False, default=str))


@pytest.fixture
def log() -> Iterator[Said]:
    kept, root = Said(), logging.getLogger()
    before = root.level
    for name in ("", "django", "django.request", "shiyu", "procrastinate"):
        logging.getLogger(name).addHandler(kept)
    root.setLevel(logging.INFO)
    yield kept
    root.setLevel(before)
    for name in ("", "django", "django.request", "shiyu", "procrastinate"):
        logging.getLogger(name).removeHandler(kept)


def through_every_door(world: World, client: Client, tmp_path: Path, each: int) -> list[Person]:
    people = [Person(n) for n in range(7 * each)]
    doors = [people[at::7] for at in range(7)]
    key = let_in(world, "cases:report@410204", unit="gulou")
    app, rows = citizen(), []
    client.force_login(world.people["intake"])
    for p in doors[0]:
        Phone().report(p.words, phone=p.phone, name=p.name)
    for p in doors[1]:
        told = HOLE | {"text": p.words, "name": p.name, "phone": p.phone}
        client.post("/desk/new/", told | {"photos": a_photo()})
    for p in doors[2]:
        told = {"ref": p.phone[::-1], "text": p.words, "name": p.name, "phone": p.phone}
        key.post("/batches/cases", {"items": [told | {"lon": 114.31, "lat": 34.80}]})
    for p in doors[3]:
        app.report(description=p.words, first_name=p.name, phone=p.phone)
    for n, p in enumerate(doors[4]):
        rows.append(f"Z{n},2026-01-05 08:00,{p.name},{p.phone},,{p.words},书店街,,,,,")
    taken_of(tmp_path / "a.csv", *rows, encoding="utf-8-sig")
    for p in doors[5]:
        world.report(text=p.words, name=p.name, phone=p.phone)
    for p in doors[6]:
        actions.search_by_phone(p.phone, actor=world.actor("intake"))
        client.post("/search/", {"q": p.phone})
        client.get(f"/no-such-page/?q={p.phone}&name={p.name}")
    return people


def use(world: World, client: Client) -> list[str]:
    """What staff do with them: look, ask to see, move, export; returns addresses led to."""
    led = []
    for report in Report.objects.select_related("case", "reporter").order_by("pk")[:5]:
        client.get(f"/cases/{report.case.number}/")
        if hasattr(report, "reporter"):
            told = {"purpose": "verify", "reason": "核实位置", "fields": ["name", "phone"]}
            answer = client.post(f"/cases/{report.case.number}/reporter/{report.pk}/", told)
            led.append(answer.headers.get("Location", ""))
            client.get(f"/cases/{report.case.number}/")
        if report.case.stage == "reported":
            actions.accept(report.case, actor=world.actor("intake"))
    return led


def hits(needles: set[str]) -> set[tuple[str, str]]:
    """The columns of the database, dumped by COPY, in which any of them stands."""
    found = set()
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS_OF)
        for table, column in cursor.fetchall():
            with cursor.copy(f'COPY (SELECT "{column}"::text FROM "{table}") TO STDOUT') as rows:
                text = b"".join(bytes(block) for block in rows).decode()
            if any(needle in text for needle in needles):
                found.add((table, column))
    return found


@pytest.mark.parametrize("each", [A_FEW, pytest.param(MANY, marks=pytest.mark.long)])
def test_no_canary_is_found_where_it_should_not_be(
    world: World,
    client: Client,
    log: Said,
    tmp_path: Path,
    each: int,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    monkeypatch.setattr("shiyu.common.attempts.count", lambda *_c: None)
    with http_peer((200, {}, b"")) as hook, http_peer((200, {}, b"{}")) as sms, mail_peer() as mail:
        ports = {"webhook": hook.port, "sms": sms.port, "mail": mail.port}
        opened = ",".join(f"{name}=127.0.0.1/32@{port}" for name, port in ports.items())
        monkeypatch.setenv("SHIYU_EGRESS", opened)
        make_subscription(hook.url, "case.reported", "case.moved")
        make_mail_connector(mail.port)
        make_connector("sms", secret="whsec_x", url=sms.url, templates={"followed_accept": "T1"})
        with django_capture_on_commit_callbacks(execute=True):
            people = through_every_door(world, client, tmp_path, each)
            led = use(world, client)
        for channel in ("webhook", "mail", "sms"):
            send_all(channel)
        sent = [r.body.decode() for r in (*hook.received, *sms.received)]
        sent += [envelope.content.decode() for envelope in mail.mails]
        hooked = len(hook.received)
    contact = {said for p in people for said in p.contact}
    words = {p.number for p in people}

    assert Report.objects.count() >= 6 * each
    assert hooked
    assert hits(contact) == set()
    assert hits(words) == set()
    everywhere = {
        "log": "\n".join(log.lines),
        "addresses": "\n".join(led),
        "sent": "\n".join(sent),
        "sessions": str([s.get_decoded() for s in Session.objects.all()]),
        "cache": str([vars(cache).get("_cache", {}) for cache in caches.all()]),
        "home": _files(home(), tmp_path),
        "sheet": _sheet(world),
    }
    for where, text in everywhere.items():
        found = [needle for needle in contact | words if needle in text]
        assert not found, (where, found[:3])
    assert len(log.lines) > each
    gc.collect()


@pytest.mark.parametrize("table", ["journal_line", "cases_case", "common_answered"])
def test_a_planted_leak_is_found(world: World, table: str) -> None:
    report, _code = world.report(text="井盖")
    column = {"journal_line": "verb", "cases_case": "channel", "common_answered": "client"}[table]
    with connection.cursor() as cursor:
        if table == "cases_case":
            cursor.execute("UPDATE cases_case SET channel = %s", ["13910000001"])
        elif table == "journal_line":
            record(report.subject, "13910000001", actor=world.actor("intake"))
        else:
            cursor.execute(
                "INSERT INTO common_answered (client, route, key, body_hash, status, answer, at)"
                " VALUES ('13910000001', '', '', '', 200, '{}', now())"
            )

    assert hits({"13910000001"}) == {(table, column)}


def _files(*roots: Path) -> str:
    """Small files of this server's home: exports, lists, witness; not the database's own."""
    names = [p for r in roots for p in r.glob("*.jsonl")] + list((home() / "exports").glob("*"))
    return "\n".join(p.read_bytes().decode("utf-8", "ignore") for p in names if p.is_file())


def _sheet(world: World) -> str:
    """A file as it is written without approval for names: unpacked."""
    from django.utils import timezone

    from shiyu.desk.around import around

    actor, now = world.actor("intake"), timezone.now()
    wanted = [COLUMNS[name] for name in ("number", "name", "phone")]
    cases = [r.case for r in Report.objects.select_related("case")]
    told, _opened = around(cases, {"name", "phone"}, actor=actor, now=now, unmasked=False)
    draft = workbook.Draft("0" * 32)
    mark = workbook.Mark("导出", ())
    draft.write(wanted, ([c.tell(case, told) for c in wanted] for case in cases), mark)
    packed = zipfile.ZipFile(io.BytesIO(Path(draft.file).read_bytes()))
    text = "\n".join(packed.read(name).decode("utf-8", "ignore") for name in packed.namelist())
    draft.drop()
    return text
