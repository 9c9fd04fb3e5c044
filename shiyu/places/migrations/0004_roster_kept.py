"""Who was on a place's roster is ended, never rewritten or taken away."""

from django.db import migrations

FORWARD = """
REVOKE UPDATE, DELETE, TRUNCATE ON places_rosterentry FROM web, worker;
GRANT UPDATE (ends_on) ON places_rosterentry TO web, worker;
"""

BACKWARD = "GRANT UPDATE, DELETE ON places_rosterentry TO web, worker;"


class Migration(migrations.Migration):
    dependencies = [("places", "0003_history_kept")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
