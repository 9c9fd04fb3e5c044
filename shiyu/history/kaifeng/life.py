"""How a made-up case goes from its report to its end in the demo city (案件流转).

The shares are made up, near what such cities publish; each unit has its own slowness.
"""

from datetime import timedelta

from shiyu.cases.bulk import REPORTER
from shiyu.cases.lifecycle import Outcome, Stage
from shiyu.history.kaifeng import words
from shiyu.history.kaifeng.story import Enough, Story
from shiyu.people.duties import Duty
from shiyu.people.models import Tier, Unit

WITHDRAWN, DISMISSED, VOIDED = 0.006, 0.035, 0.0015
SETTLED, CHECKED, NOT_SO, ESCALATED = 0.5, 0.07, 0.22, 0.015
HELPED, RECALLED, OBJECTED, INSISTED = 0.06, 0.008, 0.042, 0.3
EXTENDED, GRANTED, SUSPENDED, REMARKED = 0.05, 0.8, 0.009, 0.05
REWORKED, INSPECTED, RATED, URGED, APPEALED = 0.06, 0.004, 0.36, 0.4, 0.1
OUTCOMES = (
    (0.94, Outcome.FIXED, ("",)),
    (0.975, Outcome.PARTLY, words.PARTLY),
    (0.99, Outcome.NOT_FIXABLE, words.NOT_FIXABLE),
    (1.0, Outcome.NOT_OURS, words.NOT_OURS),
)
LONGER = frozenset({"extend", "suspend"})
TYPICAL_SHARE, SPREAD, LATEST = 0.4, 0.5, 1.5
RATED_WITHIN_MINUTES = 13 * 60 * 10
FROM_THE_PUBLIC = frozenset({"public", "hotline"})


def live(story: Story) -> None:
    """Tell a story as far as the present, or as far as it was wanted."""
    try:
        _live(story)
    except Enough:
        return


def _live(story: Story) -> None:
    if _take_up(story):
        return
    _send_out(story)
    _handle(story)
    _finish(story)
    _afterwards(story)


def _take_up(story: Story) -> bool:
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


def _send_out(story: Story) -> None:
    """Dispatch: to the lead, perhaps with help; taken back or refused now and then."""
    story.wait(min(story.delay(5, 0.6), 300))
    sender, lead = story.desk(Duty.DISPATCH), story.choose_lead()
    helpers = story.town.helpers.get(story.standard.pk, [])
    helpers = [unit for unit in helpers if unit.pk != lead.pk]
    if helpers and story.happens(HELPED * 3):
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
    story.until_then(story.town.office(story.at, story.chance.uniform(10, 150)))
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


def _handle(story: Story) -> None:
    """Each unit signs and answers; more time is asked for, urged, or the case is set aside."""
    for unit in story.units:
        quick = story.town.is_urgent(story.standard)
        minutes = story.delay(12 if quick else 35)
        signed = story.at + timedelta(minutes=minutes)
        story.until_then(signed if quick else story.town.office(story.at, minutes))
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
        _answer(story, unit, share * (1 if unit is story.units[0] else 0.6))


def _share(story: Story, unit: Unit) -> float:
    """What share of its limit a unit needs; now and then more than all of it."""
    slow = story.town.slowness[unit.pk]
    share = TYPICAL_SHARE * slow * story.chance.lognormvariate(0, SPREAD)
    return min(share if share <= 1 else 1 + (share - 1) * 0.6, LATEST)


def _more_time(story: Story, share: float) -> float:
    """Ask for an extension or a suspension in time; the share of the limit needed then."""
    unit = story.units[0]
    late = story.town.handled(story.standard, story.sent_at, 0.9)
    in_time = story.at + timedelta(hours=1) < late
    long = in_time and "工作日" in story.standard.handling
    if long and story.happens(EXTENDED):
        story.until_then(story.town.handled(story.standard, story.sent_at, 0.7))
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
    if long and story.happens(SUSPENDED * 2):
        _set_aside(story, unit)
        return 0.0
    return share


def _set_aside(story: Story, unit: Unit) -> None:
    """Suspended until a day; it resumes by itself."""
    story.until_then(story.town.handled(story.standard, story.sent_at, 0.45))
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
    due = story.town.handled(story.standard, story.sent_at, 1.0)
    if story.happens(URGED):
        story.until_then(due + timedelta(minutes=story.delay(30)))
        story.step("urge", story.desk(Duty.DISPATCH), said=story.one_of(words.URGE))


def _answer(story: Story, unit: Unit, share: float, texts: tuple[str, ...] = words.HANDLED) -> None:
    story.until_then(story.town.handled(story.standard, story.sent_at, share))
    last = unit is story.units[0]
    to = Stage.HANDLED if last else ""
    due = story.town.handled(story.standard, story.sent_at, 1.0)
    story.late = last and story.at > due + timedelta(minutes=2)
    story.step("handle", story.handler(unit), to=to, unit=unit, said=story.one_of(texts))


def _finish(story: Story) -> None:
    """Checked on site, sent back perhaps, closed."""
    story.until_then(story.town.by_day(story.at, story.delay(60, 0.8)))
    if story.happens(REWORKED):
        units = tuple(story.units)
        story.step("rework", story.checker(), to=Stage.HANDLING, said=story.one_of(words.REWORK))
        for unit in reversed(units):
            again = story.town.office(story.at, story.delay(110))
            story.until_then(again)
            to = Stage.HANDLED if unit is units[0] else ""
            said = story.one_of(words.AGAIN)
            story.step("handle", story.handler(unit), to=to, unit=unit, said=said)
        story.until_then(story.town.by_day(story.at, story.delay(60, 0.8)))
    story.step("verify", story.checker(), to=Stage.VERIFIED, said=story.one_of(words.VERIFIED))
    story.wait(story.delay(24, 0.9))
    drawn = story.chance.random()
    outcome, texts = next((o, t) for share, o, t in OUTCOMES if drawn <= share)
    story.step(
        "close",
        story.desk(Duty.INTAKE),
        to=Stage.CLOSED,
        outcome=outcome,
        said=story.one_of(texts),
    )


def _afterwards(story: Story) -> None:
    """Appealed if it ran late, rated by who reported; "not fixed" begins another round, once."""
    reporter = story.past.told[0].step.actor
    if story.late and not story.more_time and story.happens(APPEALED):
        _appeal(story)
        return
    if story.happens(INSPECTED):
        minutes = min(story.delay(2000), RATED_WITHIN_MINUTES)
        story.until_then(story.town.by_day(story.at, minutes))
        _again(story, story.checker(), story.one_of(words.INSPECTED))
        return
    if story.past.case.channel not in FROM_THE_PUBLIC or not story.happens(RATED):
        return
    minutes = min(story.delay(300, 1.0), RATED_WITHIN_MINUTES)
    story.until_then(story.town.by_day(story.at, minutes))
    solved = story.chance.choices(("yes", "partly", "no"), (78, 11, 11))[0]
    how = {"yes": (5, 4), "partly": (4, 3), "no": (2, 1)}[solved]
    said = story.one_of(words.UNSOLVED if solved == "no" else words.SOLVED)
    facts = {"solved": solved, "satisfaction": story.chance.choice(how)}
    story.step("rate", reporter, said=said, facts=facts)
    if solved == "no":
        _again(story, reporter, said)


def _appeal(story: Story) -> None:
    """The unit asks that its overdue mark be left out of the count; the duty commander decides."""
    unit = story.units[0]
    story.until_then(story.town.office(story.at, story.delay(400)))
    said = story.one_of(words.APPEAL)
    story.step("appeal", story.handler(unit), unit=unit, said=said)
    story.until_then(story.town.office(story.at, story.delay(500)))
    if story.chance.random() < GRANTED:
        story.step("exempt", story.desk(Duty.COMMAND), unit=unit)
    else:
        said = story.one_of(words.NO_APPEAL)
        story.step("refuse_appeal", story.desk(Duty.COMMAND), unit=unit, said=said)


def _again(story: Story, actor: str, said: str) -> None:
    """Another round with the units that handled it."""
    units = tuple(story.units)
    story.step("reopen", actor, to=Stage.HANDLING, units=units, said=said)
    story.sent_at = story.at
    for unit in reversed(units):
        _answer(story, unit, story.chance.uniform(0.3, 0.8), words.AGAIN)
    _finish(story)
