"""What the resident's pages do when something below them changes."""

from typing import Any

from django.dispatch import receiver

from shiyu.journal.events import erased
from shiyu.journal.models import Remark
from shiyu.portal.models import Draft


@receiver(erased)
def forget_words(remark: Remark, **_more: Any) -> None:
    """A draft is kept for a day after sending: its words go with those of the report."""
    Draft.objects.filter(report__remark_id=remark.pk).update(text="")
