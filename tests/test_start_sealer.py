"""The sealer beside the workers: a full disk is said once, and never stops the sealing."""

from shiyu.journal.marks import read_mark
from shiyu.journal.tests.conftest import ledger  # noqa: F401
from shiyu.journal.witness import witness_file
from shiyu.site import sealer


def test_a_witness_that_cannot_be_written_does_not_keep_the_journal_from_being_sealed(
    ledger,  # noqa: F811 - the fixture
    monkeypatch,
    capsys,
):
    monkeypatch.setenv("SHIYU_WITNESS", str(ledger.home))  # a directory
    ledger.write(3)
    one = sealer.Sealer()
    one.connection = ledger.worker
    one.look()
    one.attest_at = 0.0
    one.look()

    assert ledger.seal() == 0
    assert capsys.readouterr().err.count("cannot be witnessed") == 1
    monkeypatch.setenv("SHIYU_WITNESS", str(ledger.home / "w.jsonl"))
    one.attest_at = 0.0
    one.look()
    assert "well again" in capsys.readouterr().err
    kinds = [read_mark(said).kind for said in witness_file().read_text().splitlines()]
    assert kinds == ["key", "head"]
