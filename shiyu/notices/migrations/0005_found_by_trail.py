"""Deliveries are found by the number of the request that owes them."""

from django.db import migrations, models

from shiyu.common.schema import AddIndexAgain


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("notices", "0004_trail")]
    operations = [
        AddIndexAgain("delivery", models.Index(fields=["trail"], name="delivery_by_trail")),
    ]
