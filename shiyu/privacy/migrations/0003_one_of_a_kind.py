"""One open request of a kind for a report, one for a remark; all that stand are about something."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations, models
from django.db.models import Q

ASKED = Q(stage="asked")
OF_A_KIND = models.UniqueConstraint(
    fields=["report", "kind"], name="one_open_demand_of_a_kind", condition=ASKED
)
OF_WORDS = models.UniqueConstraint(
    fields=["words"], name="one_open_demand_of_words", condition=ASKED
)


def again(operation):
    """Says that it may be run a second time: what it makes it throws away first."""
    operation.may_be_repeated = True
    return operation


def unique(constraint, columns):
    """A unique index made beside the city's work, which Django knows as a constraint."""
    drop = f"DROP INDEX CONCURRENTLY IF EXISTS {constraint.name}"
    make = (
        f"CREATE UNIQUE INDEX CONCURRENTLY {constraint.name} ON privacy_demand ({columns})"
        " WHERE stage = 'asked'"
    )
    sql = migrations.RunSQL([drop, make], drop)
    state = [migrations.AddConstraint("demand", constraint)]
    return again(migrations.SeparateDatabaseAndState([sql], state))


def gone(name):
    drop = migrations.RunSQL(
        f"DROP INDEX CONCURRENTLY IF EXISTS {name}", migrations.RunSQL.noop
    )
    state = [migrations.RemoveConstraint("demand", name)]
    return again(migrations.SeparateDatabaseAndState([drop], state))


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("privacy", "0002_two_people")]

    operations = [
        unique(OF_A_KIND, "report_id, kind"),
        unique(OF_WORDS, "words"),
        gone("one_open_demand_a_report"),
        again(ValidateConstraint("demand", "demand_about_something")),
    ]
