"""The type of the setting by which rows are shown: see shiyu/common/wall.py."""

from django.db import migrations

FORWARD = """
CREATE TYPE sight AS (
    everything boolean,
    places     int8multirange,
    holders    bigint[],
    person     bigint,
    cases      bigint[]
);
"""


class Migration(migrations.Migration):
    dependencies = [("common", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, "DROP TYPE sight")]
