"""A person asked for by key, as each request does: by a statement of our own, and no other."""

import pytest

from shiyu.people.models import Person, PersonManager

pytestmark = pytest.mark.django_db


class NoPeople(PersonManager):
    """As Django makes them of the people of a unit or a post: the same class, fewer people."""

    def get_queryset(self):
        return super().get_queryset().none()


def test_a_person_asked_for_by_key_is_whole_and_a_narrower_manager_finds_no_more(
    world, django_assert_num_queries
):
    known = world.people["handler"]
    with django_assert_num_queries(1):
        found = Person.objects.get(pk=known.pk)
        assert (found, found.name, found._state.adding) == (known, known.name, False)
    with pytest.raises(Person.DoesNotExist):
        Person.objects.get(pk=0)

    narrower = NoPeople()
    narrower.model = Person
    with pytest.raises(Person.DoesNotExist):
        narrower.get(pk=known.pk)
