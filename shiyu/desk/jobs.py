"""What the desk has done in the background: bulk moves, exports, their end (工作台的任务)."""

from procrastinate.contrib.django import app

from shiyu.desk.actions import batches
from shiyu.desk.models import Batch


@app.task(name="desk.carry_out", queue="bulk")
def carry_out(key: str) -> None:
    """Go on with a bulk move where it stands."""
    batch = Batch.objects.filter(key=key).first()
    if batch is not None:
        batches.carry_out(batch)


def carry_out_later(batch: Batch) -> None:
    """Owe the job, in the transaction that confirmed the move."""
    carry_out.defer(key=batch.key)
