"""What no job carries out any more is ended in words, and nothing waits for ever (任务放弃).

A job that brought down its worker five times is given up by the reaper (`site/reaper.py`), one
that met an error of ours by its worker: its row says "failed", which tells the operator alone.
Who ordered a bulk move or an export is told here.
"""

from django.db import connection

from shiyu.desk import later
from shiyu.desk.actions import batches, exports
from shiyu.desk.lifecycle import ExportStage
from shiyu.desk.models import Batch, Export

UNDER_WAY = """
SELECT args->>'key' FROM procrastinate_jobs
 WHERE task_name = ANY(%s) AND status IN ('todo', 'doing')
"""


def end_given_up() -> int:
    """Stop every bulk move, and fail every export, that nobody will go on with; how many."""
    # What waits for a job is read first: a job that comes later than that leaves it untouched.
    running = list(Batch.objects.filter(state=Batch.State.RUNNING))
    approved = list(Export.objects.filter(stage=ExportStage.APPROVED))
    if not running and not approved:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(UNDER_WAY, [[later.CARRY_OUT, later.MAKE_EXPORT]])
        kept = {key for (key,) in cursor.fetchall()}
    ended = [batches.stop(batch) for batch in running if batch.key not in kept]
    ended += [exports.give_up(export) for export in approved if export.key not in kept]
    return sum(ended)
