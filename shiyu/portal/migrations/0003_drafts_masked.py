"""What was being written when the numbers in words began to be hidden is masked."""

from django.db import migrations

from shiyu.common.masking import IN_CLEAR, masked
from shiyu.common.schema import may_be_repeated

FIND = "SELECT id, text, address FROM portal_draft WHERE text ~ %s OR address ~ %s"
MASK = "UPDATE portal_draft SET text = %s, address = %s WHERE id = %s AND text = %s"


@may_be_repeated
def mask_drafts(_apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(FIND, (IN_CLEAR, IN_CLEAR))
        for pk, text, address in cursor.fetchall():
            cursor.execute(MASK, (masked(text), masked(address), pk, text))


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("portal", "0002_masked")]
    operations = [migrations.RunPython(mask_drafts, migrations.RunPython.noop)]
