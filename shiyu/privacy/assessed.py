"""What the pages of impact assessments show, and what the commands tell of them (影响评估页面)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from shiyu.journal.models import Remark
from shiyu.people.actors import Actor
from shiyu.privacy import rules
from shiyu.privacy.actions.assessing import WORDS
from shiyu.privacy.lifecycle import ASSESSMENT_MOVES, Assessed
from shiyu.privacy.models import Assessment
from shiyu.privacy.processing import PROCESSINGS, Processing

SHOWN_MOST = 200
A_YEAR = timedelta(days=365)
SOON = timedelta(days=30)

__all__ = ["WORDS", "all_of", "one", "proposed"]


@dataclass(frozen=True, slots=True)
class Needed:
    """One processing: whether it is done, what counts for it, what waits (处理活动的评估情况)."""

    processing: Processing
    in_use: bool
    counts: Assessment | None
    waiting: Assessment | None
    soon: bool

    @property
    def reasons(self) -> list[str]:
        """Why it has to be assessed, in words."""
        return [str(one.label) for one in self.processing.because]

    @property
    def wrong(self) -> bool:
        """Whether it is done without an assessment that lets it go on."""
        stopped = self.counts is not None and self.counts.conclusion == Assessment.Conclusion.NOT
        return self.in_use and (self.counts is None or stopped)


def all_of(actor: Actor) -> dict[str, Any]:
    """Every processing and how it stands, then all assessments there ever were."""
    there = list(rules.assessments_of(actor).select_related("begun_by", "decided_by")[:SHOWN_MOST])
    counts = rules.in_force()
    waiting = {one.processing: one for one in there if one.stage == Assessed.ASKED}
    soon = timezone.localdate() + SOON
    needed = [
        Needed(
            about,
            about.in_use(),
            counts.get(name),
            waiting.get(name),
            name in counts and counts[name].due_on <= soon,
        )
        for name, about in PROCESSINGS.items()
    ]
    return {
        "needed": needed,
        "wrong": [one for one in needed if one.wrong],
        "past": [(one, _title(one)) for one in there],
        "may_begin": rules.may_assess(actor),
    }


def one(found: Assessment, actor: Actor) -> dict[str, Any]:
    """One of them, with what was said of it and whose turn it is."""
    said = Remark.objects.filter(pk=found.said_id).first() if found.said_id else None
    return {
        "assessment": found,
        "title": _title(found),
        "about": PROCESSINGS.get(found.processing),
        "texts": [(_label(name), getattr(found, name)) for name in WORDS],
        "said": said.text if said else "",
        "counts": rules.in_force().get(found.processing) == found,
        "may": {
            name: found.stage in move.sources and rules.may_move_assessment(actor, name, found)
            for name, move in ASSESSMENT_MOVES.items()
        },
        "may_begin": rules.may_assess(actor),
    }


def proposed(about: Processing) -> dict[str, Any]:
    """What stands in the form at first: the last one's words, else what the catalogue says."""
    last = Assessment.objects.filter(processing=about.name).first()
    kept = {name: getattr(last, name) for name in WORDS} if last else about.proposed()
    return {**kept, "due_on": timezone.localdate() + A_YEAR}


def _title(found: Assessment) -> str:
    about = PROCESSINGS.get(found.processing)
    return str(about.title) if about else found.processing


def _label(name: str) -> str:
    labels = {field.name: str(field.verbose_name) for field in Assessment._meta.fields}
    return labels[name]
