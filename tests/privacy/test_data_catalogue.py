"""Every column that can say something of a person is declared, or the build fails (数据目录)."""

import json

import pytest
from click.testing import CliRunner
from django.apps.registry import Apps
from django.db import connection, models
from procrastinate.contrib.django import app as jobs

from shiyu.cases.models import Reporter
from shiyu.privacy import catalogue, declared, keeping
from shiyu.privacy.declared import PERSONAL, Kind
from shiyu.site.commands.privacy_ import command

TABLES = """
    SELECT c.relname FROM pg_class c
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
       AND NOT c.relispartition
"""


def test_every_column_is_declared() -> None:
    assert catalogue.faults() == []


@pytest.mark.django_db
def test_every_table_of_the_database_has_a_model_or_a_word_for_it() -> None:
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        tables = {name for (name,) in cursor.fetchall()}

    assert catalogue.without_model(tables) == []
    assert not declared.NO_MODEL.keys() - tables
    (planted,) = catalogue.without_model({*tables, "cases_neighbour"})
    assert "cases_neighbour" in planted
    assert "NO_MODEL" in planted


def planted(**fields: models.Field) -> type[models.Model]:
    """A model that somebody adds and forgets to declare."""
    meta = type("Meta", (), {"app_label": "planted", "apps": Apps()})
    return type("Resident", (models.Model,), {"Meta": meta, "__module__": __name__, **fields})


@pytest.mark.parametrize(
    ("field", "caught"),
    [
        (models.CharField(max_length=9), True),
        (models.TextField(), True),
        (models.JSONField(), True),
        (models.FloatField(), True),
        (models.BinaryField(), True),
        (models.GenericIPAddressField(), True),
        (models.IntegerField(), False),
        (models.DateTimeField(), False),
        (models.CharField(max_length=9, choices=[("a", "b")]), False),
    ],
)
def test_a_planted_column_is_caught_by_its_type(field: models.Field, caught: bool) -> None:
    wrong = catalogue.faults([planted(said=field)])

    assert bool(wrong) == caught
    assert all("planted_resident.said" in w and catalogue.WHERE in w for w in wrong)


@pytest.mark.parametrize("name", ["birth_date", "age", "gender"])
def test_a_number_or_a_day_about_a_person_is_caught_by_its_name(name: str) -> None:
    assert len(catalogue.faults([planted(**{name: models.IntegerField()})])) == 1


def test_a_word_for_a_column_that_is_gone_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PERSONAL, "cases_gone", {"name": declared.CALLER})

    assert catalogue.faults() == [
        f"cases_gone.name is declared in {catalogue.WHERE} and is in no model: take it out"
    ]


def test_who_reported_is_sensitive_closed_and_kept_for_a_time() -> None:
    handled = PERSONAL[Reporter._meta.db_table]

    assert {h.kind for h in handled.values()} == {Kind.SENSITIVE, Kind.MINOR}
    assert keeping.RULES[handled["phone"].retention].after is not None


def test_every_job_that_a_rule_of_keeping_names_is_there() -> None:
    named = {rule.carried_out_by for rule in keeping.RULES.values() if rule.carried_out_by}
    there = {
        f"{name.split('.')[-3] if name.startswith('shiyu.') else name.split('.')[0]}."
        f"{name.split('.')[-1]}"
        for name in jobs.tasks
    }

    assert named <= there, sorted(there)


def test_the_command_prints_it_for_people_and_for_programs() -> None:
    told = CliRunner().invoke(command, ["catalogue"])
    rows = json.loads(CliRunner().invoke(command, ["catalogue", "--json"]).output)

    assert "cases_reporter.phone" in told.output
    assert {"where", "class", "purposes", "basis", "retention", "kept", "seen_by", "masked"} <= set(
        rows[0]
    )
    assert {row["where"] for row in rows} >= {"journal_remark.text", "erasures.jsonl"}
