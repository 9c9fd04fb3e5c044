"""The feed is read below the commit horizon, so it is kept in the order of transactions."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "CREATE INDEX journal_change_horizon ON journal_change (xid, id);",
            "DROP INDEX journal_change_horizon;",
        )
    ]
