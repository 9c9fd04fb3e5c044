"""How a unit works on a made-up case: in time or not, with more time or set aside (处置)."""

from datetime import timedelta

from shiyu.cases.lifecycle import Stage
from shiyu.history.kaifeng import words
from shiyu.history.kaifeng.story import Story
from shiyu.people.duties import Duty
from shiyu.people.models import Unit

EXTENDED, GRANTED, SUSPENDED, REMARKED, URGED = 0.05, 0.8, 0.018, 0.05, 0.4
LONGER = frozenset({"extend", "suspend"})
TYPICAL_SHARE, SPREAD, LATEST = 0.4, 0.5, 1.5


def handle(story: Story) -> None:
    """Each unit signs and answers; more time is asked for, urged, or the case is set aside."""
    for unit in story.units:
        quick = story.town.is_urgent(story.standard)
        minutes = story.delay(12 if quick else 35)
        signed = story.at + timedelta(minutes=minutes)
        story.until_then(signed if quick else story.town.office(story.at, minutes, unit))
        story.past.opened[unit.pk] = story.at - timedelta(seconds=story.chance.randint(5, 50))
        story.step("sign", story.handler(unit), to=Stage.HANDLING, unit=unit)
    if story.happens(REMARKED):
        story.wait(story.delay(20))
        story.step("remark", story.desk(Duty.DISPATCH), said=story.one_of(words.REMARK))
    share = _share(story, story.units[0])
    if len(story.units) == 1:
        share = _more_time(story, share)
        if any(told.step.verb in LONGER for told in story.past.told):
            story.more_time = True
    if share > 1:
        _press(story)
    for unit in reversed(story.units):
        answer(story, unit, share * (1 if unit is story.units[0] else 0.6))


def _share(story: Story, unit: Unit) -> float:
    """What share of its limit a unit needs; now and then more than all of it."""
    slow = story.town.slowness[unit.pk]
    share = TYPICAL_SHARE * slow * story.chance.lognormvariate(0, SPREAD)
    return min(share if share <= 1 else 1 + (share - 1) * 0.6, LATEST)


def _more_time(story: Story, share: float) -> float:
    """Ask for an extension or a suspension in time; the share of the limit needed then."""
    unit = story.units[0]
    late = story.town.handled(story.standard, story.sent_at, 0.9, unit)
    in_time = story.at + timedelta(hours=1) < late
    long = in_time and "工作日" in story.standard.handling
    if long and story.happens(EXTENDED):
        story.until_then(story.town.handled(story.standard, story.sent_at, 0.7, unit))
        story.step(
            "ask_extension", story.handler(unit), unit=unit, said=story.one_of(words.EXTENSION)
        )
        story.until_then(story.town.office(story.at, story.delay(30)))
        granted = story.happens(GRANTED)
        verb, said = "extend", ""
        if not granted:
            verb, said = "refuse_extension", story.one_of(words.NO_EXTENSION)
        story.step(verb, story.desk(Duty.DISPATCH), unit=unit, said=said)
        return story.chance.uniform(0.9, 1.7) if granted else story.chance.uniform(0.85, 1.15)
    if long and story.happens(SUSPENDED):
        _set_aside(story, unit)
        return 0.0
    return share


def _set_aside(story: Story, unit: Unit) -> None:
    """Suspended until a day; it resumes by itself."""
    story.until_then(story.town.handled(story.standard, story.sent_at, 0.45, unit))
    story.step(
        "ask_suspension", story.handler(unit), unit=unit, said=story.one_of(words.SUSPENSION)
    )
    story.until_then(story.town.office(story.at, story.delay(40)))
    story.step("endorse_suspension", story.desk(Duty.DISPATCH))
    story.until_then(story.town.office(story.at, story.delay(60)))
    local = story.at.astimezone(story.town.calendar.zone.info)
    until = local.date() + timedelta(days=story.chance.randint(5, 40))
    facts = {"until": until.isoformat()}
    story.step("suspend", story.desk(Duty.COMMAND), to=Stage.SUSPENDED, facts=facts)
    midnight = local.replace(hour=0, minute=5, second=story.chance.randint(0, 59))
    story.at = midnight + (until - local.date())
    story.step("resume", "program:calendar", to=Stage.HANDLING)
    story.until_then(story.town.office(story.at, story.delay(200)))


def _press(story: Story) -> None:
    """A late unit is urged."""
    unit = story.units[0]
    due = story.town.handled(story.standard, story.sent_at, 1.0, unit)
    if story.happens(URGED):
        story.until_then(due + timedelta(minutes=story.delay(30)))
        story.step("urge", story.desk(Duty.DISPATCH), said=story.one_of(words.URGE))


def answer(story: Story, unit: Unit, share: float, texts: tuple[str, ...] = words.HANDLED) -> None:
    story.until_then(story.town.handled(story.standard, story.sent_at, share, unit))
    last = unit is story.units[0]
    to = Stage.HANDLED if last else ""
    due = story.town.handled(story.standard, story.sent_at, 1.0, unit)
    story.late = last and story.at > due + timedelta(minutes=2)
    story.step("handle", story.handler(unit), to=to, unit=unit, said=story.one_of(texts))
