"""A reporter under fourteen whose guardian does not consent is told nothing any more."""

import pytest

from shiyu.cases.actions import mark_minor
from shiyu.cases.actions.minors import NONE
from shiyu.notices.actions import follow
from shiyu.notices.models import Follower

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("guardian", "followed"), [("phone", 2), (NONE, 1)])
def test_the_number_at_which_progress_is_told_goes_with_the_rest(world, guardian, followed):
    taken, _code = world.report(text="秋千坏了", name="欧阳小雀", phone="13912345678")
    other, _code = world.report(text="井盖坏了", name="王芳", phone="13700000000")
    for one in (taken, other):
        case = f"case:{one.case_id}"
        follow(one.subject, case, channel="sms", value="13912345678", language="zh-hans")

    mark_minor(taken, guardian=guardian, actor=world.actor("intake"))

    assert Follower.objects.count() == followed
    assert Follower.objects.filter(subject=other.subject).exists()
