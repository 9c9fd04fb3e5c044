"""People made for tests: units, persons and the posts they hold, by the program."""

from datetime import date

from shiyu.people import actions
from shiyu.people.actors import Actor
from shiyu.people.duties import OF_A_UNIT
from shiyu.people.models import Person, Post, Unit

PROGRAM = Actor.program("test")
PASSWORD = "a long enough secret"
LONG_AGO = date(2026, 1, 1)


def make_unit(code: str = "U1") -> Unit:
    return Unit.objects.filter(code=code).first() or actions.create_unit(
        code, f"机构{code}", kind="centre", tier="city", place_code="410200", actor=PROGRAM
    )


def make_person(username: str, *duties: str, made_up: bool = True, **more: object) -> Person:
    """Somebody with these duties, each in a post of its own."""
    person = actions.create_person(username, "李强", made_up=made_up, actor=PROGRAM, **more)
    for duty in duties:
        appoint(person, post_with(duty))
    return Person.objects.get(pk=person.pk)


def post_with(*duties: str) -> Post:
    unit = make_unit()
    post = actions.create_post(unit, "岗位", actor=PROGRAM)
    for duty in duties:
        give(post, duty)
    return post


def give(post: Post, duty: str, actor: Actor = PROGRAM) -> object:
    if duty in OF_A_UNIT:
        return actions.give_duty(post, duty, unit=post.unit, actor=actor)
    return actions.give_duty(post, duty, place_code="410200", first=1, last=9999, actor=actor)


def appoint(person: Person, post: Post, actor: Actor = PROGRAM) -> object:
    return actions.appoint(person, post, starts_on=LONG_AGO, actor=actor)
