"""Owing a job of the desk, in the transaction that asks for it (托付任务)."""

from procrastinate.contrib.django import app

from shiyu.common.orders import order
from shiyu.desk.models import Batch, Export

CARRY_OUT, MAKE_EXPORT = "desk.carry_out", "desk.make_export"
QUEUE = "bulk"


def carry_out(batch: Batch) -> None:
    """Have a bulk move carried out."""
    order(app.configure_task(CARRY_OUT, queue=QUEUE), key=batch.key)


def make_export(export: Export) -> None:
    """Have an approved export's file written."""
    order(app.configure_task(MAKE_EXPORT, queue=QUEUE), key=export.key)
