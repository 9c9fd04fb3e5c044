"""Administrators hear that something waits for a second one of them, and what came of it (通知)."""

from typing import Any

from django.dispatch import receiver
from django.urls import reverse

from shiyu.notices.actions.owing import owe
from shiyu.notices.kinds import pages
from shiyu.people import rules
from shiyu.people.events import proposal_moved
from shiyu.people.lifecycle import Stage
from shiyu.people.models import Proposal

pages["proposal"] = lambda subject: reverse("account_proposal", args=[_number(subject)])
pages["assessment"] = lambda subject: reverse("privacy:assessment", args=[_number(subject)])


@receiver(proposal_moved)
def tell_administrators(proposal: Proposal, **_: Any) -> None:
    """Those who may approve it, once it is proposed; who proposed it, once another decided."""
    told, subject = {"what": proposal.get_what_display()}, f"proposal:{proposal.pk}"
    if proposal.stage == Stage.ASKED:
        others = rules.approvers() - {proposal.asked_by_id, proposal.person_id or 0}
        owe(others, subject, "second_asked", facts=told, at=proposal.asked_at)
    elif proposal.decided_by_id != proposal.asked_by_id and proposal.decided_at is not None:
        asker = {proposal.asked_by_id}
        owe(asker, subject, "second_decided", facts=told, at=proposal.decided_at)


def _number(subject: str) -> str:
    return subject.partition(":")[2]
