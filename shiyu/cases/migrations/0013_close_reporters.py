"""Who reported is closed, batch by batch, while the city goes on; broken off, it goes on there.

A row is closed in the statement that empties it, and only as it was read: what somebody changes
meanwhile is taken up by the next look.
"""

from django.db import migrations, models

from shiyu.cases.closing import close_all
from shiyu.common.schema import AddIndexAgain, may_be_repeated


@may_be_repeated
def close(_apps, schema_editor):
    close_all(schema_editor.connection)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("cases", "0012_reporters_closed")]

    operations = [
        AddIndexAgain(
            "reporter",
            models.Index(
                fields=["found_by"],
                name="reporter_found_by",
                condition=models.Q(found_by__isnull=False),
            ),
        ),
        AddIndexAgain(
            "reporter",
            models.Index(
                fields=["id"],
                name="reporter_in_clear",
                condition=~models.Q(plain_name="", plain_phone=""),
            ),
        ),
        migrations.RunPython(close, migrations.RunPython.noop),
    ]
