from django.db import migrations, models
from django.db.models import Q

OPEN = (
    *("reported", "accepted", "filed", "dispatched"),
    *("handling", "handled", "verified", "suspended"),
)


class Migration(migrations.Migration):
    """Lists of the newest open cases walk along what is open, however much has been closed."""

    dependencies = [("cases", "0009_look_for_export")]

    operations = [
        migrations.AddIndex(
            "case",
            models.Index(
                fields=["-reported_at", "-id", "due_at", "place_number"],
                name="case_open_newest",
                condition=Q(stage__in=frozenset(OPEN)),
            ),
        ),
        migrations.AddIndex(
            "case",
            models.Index(
                fields=["-reported_at", "-id"],
                name="case_paused",
                condition=Q(stage__in=frozenset(OPEN), paused=True),
            ),
        ),
    ]
