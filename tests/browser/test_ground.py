"""The browser tests' own ground: the pages are served, styled, and keep to themselves."""

import re

from shiyu.people.actors import Actor
from shiyu.places.actions import found_city


def found():
    found_city(
        name="开封市",
        short_name="开封",
        code="410200",
        number_prefix="KF",
        actor=Actor.program("test"),
    )


def test_a_page_is_served_with_its_styles(page):
    found()

    page.goto("/account/login/")

    assert "开封" in page.content()
    loaded = page.evaluate("document.styleSheets.length")
    assert loaded > 0


def test_a_telephone_needs_no_sideways_scrolling(phone):
    found()

    phone.goto("/account/login/")

    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_what_does_not_exist_says_so(page):
    answer = page.goto("/no-such-page/")

    assert answer.status == 404
    assert re.search(r"[\u4e00-\u9fff]", page.inner_text("h1"))
