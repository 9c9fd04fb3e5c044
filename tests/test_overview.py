"""The page of all that a city is made of: whoever is shown a line may open it, nobody else."""

import pytest

from shiyu.cases.tests.world import LONG_AGO
from shiyu.people.models import Appointment, Person, Post, PostDuty
from shiyu.site.overview import PARTS

PEOPLE = ("intake", "dispatcher", "handler", "verifier", "patrol", "administrator", "nobody")
ADMINISTRATORS = {"security": "security_admin", "audit": "audit_admin"}


@pytest.fixture
def person(world):
    def find(who):
        if who not in ADMINISTRATORS:
            return world.people[who]
        made = Person.objects.create(username=who, name=who, password="!", made_up=True)
        post = Post.objects.create(unit=world.units["city"], title="管理员")
        Appointment.objects.create(person=made, post=post, starts_on=LONG_AGO)
        city = world.places["city"]
        PostDuty.objects.create(
            post=post,
            duty=ADMINISTRATORS[who],
            place_code=city.code,
            place_first=city.first,
            place_last=city.last,
        )
        return made

    return find


@pytest.mark.parametrize("who", [*PEOPLE, *ADMINISTRATORS])
def test_every_line_that_is_shown_opens_and_no_other_does(client, person, who):
    client.force_login(person(who))
    shown = {line.page for _t, lines in client.get("/overview/").context["parts"] for line in lines}

    answers = {
        line.page: client.get(line.url, follow=True).status_code
        for part in PARTS
        for line in part.lines
    }

    assert {page for page, status in answers.items() if status == 200} == shown
    assert {s for page, s in answers.items() if page not in shown} <= {403}


def test_the_menu_leads_there(client, world):
    client.force_login(world.people["intake"])

    assert 'href="/overview/"' in client.get("/catalogue/").content.decode()
