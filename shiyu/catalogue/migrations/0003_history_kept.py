"""A version of a standard is never taken away, nor a reason; who answers for it is added to."""

from django.db import migrations

KEPT = "catalogue_standard, catalogue_responsibility, catalogue_reason, catalogue_kind"

FORWARD = f"""
REVOKE UPDATE, DELETE, TRUNCATE ON {KEPT} FROM web, worker;
GRANT UPDATE (valid_until) ON catalogue_standard TO web, worker;
GRANT UPDATE (ended_at) ON catalogue_reason TO web, worker;
GRANT UPDATE ON catalogue_kind TO web, worker;
"""

BACKWARD = f"GRANT UPDATE, DELETE ON {KEPT} TO web, worker;"


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0002_lists")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
