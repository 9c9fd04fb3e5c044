"""What a place was and how it was surveyed is added to, never changed or taken away."""

from django.db import migrations

KEPT = "places_former, places_survey, places_surveyed"

FORWARD = f"""
REVOKE UPDATE, DELETE, TRUNCATE ON {KEPT} FROM web, worker;
GRANT UPDATE (state, valid_from, in_force_at, version) ON places_survey TO web, worker;
GRANT UPDATE (former, former_source) ON places_surveyed TO web, worker;
"""

BACKWARD = f"GRANT UPDATE, DELETE ON {KEPT} TO web, worker;"


class Migration(migrations.Migration):
    dependencies = [("places", "0002_surveys")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
