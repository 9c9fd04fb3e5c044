"""Each delivery may name the request or job that owes it; a subscriber may want it told."""

from django.db import migrations, models

import shiyu.common.trail


class Migration(migrations.Migration):
    dependencies = [("notices", "0003_history_kept")]
    operations = [
        migrations.AddField(
            "delivery",
            "trail",
            models.UUIDField(blank=True, default=shiyu.common.trail.kept, null=True),
        ),
        migrations.AddField(
            "subscription",
            "traced",
            models.BooleanField(db_default=False, default=False, verbose_name="附请求编号"),
        ),
    ]
