"""A version of the procedure is never rewritten or taken away; its row can still be locked."""

from django.db import migrations

FORWARD = """
REVOKE UPDATE, DELETE, TRUNCATE ON catalogue_procedure FROM web, worker;
GRANT UPDATE (id) ON catalogue_procedure TO web, worker;
"""

BACKWARD = "GRANT UPDATE, DELETE ON catalogue_procedure TO web, worker;"


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0003_history_kept")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
