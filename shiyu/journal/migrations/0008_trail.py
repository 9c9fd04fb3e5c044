"""Each line may name the request or job that wrote it, for finding; not part of what is sealed."""

from django.db import migrations, models

FORWARD = """
ALTER TABLE journal_line ADD COLUMN trail uuid;
GRANT INSERT (trail) ON journal_line TO web, worker;
"""
BACKWARD = "ALTER TABLE journal_line DROP COLUMN trail;"


class Migration(migrations.Migration):
    dependencies = [("journal", "0007_order")]
    operations = [
        migrations.RunSQL(
            FORWARD,
            BACKWARD,
            state_operations=[
                migrations.AddField("line", "trail", models.UUIDField(null=True)),
            ],
        )
    ]
