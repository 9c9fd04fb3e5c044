"""Cases follow the numbers of places."""

import pytest

from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case
from shiyu.people.actors import Actor
from shiyu.places.actions import renumber
from shiyu.places.models import Place
from shiyu.places.tree import LAST

pytestmark = pytest.mark.django_db


def test_a_case_takes_over_the_new_number_of_its_place(make_case):
    case = make_case(Stage.FILED)
    before = Case.objects.get(pk=case.pk).place_number

    Place.objects.filter(parent=None).update(last=LAST)
    renumber(Place.objects.get(parent=None), actor=Actor.program("test"))

    case.refresh_from_db()
    place = Place.objects.get(pk=case.place_id)
    assert place.first != before
    assert case.place_number == place.first
