"""Exports of the whole city are approved by two people."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("desk", "0001_kept_at_the_desk"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="export",
            name="approvals",
            field=models.PositiveSmallIntegerField(default=1, verbose_name="须几人批准"),
        ),
        migrations.AddField(
            model_name="export",
            name="seconder",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="exports_seconded",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("seconder__isnull", True),
                    models.Q(
                        ("approver__isnull", False),
                        models.Q(("seconder", models.F("person")), _negated=True),
                        models.Q(("seconder", models.F("approver")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="export_seconded_by_a_third",
            ),
        ),
    ]
