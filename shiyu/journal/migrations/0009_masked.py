"""What is written from now on holds no telephone or card number in clear.

What stands already stays as it was written: the journal vouches for it.
"""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

from shiyu.common.masking import IN_CLEAR


class Migration(migrations.Migration):
    dependencies = [("journal", "0008_trail")]
    operations = [
        AddConstraintNotValid(
            "remark",
            models.CheckConstraint(name="remark_masked", condition=~models.Q(text__regex=IN_CLEAR)),
        )
    ]
