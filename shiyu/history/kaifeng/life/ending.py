"""How a made-up case is checked, closed, rated, appealed and begun again (核查结案)."""

from shiyu.cases.bulk import REPORTER
from shiyu.cases.lifecycle import Outcome, Stage
from shiyu.history.kaifeng import words
from shiyu.history.kaifeng.life.work import answer
from shiyu.history.kaifeng.story import Story
from shiyu.people.duties import Duty

REWORKED, INSPECTED, RATED, APPEALED, EXEMPTED = 0.06, 0.004, 0.36, 0.1, 0.8
OUTCOMES = (
    (0.94, Outcome.FIXED, ("",)),
    (0.975, Outcome.PARTLY, words.PARTLY),
    (0.99, Outcome.NOT_FIXABLE, words.NOT_FIXABLE),
    (1.0, Outcome.NOT_OURS, words.NOT_OURS),
)
RATED_WITHIN_MINUTES = 13 * 60 * 10
FROM_THE_PUBLIC = frozenset({"public", "hotline"})


def finish(story: Story) -> None:
    """Checked on site, sent back perhaps, closed."""
    story.until_then(story.town.by_day(story.at, story.delay(60, 0.8)))
    if story.happens(REWORKED):
        units = tuple(story.units)
        story.step("rework", story.checker(), to=Stage.HANDLING, said=story.one_of(words.REWORK))
        for unit in reversed(units):
            again = story.town.office(story.at, story.delay(110), unit)
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


def look_back(story: Story) -> None:
    """Appealed if it ran late, rated by who reported; "not fixed" begins another round, once."""
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
    story.step("rate", REPORTER, said=said, facts=facts)  # a caller too, by their receipt
    if solved == "no":
        _again(story, REPORTER, said)


def _appeal(story: Story) -> None:
    """The unit asks that its overdue mark be left out of the count; the duty commander decides."""
    unit = story.units[0]
    story.until_then(story.town.office(story.at, story.delay(400)))
    said = story.one_of(words.APPEAL)
    story.step("appeal", story.handler(unit), unit=unit, said=said)
    story.until_then(story.town.office(story.at, story.delay(500)))
    if story.chance.random() < EXEMPTED:
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
        answer(story, unit, story.chance.uniform(0.3, 0.8), words.AGAIN)
    finish(story)
