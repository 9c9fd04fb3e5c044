"""How a made-up case is sent out: to a lead, with help, taken back or refused (派遣)."""

from shiyu.cases.lifecycle import Stage
from shiyu.history.kaifeng import words
from shiyu.history.kaifeng.story import Story
from shiyu.people.duties import Duty
from shiyu.people.models import Unit

HELPED, RECALLED, OBJECTED, INSISTED = 0.18, 0.008, 0.055, 0.3


def send_out(story: Story) -> None:
    """Dispatch: to the lead, perhaps with help; taken back or refused now and then."""
    story.wait(min(story.delay(5, 0.6), 300))
    sender, lead = story.desk(Duty.DISPATCH), story.choose_lead()
    helpers = story.town.helpers.get(story.standard.pk, [])
    helpers = [unit for unit in helpers if unit.pk != lead.pk]
    if helpers and story.happens(HELPED):
        _dispatch(story, sender, (lead, story.chance.choice(helpers)))
        return
    _dispatch(story, sender, (lead,))
    if story.happens(RECALLED):
        story.wait(story.chance.uniform(1, 7))
        story.step("recall", sender, to=Stage.FILED)
        story.wait(story.chance.uniform(1, 4))
        _dispatch(story, sender, (_another(story, lead),))
    elif story.happens(OBJECTED):
        _object(story, lead)


def _object(story: Story, lead: Unit) -> None:
    """The unit says it is not its work; the desk answers it or sends it to another."""
    story.until_then(story.town.office(story.at, story.chance.uniform(10, 150), lead))
    story.step(
        "object",
        story.handler(lead),
        to=Stage.FILED,
        unit=lead,
        said=story.one_of(words.OBJECT),
    )
    story.wait(story.delay(7, 0.6))
    sender = story.desk(Duty.DISPATCH)
    if story.chance.random() < INSISTED:
        _dispatch(story, sender, (lead,), said=story.one_of(words.ANSWER))
    else:
        _dispatch(story, sender, (_another(story, lead),))


def _another(story: Story, lead: Unit) -> Unit:
    """Another unit than the one that was wrong: a helper, the branch, or the department itself."""
    named = story.town.leads[story.standard.pk]
    nearby = story.town.branches.get((named.pk, story.cell.county))
    others = [*story.town.helpers.get(story.standard.pk, ()), nearby, named]
    others += [story.town.centres[story.cell.township]] if story.kind.in_grid else []
    choices = [unit for unit in others if unit is not None and unit.pk != lead.pk]
    return choices[0] if choices else story.town.leads[story.chance.choice(list(story.town.leads))]


def _dispatch(story: Story, sender: str, units: tuple[Unit, ...], said: str = "") -> None:
    if units[0] not in story.units:  # to the same unit the clock goes on where it stood
        story.sent_at = story.at
    story.units = list(units)
    story.step("dispatch", sender, to=Stage.DISPATCHED, units=units, said=said)
