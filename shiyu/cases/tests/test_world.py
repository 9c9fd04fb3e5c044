"""The made city itself: every stage can be walked to, and it is quick to make."""

import pytest

from shiyu.cases.lifecycle import Stage


@pytest.mark.parametrize("stage", Stage)
def test_a_case_can_be_walked_to_every_stage(stage, make_case):
    case = make_case(stage)

    assert case.stage == stage


def test_the_made_city_takes_few_queries(db, django_assert_max_num_queries):
    from shiyu.cases.tests.world import build

    with django_assert_max_num_queries(30):
        build()
