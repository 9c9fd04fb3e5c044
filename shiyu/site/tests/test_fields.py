"""Where few choices may stand on a screen, the rare ones are one press away, none is lost."""

from shiyu.portal.forms import RateForm
from shiyu.site.fields import Shown


def test_rare_choices_stand_apart_and_none_is_lost() -> None:
    field = Shown(RateForm()["satisfaction"], rare=("5", "1"))

    assert [one.choice_label for one in field.choices] == ["满意", "基本满意", "不满意"]
    assert [one.choice_label for one in field.rare_choices] == ["非常满意", "非常不满意"]
    assert not field.is_rare_chosen


def test_a_rare_choice_once_made_is_seen() -> None:
    assert Shown(RateForm({"satisfaction": "1"})["satisfaction"], rare=("5", "1")).is_rare_chosen
