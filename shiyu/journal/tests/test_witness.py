"""The witness: signed, linked, on the disk; a full disk, a new key, a restore on record."""

import json
import os
import stat
from datetime import UTC, datetime, timedelta

import pytest

from shiyu.journal import witness
from shiyu.journal.keys import name_of, own_key
from shiyu.journal.marks import Reading, check_marks, read_mark
from shiyu.journal.witness import Disagrees, attest, exchange_key, taken_back, witness_file


def marks():
    with witness_file().open("rb") as file:
        return list(check_marks(file, Reading()))


def test_a_mark_is_signed_and_follows_the_one_before(ledger):
    ledger.write(5)
    ledger.seal()
    ledger.witness()
    ledger.write(5)
    ledger.seal()
    ledger.witness()

    first, one, two = marks()

    assert (first.kind, first.public) == ("key", own_key().public)
    assert (one.first, one.batch, one.lines, two.first, two.batch, two.lines) == (1, 1, 5, 2, 2, 10)
    assert two.previous == one.hash


def test_the_key_may_be_read_by_its_owner_alone(ledger):
    ledger.write(1)
    ledger.seal()
    ledger.witness()
    exchange_key()

    mode = (ledger.home / "secrets" / "witness").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_within_a_minute_nothing_is_witnessed_and_at_rest_once_an_hour(ledger):
    ledger.write(1)
    ledger.seal()
    now = datetime.now(UTC)
    assert attest(ledger.worker, now=now) is not None
    ledger.write(1)
    ledger.seal()
    assert attest(ledger.worker, now=now + timedelta(seconds=30)) is None
    assert attest(ledger.worker, now=now + timedelta(seconds=61)).batch == 2
    assert attest(ledger.worker, now=now + timedelta(seconds=200)) is None
    rest = attest(ledger.worker, now=now + timedelta(seconds=3700))
    assert (rest.first, rest.batch, rest.root) == (3, 2, "")
    assert ledger.faults() == []


def test_a_full_disk_is_raised_and_the_torn_line_is_passed_over_later(ledger, monkeypatch):
    ledger.write(1)
    ledger.seal()
    ledger.witness()
    with witness_file().open("ab") as file:
        file.write(b'{"form":"shiyu-mark-1","ki')  # what a full disk leaves
    ledger.write(1)
    ledger.seal()
    ledger.witness()

    assert ledger.faults() == []
    assert ledger.audited.notes == ["line 3 of the witness file is torn"]

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    ledger.write(1)
    ledger.seal()
    with pytest.raises(OSError, match="No space left"):
        ledger.witness()


def test_a_key_is_exchanged_with_the_old_ones_word(ledger):
    ledger.write(1)
    ledger.seal()
    ledger.witness()
    old = own_key().public
    mark = exchange_key()
    ledger.write(1)
    ledger.seal()
    ledger.witness()

    assert own_key().public != old
    assert (mark.key, mark.public) == (name_of(old), own_key().public)
    assert ledger.faults() == []
    assert ledger.faults(key=old) == []
    assert "another key" in ledger.faults(key=own_key().public)[0].says


def test_a_key_that_nobody_introduced_signs_nothing(ledger):
    ledger.write(1)
    ledger.seal()
    ledger.witness()
    (ledger.home / "secrets" / "witness").write_text("ab" * 32)
    ledger.write(1)
    ledger.seal()
    ledger.witness()

    assert "no line before introduces" in ledger.faults()[0].says


def test_a_database_taken_back_is_refused_by_its_witness_until_that_is_on_record(ledger):
    for _ in range(3):
        ledger.write(4)
        ledger.seal()
        ledger.witness()
    ledger.tamper(
        "DELETE FROM journal_line WHERE id IN (SELECT unnest(ids) FROM journal_seal WHERE no > 1)",
        "DELETE FROM journal_seal WHERE no > 1",
        "DELETE FROM journal_mark WHERE last_batch > 1",
    )
    ledger.write(2)
    ledger.seal()

    assert "tail" in ledger.faults()[0].says or "rewritten" in ledger.faults()[0].says
    with pytest.raises(Disagrees):
        ledger.witness()
    mark = taken_back(ledger.worker)
    assert mark.batch == 1
    ledger.write(2)
    ledger.seal()
    ledger.witness()
    assert ledger.faults() == []
    assert "taken back to batch 1" in ledger.audited.notes[0]


def test_nothing_is_put_on_record_as_lost_that_is_there(ledger):
    ledger.write(2)
    ledger.seal()
    ledger.witness()
    with pytest.raises(ValueError, match="nothing"):
        taken_back(ledger.worker)


def test_every_mark_is_one_line_of_json_that_anybody_can_read(ledger):
    ledger.write(2)
    ledger.seal()
    ledger.witness()
    for line in witness_file().read_text().splitlines():
        assert json.loads(line)["form"] == "shiyu-mark-1"
        assert read_mark(line).at.endswith("Z")
    assert witness.last_mark(witness_file().open("rb")).lines == 2
