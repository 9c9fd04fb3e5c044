"""A draft holds no telephone or card number in clear; what was being written is masked."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

from shiyu.common.masking import IN_CLEAR

HIDE = r"""
UPDATE portal_draft
   SET text = regexp_replace(text, '[0-9]{11,}', '****', 'g'),
       address = regexp_replace(address, '[0-9]{11,}', '****', 'g')
 WHERE text ~ '[0-9]{11}' OR address ~ '[0-9]{11}';
"""


class Migration(migrations.Migration):
    dependencies = [("portal", "0001_initial")]
    operations = [
        migrations.RunSQL(HIDE, migrations.RunSQL.noop),
        AddConstraintNotValid(
            "draft",
            models.CheckConstraint(
                name="draft_masked",
                condition=~models.Q(text__regex=IN_CLEAR) & ~models.Q(address__regex=IN_CLEAR),
            ),
        )
    ]
