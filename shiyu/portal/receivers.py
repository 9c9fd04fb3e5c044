"""What the resident's pages do when something below them changes."""

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver

from shiyu.files.actions import discard
from shiyu.journal.events import erased
from shiyu.journal.models import Remark
from shiyu.portal.models import Draft
from shiyu.privacy.events import erasing


@receiver(erased)
def forget_words(remark: Remark, **_more: Any) -> None:
    """A draft is kept for a day after sending: its words go with those of the report."""
    Draft.objects.filter(report__remark_id=remark.pk).update(text="")


@receiver(erasing)
def forget_drafts(reports: Sequence[int], **_more: Any) -> None:
    """The draft of a report that is erased goes at once, with what it still holds."""
    for draft in Draft.objects.filter(report__in=reports):
        discard(draft.subject)
        draft.delete()
