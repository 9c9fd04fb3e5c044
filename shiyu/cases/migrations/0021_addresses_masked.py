"""Numbers in the addresses of cases that stand already are masked, some rows at a time."""

from django.db import migrations

from shiyu.common.masking import IN_CLEAR, masked
from shiyu.common.schema import may_be_repeated

BATCH = 500
FIND = "SELECT id, address FROM cases_case WHERE address ~ %s AND id > %s ORDER BY id LIMIT %s"
MASK = "UPDATE cases_case SET address = %s WHERE id = %s AND address = %s"


@may_be_repeated
def mask_addresses(_apps, schema_editor):
    after = 0
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(FIND, (IN_CLEAR, after, BATCH))
            rows = cursor.fetchall()
            if not rows:
                return
            cursor.executemany(MASK, [(masked(was), pk, was) for pk, was in rows])
            after = rows[-1][0]


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("cases", "0020_seek")]
    operations = [migrations.RunPython(mask_addresses, migrations.RunPython.noop)]
