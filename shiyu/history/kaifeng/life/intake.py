"""What intake does with a made-up report: dismiss, settle, check, file (受理立案)."""

from shiyu.cases.bulk import REPORTER
from shiyu.cases.lifecycle import Stage
from shiyu.history.kaifeng import words
from shiyu.history.kaifeng.story import Enough, Story
from shiyu.people.duties import Duty
from shiyu.people.models import Tier

WITHDRAWN, DISMISSED, VOIDED = 0.006, 0.035, 0.0015
SETTLED, CHECKED, NOT_SO, ESCALATED = 0.5, 0.07, 0.22, 0.015


def take_up(story: Story) -> bool:
    """Intake: dismissed, settled, checked, filed; whether the case has ended with it."""
    if story.happens(WITHDRAWN) and story.past.told[0].step.actor == REPORTER:
        story.wait(story.delay(25))
        story.step("withdraw", REPORTER, to=Stage.WITHDRAWN, said=story.one_of(words.WITHDRAW))
        return True
    if story.past.case.channel == "patrol" and story.kind.settles and story.happens(SETTLED):
        return _settle(story)
    if story.until == Stage.REPORTED:
        raise Enough
    story.wait(min(story.delay(4.5, 0.6), 240))
    clerk = story.desk(Duty.INTAKE)
    if story.happens(DISMISSED):
        return _dismiss(story, clerk)
    story.step("accept", clerk, to=Stage.ACCEPTED)
    if story.happens(CHECKED) and _not_so(story, clerk):
        return True
    if story.happens(VOIDED):
        return _void(story)
    if story.centre.tier == Tier.COUNTY and story.happens(ESCALATED):
        _escalate(story)
    story.wait(story.delay(14))
    facts = {"kind": story.kind, "standard": story.standard}
    story.step("file", story.desk(Duty.INTAKE), to=Stage.FILED, facts=facts)
    return False


def _settle(story: Story) -> bool:
    """Put right on the spot by the grid worker who saw it."""
    story.wait(story.delay(22, 0.5))
    facts = {
        "kind": story.kind,
        "handled_by_unit": story.town.centres[story.cell.township].pk,
    }
    worker = story.past.told[0].step.actor
    story.step("settle", worker, to=Stage.CLOSED, said="现场已清理", facts=facts)
    return True


def _dismiss(story: Story, clerk: str) -> bool:
    story.step("dismiss", clerk, to=Stage.DISMISSED, said=story.one_of(words.DISMISS))
    return True


def _not_so(story: Story, clerk: str) -> bool:
    """A check before filing; whether nothing was found."""
    story.wait(story.delay(6))
    story.step("check_open", clerk)
    story.until_then(story.town.by_day(story.at, story.delay(25, 0.5)))
    found = not story.happens(NOT_SO)
    said = story.one_of(words.FOUND if found else words.NOT_FOUND)
    story.step("check_done", story.walker(), said=said, facts={"found": found})
    if found:
        return False
    story.wait(story.delay(15))
    return _dismiss(story, clerk)


def _void(story: Story) -> bool:
    story.wait(story.delay(20))
    story.step("ask_void", story.desk(Duty.INTAKE), said=story.one_of(words.VOID))
    story.wait(story.delay(60))
    story.step("void", story.desk(Duty.COMMAND), to=Stage.VOIDED)
    return True


def _escalate(story: Story) -> None:
    above = story.town.centre(story.cell, Tier.CITY)
    facts = {"centre": above, "from": story.centre}
    clerk = story.desk(Duty.INTAKE)
    story.wait(story.delay(15))
    story.step("escalate", clerk, said=story.one_of(words.ESCALATE), facts=facts)
    story.centre = above
