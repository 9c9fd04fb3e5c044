"""What a draft still lacks, and how often a resident may try (草稿与限次)."""

from datetime import timedelta

from django.db.models import prefetch_related_objects

from shiyu.cases.models import Report
from shiyu.common import ready
from shiyu.common.attempts import Limit
from shiyu.common.wall import beyond
from shiyu.files.models import Photo
from shiyu.portal import similar
from shiyu.portal.models import Draft
from shiyu.portal.seal import key_of

PHOTOS_MOST = 3
KEPT = timedelta(days=1)

# A village may share one address, so these are wide; codes have 58 bits besides.
LOOKING_UP = Limit("receipt", 30, timedelta(minutes=15), timedelta(minutes=15))
BEGINNING = Limit("draft", 200, timedelta(hours=1), timedelta(minutes=15))
UPLOADING = Limit("upload", 200, timedelta(hours=1), timedelta(minutes=15))
PROVING = Limit("proof", 120, timedelta(minutes=10), timedelta(minutes=10))
GUESSING = Limit("own_data", 10, timedelta(minutes=15), timedelta(minutes=15))
SENDING = Limit("sending", 60, timedelta(hours=1), timedelta(minutes=15))


@beyond("receipt")
def draft_of(token: str) -> Draft | None:
    """The draft that the holder of this token writes, or has sent of late."""
    if not token:
        return None
    found = _DRAFT.first(key_of(token))
    if found is not None and found.report_id:
        found.report = _REPORT.first(found.report_id)
    if found is not None and found.joins_id:
        prefetch_related_objects([found], "joins")
    return found


_DRAFT = ready.Select(
    lambda key: (
        Draft.objects.select_related("kind", "place").defer("place__boundary").filter(key=key)
    ),
    "key",
    walled=False,
)
"""Every step of a report begins with it."""

_REPORT = ready.Select(
    lambda pk: Report.objects.select_related("case__kind", "case__procedure").filter(pk=pk),
    ready.ANY,
)


def photos_of(draft: Draft | None) -> list[Photo]:
    """The photos kept for a draft."""
    return list(Photo.objects.filter(subject=draft.subject)) if draft and draft.pk else []


def next_step(draft: Draft | None) -> str:
    """The first step not answered yet: photo, words, place, kind, similar or check.

    Whoever changes one answer from the check page thus comes back to it.
    """
    if draft is None:
        return "photo"
    if not draft.text and not Photo.objects.filter(subject=draft.subject).exists():
        return draft.door
    if not draft.placed:
        return "place"
    if not draft.sorted:
        return "kind"
    if not draft.compared and similar.to_draft(draft):
        return "similar"
    return "check"


def is_complete(draft: Draft | None) -> bool:
    """Whether everything was answered once: then a page leads back to the check."""
    return draft is not None and draft.placed and draft.sorted
