"""Passwords of the city's own words are refused, whoever sets them."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from shiyu.cases.tests.world import World
from shiyu.people.models import Person
from shiyu.site.passwords import words_known

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "password",
    [
        *("Shiyu-2026-11", "ceshishi123456", "Ceshishi@2026", "测试市2026111222", "gulouqu!!2026"),
        *(
            "鼓楼区鼓楼区鼓楼区1",
            "chengguan12345",
            "WangGe-Longting-1",
            "css1234567890",
            "ADMIN@longting",
        ),
        *("wangfang1234!", "王芳19850101", "shiyu-demo-2026", "mima12345678", "1234567890-="),
    ],
)
def test_known_words_and_digits_are_no_password(world: World, password: str) -> None:
    with pytest.raises(ValidationError, match=r"别人想不到|常用|数字|common|numeric"):
        validate_password(password, Person(username="wang-fang", name="王芳"))


@pytest.mark.parametrize(
    "password",
    ["ceshi-guacamole-9", "井盖不翼而飞之谜2026", "quite another one", "tr0ub4dor&3 horse"],
)
def test_what_is_ones_own_may_stand_beside_them(world: World, password: str) -> None:
    validate_password(password, Person(username="wang-fang", name="王芳"))


def test_the_words_are_the_citys_and_ones_own(world: World) -> None:
    found = words_known(Person(username="wang-fang", name="王芳"))

    assert found >= {"测试", "ceshi", "鼓楼", "gulou", "shiyu", "王芳", "wangfang", "wf"}
