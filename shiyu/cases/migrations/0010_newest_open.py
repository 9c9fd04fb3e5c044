from django.db import migrations, models
from django.db.models import Q

OPEN = [
    *("accepted", "dispatched", "filed", "handled"),
    *("handling", "reported", "suspended", "verified"),
]


class Migration(migrations.Migration):
    """Lists of the newest open cases walk along what is open, however much has been closed."""

    dependencies = [("cases", "0009_look_for_export")]

    operations = [
        migrations.AddIndex(
            "case",
            models.Index(
                fields=["-reported_at", "-id", "due_at", "place_number"],
                name="case_open_newest",
                condition=Q(stage__in=OPEN),
            ),
        ),
        migrations.AddIndex(
            "case",
            models.Index(
                fields=["-reported_at", "-id"],
                name="case_paused",
                condition=Q(stage__in=OPEN, paused=True),
            ),
        ),
    ]
