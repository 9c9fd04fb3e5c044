"""Whatever is falsified in a sealed journal, even by a superuser, is found and named."""

from random import Random

import pytest

from shiyu.journal import sealing
from shiyu.journal.audit import first_of
from shiyu.journal.marks import read_mark
from shiyu.journal.tests.tampering import ONE_LINE, THE_CHAIN, edit, is_named, undone
from shiyu.journal.witness import witness_file

SEED = 20261122


@pytest.fixture
def sealed(ledger, monkeypatch):
    """Some 400 lines in small batches, witnessed at five moments; some lines not sealed yet."""
    monkeypatch.setattr(sealing, "LINES_MOST", 16)
    for _ in range(5):
        for _ in range(4):
            ledger.write(20)
        ledger.seal()
        ledger.witness()
    ids = ledger.ids()
    ledger.write(5)
    assert ledger.faults() == []
    return ledger, ids


def covered():
    """The batches that the mark over each batch covers, first and last."""
    marks = [read_mark(said) for said in witness_file().read_text().splitlines()]
    return {
        batch: (mark.first, mark.batch)
        for mark in marks
        for batch in range(mark.first, mark.batch + 1)
    }


def missed(sealed, tampers, times):
    """Tampers not found, or not named where they were done."""
    ledger, ids = sealed
    chance, batches = Random(SEED), covered()
    wrong = []
    for n in range(times):
        done, found = undone(ledger, tampers[n % len(tampers)], ids, chance)
        if not found or not is_named(done, first_of(found), batches):
            wrong.append((done, found[:3]))
    return wrong


def test_every_tampering_with_a_line_is_found_and_the_line_named(sealed):
    assert missed(sealed, ONE_LINE, 30) == []
    assert sealed[0].faults() == []


def test_every_tampering_with_the_chain_is_found_and_the_batch_named(sealed):
    assert missed(sealed, THE_CHAIN, 30) == []
    assert sealed[0].faults() == []


@pytest.mark.long
def test_a_thousand_tamperings_are_all_found(sealed):
    assert missed(sealed, ONE_LINE + THE_CHAIN, 1000) == []


def test_without_its_witness_a_chain_is_not_believed(sealed):
    ledger, _ids = sealed
    witness_file().unlink()

    assert "is gone" in ledger.faults()[0].says


def test_a_line_put_in_today_under_an_old_time_is_found_though_it_was_sealed(sealed):
    ledger, _ids = sealed
    ledger.seal()
    ledger.tamper(
        "INSERT INTO journal_line (recorded_at, occurred_at, subject, verb, actor) "
        "VALUES (now() - interval '30 days', now() - interval '30 days', 'case:1', 'close', 'x')"
    )
    number = ledger.ids()[-1]
    ledger.seal()
    ledger.witness()

    (fault,) = ledger.faults()

    assert (fault.line, fault.subject) == (number, "case:1")
    assert "hours after the time it says" in fault.says


def test_a_witness_file_with_a_line_changed_cut_out_or_cut_off_is_found(sealed):
    ledger, _ids = sealed
    whole = witness_file().read_text()
    lines = whole.splitlines(keepends=True)
    for tampered in (
        whole.replace('"lines":80', '"lines":81'),
        "".join(lines[:2] + lines[3:]),
        "".join(lines[:-1]),
        "".join(lines[1:]),
        whole.replace('"signature":"', '"signature":"00', 1),
        lines[0],
        "",
    ):
        witness_file().write_text(tampered)
        assert ledger.faults() != [], tampered[:80]
    witness_file().write_text(whole)
    assert ledger.faults() == []


def test_a_copy_of_the_witness_kept_elsewhere_finds_what_this_servers_own_would_not(
    sealed, tmp_path
):
    """An intruder who holds the key and the file rewrites all three; the copy still tells."""
    ledger, ids = sealed
    copy = tmp_path / "elsewhere.jsonl"
    copy.write_text(witness_file().read_text())
    with ledger.super.transaction():
        ledger.super.execute("SET LOCAL session_replication_role = replica")
        from shiyu.journal.tests.tampering import rewrite

        rewrite(ledger.super, ids[:50], Random(1))
        ledger.super.execute("DELETE FROM journal_mark")
    witness_file().unlink()
    ledger.witness()

    assert ledger.faults() == []
    assert "rewritten" in ledger.faults(copy)[0].says


def test_verifying_names_no_fault_twice_and_goes_on(sealed):
    ledger, ids = sealed
    ledger.tamper(
        f"UPDATE journal_line SET verb = 'x' WHERE id IN ({ids[3]}, {ids[200]})",
        f"DELETE FROM journal_line WHERE id = {ids[100]}",
    )

    assert [fault.line for fault in ledger.faults()] == [ids[3], ids[100], ids[200]]


def test_tampering_is_tried_at_the_very_first_and_last_line(sealed):
    ledger, ids = sealed
    for number in (ids[0], ids[-1]):
        _done, found = undone(ledger, edit, [number], Random(3))
        assert first_of(found).line == number
