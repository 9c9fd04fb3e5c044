"""How much may be taken out: set by the security administrator alone, by versions."""

import pytest

from shiyu.cases.tests.world import LONG_AGO
from shiyu.common.errors import NotAllowed, OutOfOrder, Refused
from shiyu.desk import rules
from shiyu.desk.actions.limits import SUBJECT, set_limits
from shiyu.desk.models import ExportLimits
from shiyu.journal.models import Line
from shiyu.notices.models import Notice
from shiyu.people.models import Appointment, Person, Post, PostDuty

pytestmark = pytest.mark.django_db

PAGE = "/desk/exports/limits/"
WANTED = {"rows_most": 20_000, "alone_most": 500, "kept_hours": 24}


@pytest.fixture
def keeper(world):
    """The security administrator, and one for the audit."""
    for key, duty in (("security", "security_admin"), ("audit", "audit_admin")):
        person = Person.objects.create(username=key, name=key, password="!", made_up=True)
        post = Post.objects.create(unit=world.units["city"], title="管理员")
        Appointment.objects.create(person=person, post=post, starts_on=LONG_AGO)
        city = world.places["city"]
        PostDuty.objects.create(
            post=post, duty=duty, place_code=city.code, place_first=city.first, place_last=city.last
        )
        world.people[key] = person
    return world.actor("security")


def held():
    return {name: getattr(rules.limits(), name) for name in WANTED}


def test_new_limits_hold_at_once_and_the_audit_is_told(world, keeper):
    before = rules.limits()

    set_limits(**WANTED, seen=before.pk, actor=keeper)

    assert held() == WANTED
    line = Line.objects.get(subject=SUBJECT)
    assert line.facts == {"was": [50_000, 1_000, 72], "now": [20_000, 500, 24]}
    told = Notice.objects.get(subject=SUBJECT)
    assert (told.to, told.kind) == (world.people["audit"], "export_limits")


@pytest.mark.parametrize("who", ["administrator", "commander_city", "handler", "nobody"])
def test_nobody_else_sets_them(world, who):
    with pytest.raises(NotAllowed):
        set_limits(**WANTED, seen=rules.limits().pk, actor=world.actor(who))
    assert ExportLimits.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"rows_most": 0}, "rows_most"),
        ({"rows_most": 10**7}, "rows_most"),
        ({"alone_most": 30_000}, "alone_most"),
        ({"alone_most": -1}, "alone_most"),
        ({"kept_hours": 0}, "kept_hours"),
        ({"rows_most": 50_000, "alone_most": 1_000, "kept_hours": 72}, "rows_most"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(keeper, change, field):
    with pytest.raises(Refused) as refusal:
        set_limits(**WANTED | change, seen=rules.limits().pk, actor=keeper)
    assert (refusal.value.field, ExportLimits.objects.count()) == (field, 1)


def test_the_second_editor_writes_over_nothing(keeper):
    seen = rules.limits().pk
    set_limits(**WANTED, seen=seen, actor=keeper)

    with pytest.raises(OutOfOrder):
        set_limits(**WANTED | {"kept_hours": 12}, seen=seen, actor=keeper)
    assert held() == WANTED


def test_the_page_is_read_by_all_and_sent_by_one(client, world, keeper):
    client.force_login(world.people["handler"])
    page = client.get(PAGE).content.decode()
    assert "50000" in page
    assert "set-limits" not in page
    assert client.post(PAGE, WANTED | {"seen": 1}).status_code == 403

    client.force_login(world.people["security"])
    assert client.post(PAGE, {}).status_code == 422
    sent = WANTED | {"seen": rules.limits().pk}
    done = client.post(PAGE, sent, follow=True)
    assert (done.status_code, "已调整" in done.content.decode()) == (200, True)
    late = client.post(PAGE, sent | {"kept_hours": 1})
    assert (late.status_code, "别人改过" in late.content.decode()) == (422, True)
    assert held() == WANTED
