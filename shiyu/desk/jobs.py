"""What the desk has done in the background: bulk moves, exports, their end (工作台的任务)."""

from procrastinate.contrib.django import app

from shiyu.desk import later
from shiyu.desk.actions import batches, exports, given_up
from shiyu.desk.models import Batch, Export


@app.task(name=later.CARRY_OUT, queue=later.QUEUE)
def carry_out(key: str) -> None:
    """Go on with a bulk move where it stands."""
    batch = Batch.objects.filter(key=key).first()
    if batch is not None:
        batches.carry_out(batch)


@app.task(name=later.MAKE_EXPORT, queue=later.QUEUE)
def make_export(key: str) -> None:
    """Write an approved export's file."""
    export = Export.objects.filter(key=key).first()
    if export is not None:
        exports.make(export)


@app.periodic(cron="*/10 * * * *")
@app.task(name="desk.expire_exports", queue="periodic", queueing_lock="desk_expire")
def expire_exports(timestamp: int) -> None:
    """Delete the files of exports whose time is over."""
    exports.expire()


@app.periodic(cron="* * * * *")
@app.task(name="desk.end_given_up", queue="periodic", queueing_lock="desk_given_up")
def end_given_up(timestamp: int) -> None:
    """Say so where a bulk move or an export has nobody who goes on with it."""
    given_up.end_given_up()
