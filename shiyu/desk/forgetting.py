"""Files taken out that hold what somebody gave go when they are erased (导出文件随之删除)."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.db import transaction

from shiyu.cases.models import Case
from shiyu.desk.actions.exports import drop
from shiyu.desk.models import Export, ExportStage


def forget_files(cases: Sequence[Case], **_more: Any) -> None:
    """Drop each file still kept that may have a row of these cases: whole, since it is sealed.

    Connected to privacy.events.erasing; the files go when the erasure is certain.
    """
    places = [case.place_number for case in cases]
    if not places:
        return
    since = min(case.taken_in_at for case in cases)
    kept = Export.objects.filter(stage=ExportStage.MADE, made_at__gte=since)
    for export in kept:
        if any(export.first <= place <= export.last for place in places):
            transaction.on_commit(partial(drop, export))
