"""What no job carries out any more is ended in words, and nothing waits for ever (任务放弃).

A job that brought down its worker five times is given up by the reaper (`site/reaper.py`), one
that met an error of ours by its worker: its row says "failed", which tells the operator alone.
A bulk move that got on meanwhile was only unlucky and is ordered again; who ordered one that did
not, or an export, is told here.
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
    """End every bulk move that does not get on, and every export, without a job; how many."""
    # What waits for a job is read first: a job that comes later than that leaves it untouched.
    running = list(Batch.objects.filter(state=Batch.State.RUNNING))
    approved = list(Export.objects.filter(stage=ExportStage.APPROVED))
    if not running and not approved:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(UNDER_WAY, [[later.CARRY_OUT, later.MAKE_EXPORT]])
        kept = {key for (key,) in cursor.fetchall()}
    left = [batch for batch in running if batch.key not in kept]
    ended = [batches.go_on_or_stop(batch, later=later.carry_out) for batch in left]
    ended += [exports.give_up(export) for export in approved if export.key not in kept]
    return sum(ended)
