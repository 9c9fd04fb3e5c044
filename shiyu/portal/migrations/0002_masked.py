"""A draft holds no telephone or card number in clear, from now on."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

from shiyu.common.masking import IN_CLEAR


class Migration(migrations.Migration):
    dependencies = [("portal", "0001_initial")]
    operations = [
        AddConstraintNotValid(
            "draft",
            models.CheckConstraint(
                name="draft_masked",
                condition=~models.Q(text__regex=IN_CLEAR) & ~models.Q(address__regex=IN_CLEAR),
            ),
        ),
    ]
