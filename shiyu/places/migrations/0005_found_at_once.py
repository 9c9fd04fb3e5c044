"""The few places that lists offer, and places by how they begin, without reading all of them."""

from django.db import migrations, models
from django.db.models import Q

from shiyu.common.schema import AddIndexAgain


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("places", "0004_roster_kept")]
    operations = [
        AddIndexAgain(
            "place",
            models.Index(
                fields=["first"],
                name="place_offered",
                condition=Q(level__in=("county", "township")),
            ),
        ),
        AddIndexAgain(
            "place",
            models.Index(fields=["name"], name="place_by_name", opclasses=["varchar_pattern_ops"]),
        ),
    ]
