"""The address of a case holds no telephone or card number in clear."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

from shiyu.common.masking import IN_CLEAR


class Migration(migrations.Migration):
    dependencies = [("cases", "0021_addresses_masked")]
    operations = [
        AddConstraintNotValid(
            "case",
            models.CheckConstraint(
                name="case_address_masked", condition=~models.Q(address__regex=IN_CLEAR)
            ),
        )
    ]
