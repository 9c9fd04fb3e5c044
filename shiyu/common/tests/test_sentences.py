"""Forms tell in our own sentences what could not be read."""

import pytest
from django import forms


@pytest.mark.parametrize(
    ("field", "given", "said"),
    [
        (forms.CharField(), "", "填写这一项"),
        (forms.CharField(), "a\0b", "看不见的控制符"),
        (forms.IntegerField(), "three", "整数"),
        (forms.DateField(), "2026-02-30", "日期写成"),
        (forms.ChoiceField(choices=[("a", "a")]), "b", "从列出的选项里选一个"),
        (forms.TypedChoiceField(choices=[("a", "a")]), "b", "从列出的选项里选一个"),
        (forms.MultipleChoiceField(choices=[("a", "a")]), ["b"], "从列出的选项里选一个"),
        (forms.URLField(assume_scheme="https"), "no url", "网址写完整"),
    ],
)
def test_each_kind_of_field_says_what_to_do(field: forms.Field, given: object, said: str) -> None:
    with pytest.raises(forms.ValidationError) as told:
        field.clean(given)

    assert said in told.value.messages[0]
