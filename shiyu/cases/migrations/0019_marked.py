"""Cases of before get their marks, and the index that joins words, marks and how new a case is."""

from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models
from django.db.models.expressions import F, Func

from shiyu.common.schema import AddIndexAgain, may_be_repeated

AT_ONCE = 5_000
MARK = """
WITH part AS (SELECT case_id FROM cases_found WHERE case_id > %s ORDER BY case_id LIMIT %s),
     marked AS (UPDATE cases_found f SET marks = NULL FROM part
                 WHERE f.case_id = part.case_id AND f.marks IS NULL RETURNING 1)
SELECT max(case_id) FROM part
"""


@may_be_repeated
def mark(_apps: Any, editor: Any) -> None:
    """Batch by batch, each in a transaction of its own; the trigger fills in what is empty."""
    done: int | None = -1
    with editor.connection.cursor() as cursor:
        while done is not None:
            cursor.execute(MARK, [done, AT_ONCE])
            (done,) = cursor.fetchone()


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("cases", "0018_marks")]
    operations = [
        migrations.RunPython(mark, migrations.RunPython.noop),
        AddIndexAgain(
            "found",
            GinIndex(
                F("words"),
                F("marks"),
                Func(F("case_id"), function="cases_shelf", output_field=models.JSONField()),
                name="case_found_by",
                gin_pending_list_limit=256,
            ),
        ),
    ]
