"""`shiyu identity`: asks the service who it is, keeps it to its owner, forgets it."""

from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from shiyu.people import identity as kept
from shiyu.people.tests.identity_service import CLIENT, SECRET, Service, running
from shiyu.site.commands.identity_ import command


@pytest.fixture
def service_on() -> Iterator[Service]:
    with running() as service:
        yield service


def test_the_command_line_asks_the_service_and_keeps_it_to_its_owner(
    service_on: Service, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "home", lambda: tmp_path)
    monkeypatch.setenv("SHIYU_EGRESS", "identity=127.0.0.0/8,identity=::1/128")
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    ask = [service_on.issuer, "--client-id", CLIENT, "--secret-file", str(tmp_path / "secret")]
    service_on.calls_itself = "https://elsewhere.example"
    assert CliRunner().invoke(command, ["set", *ask]).exit_code == 1
    service_on.calls_itself = None

    made = CliRunner().invoke(command, ["set", *ask])
    shown = CliRunner().invoke(command, ["show"])

    assert made.exit_code == 0, made.output
    found = kept.read()
    assert found is not None
    assert (found.secret, found.origin) == (SECRET, service_on.issuer)
    assert (tmp_path / "identity.json").stat().st_mode & 0o777 == 0o600
    assert SECRET not in made.output + shown.output
    assert CliRunner().invoke(command, ["drop"]).exit_code == 0
    assert kept.read() is None
