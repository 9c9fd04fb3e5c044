"""Sealing: every line once, in the order of transactions, whoever writes and whoever is killed."""

from shiyu.journal.sealing import LINES_MOST, unsealed


def test_what_was_written_is_sealed_and_verifies(ledger):
    ledger.write(LINES_MOST + 50)

    assert ledger.seal() == LINES_MOST + 50
    ledger.witness()

    assert ledger.faults() == []
    assert (ledger.audited.batches, ledger.audited.lines) == (2, LINES_MOST + 50)
    assert unsealed(ledger.worker)[0] == 0
