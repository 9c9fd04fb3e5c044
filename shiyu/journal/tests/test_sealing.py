"""Sealing: every line once, in the order of transactions, whoever writes and whoever is killed."""

import os
import signal
import subprocess
import sys
import threading
import time
from random import Random

import psycopg
import pytest

from shiyu.journal import sealing
from shiyu.journal.sealing import LINES_MOST, reached, unsealed

ADD = "INSERT INTO journal_line (occurred_at, subject, verb, actor) VALUES (now(), %s, 'x', 'y')"
SEALED_TWICE = """
SELECT id FROM (SELECT unnest(ids) AS id FROM journal_seal) sealed GROUP BY id HAVING count(*) > 1
"""
NOT_SEALED = """
SELECT id FROM journal_line EXCEPT SELECT unnest(ids) FROM journal_seal
"""


def test_what_was_written_is_sealed_and_verifies(ledger):
    ledger.write(LINES_MOST + 50)

    assert ledger.seal() == LINES_MOST + 50
    ledger.witness()

    assert ledger.faults() == []
    assert (ledger.audited.batches, ledger.audited.lines) == (2, LINES_MOST + 50)
    assert unsealed(ledger.worker) == (0, 0.0)


def test_an_open_writer_holds_the_horizon_back_and_its_line_is_sealed_when_it_ends(
    ledger, horizon, database
):
    with database.connect("web", ledger.web.info.dbname) as slow:
        slow.execute("BEGIN")
        slow.execute(ADD, ["case:1"])  # the smaller id, the earlier time, the later commit
        ledger.write(10)

        assert ledger.seal() == 0
        count, age = unsealed(ledger.worker)
        assert count == 10
        assert age > 0
        slow.execute("COMMIT")
    assert ledger.seal_in_time() == 11
    assert ledger.faults() == []


def test_a_line_that_commits_behind_a_sealed_one_is_sealed_in_a_later_batch(
    ledger, horizon, database
):
    with database.connect("web", ledger.web.info.dbname) as slow:
        ledger.write(1)  # so that drawing the next number is no write of its own
        slow.execute("BEGIN")
        drawn = slow.execute("SELECT nextval('journal_line_id_seq')").fetchone()[0]
        ledger.write(3)
        assert ledger.seal_in_time() == 4
        slow.execute(
            "INSERT INTO journal_line (id, occurred_at, subject, verb, actor) "
            "VALUES (%s, now(), 'case:1', 'x', 'y')",
            [drawn],
        )
        slow.execute("COMMIT")
    assert ledger.seal_in_time() == 1
    assert ledger.faults() == []


def test_no_line_is_left_out_or_sealed_twice_while_many_write_and_two_seal(
    ledger, horizon, database, monkeypatch
):
    """Writers with savepoints, rollbacks and pauses commit out of order; two sealers compete."""
    monkeypatch.setattr(sealing, "LINES_MOST", 20)
    name, done = ledger.web.info.dbname, threading.Event()
    committed, lock = [0], threading.Lock()

    def write(seed):
        chance = Random(seed)
        with database.connect("web", name) as connection:
            for n in range(40):
                with connection.transaction(force_rollback=n % 7 == 0):
                    lines = chance.randrange(1, 4)
                    for _ in range(lines):
                        connection.execute(ADD, [f"case:{seed}"])
                        time.sleep(chance.random() * 0.002)
                    with connection.transaction(force_rollback=True):
                        connection.execute(ADD, ["case:0"])
                if n % 7:
                    with lock:
                        committed[0] += lines

    def seal():
        with database.connect("worker", name) as connection:
            while not done.is_set():
                sealing.seal_all(connection)

    sealers = [threading.Thread(target=seal) for _ in range(2)]
    writers = [threading.Thread(target=write, args=[n]) for n in range(1, 7)]
    for thread in sealers + writers:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in sealers:
        thread.join()
    ledger.seal_in_time()

    assert ledger.faults() == []
    assert ledger.audited.lines == committed[0]
    assert ledger.super.execute(SEALED_TWICE).fetchall() == []
    assert ledger.super.execute(NOT_SEALED).fetchall() == []


SEAL_FOR_EVER = """
import sys, psycopg
from shiyu.journal import sealing
sealing.LINES_MOST, sealing.BATCHES_A_TRANSACTION = 8, 4
with psycopg.connect(sys.argv[1], autocommit=True) as connection:
    print("ready", flush=True)
    while True:
        sealing.seal_all(connection)
"""


def test_a_sealer_killed_anywhere_leaves_nothing_half(ledger, database):
    url = database.url("worker", ledger.web.info.dbname)
    chance = Random(7)
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", SEAL_FOR_EVER, url], stdout=subprocess.PIPE, env=os.environ
        )
        process.stdout.readline()
        for _ in range(10):
            ledger.write(chance.randrange(1, 60))
        time.sleep(chance.random() * 0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    for _ in range(100):  # until the server has seen that the killed one is gone
        ledger.seal()
        if not unsealed(ledger.worker)[0]:
            break
        time.sleep(0.02)

    assert ledger.faults() == []
    assert ledger.audited.lines == len(ledger.ids())
    assert ledger.super.execute(SEALED_TWICE).fetchall() == []


def test_another_who_seals_at_the_same_time_seals_nothing(ledger, database):
    ledger.write(5)
    with database.connect("worker", ledger.web.info.dbname) as other, other.transaction():
        other.execute("SELECT pg_advisory_xact_lock(%s)", [sealing.ONE_SEALS])
        assert ledger.seal() == 0
    assert ledger.seal() == 5


def test_batches_sealed_with_sm3_follow_those_of_sha256(ledger, monkeypatch):
    ledger.write(5)
    ledger.seal()
    ledger.witness()
    monkeypatch.setenv("SHIYU_SEAL_ALGORITHM", "sm3")
    ledger.write(5)
    ledger.seal()
    ledger.witness()

    names = ledger.worker.execute("SELECT algorithm FROM journal_seal ORDER BY no").fetchall()
    assert names == [("sha256",), ("sm3",)]
    assert ledger.faults() == []


@pytest.mark.parametrize("role", ["web", "worker"])
def test_neither_pages_nor_jobs_say_when_a_line_was_recorded_or_change_a_seal(ledger, role):
    ledger.write(1)
    ledger.seal()
    door = getattr(ledger, role)
    part = ledger.super.execute(
        "SELECT tableoid::regclass::text FROM journal_line LIMIT 1"
    ).fetchone()[0]
    for statement in (
        "INSERT INTO journal_line (recorded_at, occurred_at, subject, verb, actor) "
        "VALUES (now(), now(), 'a', 'b', 'c')",
        "INSERT INTO journal_line (xid, occurred_at, subject, verb, actor) "
        "VALUES ('5', now(), 'a', 'b', 'c')",
        f"INSERT INTO {part} (occurred_at, subject, verb, actor) VALUES (now(), 'a', 'b', 'c')",
        "UPDATE journal_seal SET lines = 2",
        "DELETE FROM journal_seal",
        "TRUNCATE journal_seal",
        "DELETE FROM journal_mark",
        "UPDATE journal_span SET last_id = 9",
        "SELECT journal_begin_span()",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            door.execute(statement)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ledger.super.execute("UPDATE journal_seal SET lines = lines")


def test_after_a_restore_lines_not_yet_sealed_are_sealed_first_whatever_their_transactions(
    ledger, database
):
    """The other cluster's transaction ids lie in this one's future, or far in its past."""
    for restored in range(2):
        ledger.write(20)
        ledger.seal()
        ledger.write(7)
        shift = 5_000_000 if restored == 0 else 3
        ledger.tamper(
            f"UPDATE journal_line SET xid = (xid::text::bigint + {shift})::text::xid8 "
            "WHERE xid > '1'",
            f"UPDATE journal_seal SET until_xid = (until_xid::text::bigint + {shift})"
            "::text::xid8 WHERE until_xid > '1'",
        )
        with database.connect("owner", ledger.web.info.dbname) as owner:
            assert owner.execute("SELECT journal_begin_span()").fetchone() == (7,)
        ledger.write(5)

        assert ledger.seal() == 12
        ledger.witness()
        assert ledger.faults() == []
        assert unsealed(ledger.worker)[0] == 0
    assert reached(ledger.worker).span == 3
    assert ledger.audited.lines == len(ledger.ids())
