"""Every page of the desk and the city, for everybody: axe, keys, one heading, text doubled.

A person walks from the first pages along the links and sees one page of each route, so that a page
somebody adds is looked at without being written down here.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings as project
from django.test import Client
from django.urls import Resolver404, resolve
from playwright.sync_api import Page

from shiyu.cases.lifecycle import Stage
from shiyu.cases.tests.world import World
from shiyu.people.models import Person
from shiyu.people.tests.made import make_person

pytestmark = pytest.mark.django_db(transaction=True)

AXE = project.ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Marks of a map lie where their cases lie; the same cases are a list beside it (WCAG 2.5.8).
# A row's tick is pressed by its label, which is as wide as its cell; axe measures the tick.
CHECK = """async (tags) => {
  const found = await axe.run({exclude: [".map-point", ".hit"]},
    {runOnly: tags, rules: {"target-size": {enabled: true}}});
  return found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target)}`);
}"""
# After a key was pressed a focus set here shows as one reached by keys does.
KEYS = """() => {
  const controls = [...document.querySelectorAll(
      'a[href], button, input:not([type=hidden]), select, textarea, summary')]
    .filter((one) => one.checkVisibility({contentVisibilityAuto: true}) && !one.disabled);
  const name = (one) => one.id || one.outerHTML.slice(0, 80);
  const shows = (one) => {
    const style = getComputedStyle(one);
    return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  };
  const faults = [];
  for (const one of controls) {
    if (one.tabIndex < 0) { faults.push(`not reached: ${name(one)}`); continue; }
    if (one.tabIndex > 0) faults.push(`out of order: ${name(one)}`);
    one.focus();
    if (document.activeElement !== one) faults.push(`takes no focus: ${name(one)}`);
    else if (![one, one.closest('label'), one.closest('tr'), one.parentElement]
        .some((it) => it && shows(it)))
      faults.push(`focus not seen: ${name(one)}`);
  }
  return faults;
}"""
STRUCTURE = """() => {
  const faults = [];
  const seen = (one) => one.getClientRects().length;
  const headings = [...document.querySelectorAll('h1')].filter(seen);
  if (headings.length !== 1) faults.push(`${headings.length} first headings`);
  if (document.querySelectorAll('main').length !== 1) faults.push('not one main part');
  for (const one of document.querySelectorAll('.light, .badge, .stage, td.day'))
    if (seen(one) && !one.textContent.trim() && !one.getAttribute('aria-label'))
      faults.push(`told by colour alone: ${one.className}`);
  for (const one of document.querySelectorAll('input:not([type=hidden]), select, textarea'))
    if (seen(one) && !one.labels.length && !one.getAttribute('aria-label')
        && !one.getAttribute('aria-labelledby')) faults.push(`no label: ${one.name}`);
  return faults;
}"""
WIDER = "document.documentElement.scrollWidth - innerWidth"
OPEN = "document.querySelectorAll('main details').forEach((one) => { one.open = true })"
LARGER = "(size) => { document.documentElement.style.fontSize = size }"
LINKS = "(all) => all.map((one) => one.getAttribute('href'))"

# person: (where they begin, whose pages they look at, the theme they see them in)
WALKS = {
    "administrator": (
        ("/overview/", "/account/units/", "/keys/"),
        ("overview", "places:", "calendars:", "catalogue:", "notices:", "api:", "account_unit"),
        "light",
    ),
    "clerk": (("/desk/", "/desk/figures/", "/notices/"), ("desk:", "notices:list"), "dark"),
    "guard": (("/account/people/", "/account/"), ("account_", "mfa_"), "light"),
}


@pytest.fixture
def city(world: World, settings: object) -> World:
    settings.CITY_KEPT_S = 0  # type: ignore[attr-defined]
    for stage in (Stage.REPORTED, Stage.FILED, Stage.HANDLING):
        world.make_case(stage)
    return world


def sign_in(page: Page, person: Person, address: str) -> None:
    client = Client()
    client.force_login(person)
    page.context.add_cookies(
        [{"name": name, "value": one.value, "url": address} for name, one in client.cookies.items()]
    )


def route_of(link: str) -> str:
    try:
        return resolve(urlsplit(link).path).view_name
    except Resolver404:
        return ""


def walk(page: Page, starts: tuple[str, ...], whose: tuple[str, ...]) -> Iterator[str]:
    """Open one page of each route that links lead to; files to fetch are not pages."""
    ahead, seen = list(starts), set()
    while ahead:
        link = ahead.pop(0)
        route = route_of(link)
        if route in seen or not route.startswith(whose):
            continue
        seen.add(route)
        try:
            answer = page.goto(link)
        except Exception as error:
            if "Download is starting" in str(error):
                continue
            raise
        if answer is None or "text/html" not in answer.headers.get("content-type", ""):
            continue
        ahead += [one for one in page.eval_on_selector_all("a[href]", LINKS) if one[:1] == "/"]
        if answer.status == 200:
            yield route


def faults(page: Page) -> list[str]:
    """What this page does wrong, whichever way it is used."""
    page.evaluate(OPEN)
    page.evaluate(AXE.read_text())
    found = page.evaluate(CHECK, TAGS) + page.evaluate(STRUCTURE)
    page.keyboard.press("Tab")
    found += page.evaluate(KEYS)
    page.set_viewport_size({"width": 320, "height": 640})
    if page.evaluate(WIDER) > 0:
        found.append("sideways scroll at 320 px")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.evaluate(LARGER, "200%")
    if page.evaluate(WIDER) > 0:
        found.append("sideways scroll with text twice as large")
    page.evaluate(LARGER, "")
    return found


def keep(page: Page, name: str) -> None:
    """A picture in both sizes, where somebody wants to look at them."""
    folder = os.environ.get("SHIYU_PICTURES")
    for width in (360, 1440) if folder else ():
        page.set_viewport_size({"width": width, "height": 900})
        path = Path(str(folder)) / f"access-{name.replace(':', '-')}-{width}.png"
        page.screenshot(path=path, full_page=width == 360)


@pytest.mark.parametrize("who", WALKS)
def test_whoever_signs_in_meets_no_page_that_shuts_somebody_out(
    city: World, windows: object, who: str
) -> None:
    starts, whose, theme = WALKS[who]
    page = windows.desk(color_scheme=theme, bypass_csp=True)  # type: ignore[attr-defined]
    person = city.people.get(who) or make_person("guard", "security_admin")
    sign_in(page, person, windows.address)  # type: ignore[attr-defined]

    found = {}
    for route in walk(page, starts, whose):
        found[route] = faults(page)
        keep(page, f"{who}-{route}")

    assert {route: what for route, what in found.items() if what} == {}
    assert len(found) > 9


def test_the_keyboard_passes_through_a_case_and_comes_out_again(
    city: World, windows: object
) -> None:
    page = windows.desk()  # type: ignore[attr-defined]
    sign_in(page, city.people["clerk"], windows.address)  # type: ignore[attr-defined]
    page.goto("/desk/all/")
    page.locator("[data-list] a").first.click()
    page.wait_for_selector("#case-title")

    reached = []
    for _ in range(200):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
        if reached[-1] == "BODY":
            break

    assert reached[-1] == "BODY"
    assert len(set(reached)) > 20
