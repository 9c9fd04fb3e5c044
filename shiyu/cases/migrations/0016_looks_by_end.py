"""Grants that are open are found by when they end."""

from django.db import migrations, models

from shiyu.common.schema import AddIndexAgain


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("cases", "0015_access_grants")]

    operations = [
        AddIndexAgain(
            "look",
            models.Index(
                fields=["until"],
                name="look_until",
                condition=models.Q(under__isnull=True),
            ),
        ),
    ]
