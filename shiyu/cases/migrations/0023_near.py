"""Open cases of a kind, or of a place, the newest first, with where they lie.

What is near a case is found in the index alone, however many of its kind are open; and what was
closed is not in it.
"""

from django.db import migrations, models
from django.db.models import Q

from shiyu.common.schema import AddIndexAgain


def newest(of: str, name: str) -> AddIndexAgain:
    return AddIndexAgain(
        "case",
        models.Index(
            fields=[of, "-id", "lat", "lon"], name=name, condition=Q(closed_at__isnull=True)
        ),
    )


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("cases", "0022_masked")]
    operations = [newest("kind", "case_near_of_kind"), newest("place_number", "case_near_of_place")]
