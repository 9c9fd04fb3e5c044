from django.db import migrations, models


class Migration(migrations.Migration):
    """A list through a rare door, and its count, walk along what came through that door."""

    dependencies = [("cases", "0010_newest_open")]

    operations = [
        migrations.AddIndex(
            "case",
            models.Index(fields=["channel", "-reported_at", "-id"], name="case_by_channel"),
        ),
    ]
