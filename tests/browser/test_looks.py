"""The style page in every size and theme: axe reports nothing, nothing is too small, keys do."""

import os
from pathlib import Path

import pytest
from django.conf import settings as project
from playwright.sync_api import Page, expect

from shiyu.places.models import City

pytestmark = pytest.mark.django_db(transaction=True)

AXE = project.ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FACES = ["desk", "case", "page", "portal", "gate"]
CHECK = """async (tags) => {
  const found = await axe.run(document, {runOnly: tags, rules: {"target-size": {enabled: true}}});
  return found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target)}`);
}"""
# Whatever takes the focus, by its own box or by the label that is pressed for it.
SMALL = """(least) => [...document.querySelectorAll(
    'a, button, input:not([type=hidden]), select, textarea, summary')]
  .filter((one) => one.getClientRects().length && !one.closest('.skip, .sr, canvas'))
  .map((one) => [one, (one.closest('label') || one).getBoundingClientRect()])
  .filter(([, box]) => box.width < least - 0.5 || box.height < least - 0.5)
  .map(([one, box]) => `${one.id || one.textContent.trim()} ${box.width}x${box.height}`)"""


@pytest.fixture(autouse=True)
def demo_city(transactional_db: None, settings: object) -> None:
    settings.CITY_KEPT_S = 0  # type: ignore[attr-defined]
    settings.DEBUG = True  # type: ignore[attr-defined]
    City.objects.create(
        name="测试市", short_name="测试", code="410200", number_prefix="T", is_demo=True
    )


def see(page: Page, face: str) -> None:
    page.goto(f"/looks/?face={face}")
    folder = os.environ.get("SHIYU_PICTURES")
    if folder:
        width = page.viewport_size["width"]
        page.screenshot(path=Path(folder) / f"looks-{face}-{width}.png", full_page=True)


def faults(page: Page) -> list[str]:
    page.evaluate(AXE.read_text())
    return page.evaluate(CHECK, TAGS)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("window", ["desk", "phone"])
@pytest.mark.parametrize("face", FACES)
def test_axe_finds_nothing(windows, face, window, theme):
    page = getattr(windows, window)(color_scheme=theme, bypass_csp=True)
    see(page, face)
    assert faults(page) == []


@pytest.mark.parametrize("face", FACES)
def test_a_screen_of_320_needs_no_sideways_scroll(windows, face):
    page = windows.phone()
    page.set_viewport_size({"width": 320, "height": 640})
    see(page, face)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize(
    ("window", "face", "size", "least"),
    [
        ("desk", "desk", "", 24),
        ("desk", "case", "", 24),
        ("desk", "page", "", 24),
        ("phone", "portal", "", 44),
        ("phone", "portal", "elder", 60),
    ],
)
def test_everything_pressed_is_large_enough(windows, window, face, size, least):
    page = getattr(windows, window)()
    if size:
        page.context.add_cookies([{"name": "size", "value": size, "url": windows.address}])
    see(page, face)
    assert page.evaluate(SMALL, least) == []


def test_elder_mode_is_one_press_away_and_leads_back(windows):
    page = windows.phone()
    see(page, "portal")
    page.click("#size-switch")
    expect(page.locator("html")).to_have_attribute("data-size", "elder")
    assert page.evaluate("getComputedStyle(document.body).fontSize") == "22px"
    page.click("#size-switch")
    expect(page.locator("html")).not_to_have_attribute("data-size", "elder")


def focus(page: Page) -> str:
    return page.evaluate("document.activeElement.id || document.activeElement.tagName")


def test_a_case_is_found_opened_and_moved_by_keys_alone(page):
    see(page, "desk")
    page.focus("#open-0")
    page.keyboard.press("j")
    assert focus(page) == "open-1"
    page.keyboard.press("x")
    expect(page.locator("[data-bulk-count]")).to_contain_text("已选 1 件")
    page.keyboard.press("Enter")
    expect(page.locator("#case-title")).to_be_focused()
    page.keyboard.press("1")
    expect(page.locator("#id_unit")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#open-dispatch")).to_be_focused()
    page.keyboard.press("Escape")
    assert focus(page) == "open-1"


def test_letters_in_a_field_are_letters(page):
    see(page, "desk")
    page.keyboard.press("/")
    page.keyboard.type("j1x?")
    expect(page.locator("#q")).to_have_value("j1x?")
    expect(page.locator("#keys-box")).to_have_count(0)


def test_single_keys_can_be_switched_off(page):
    see(page, "desk")
    page.evaluate("document.body.dataset.keys = 'off'")
    page.keyboard.press("1")
    expect(page.locator("#move-dispatch")).to_be_hidden()


def test_the_command_box_knows_pinyin(page):
    see(page, "desk")
    page.keyboard.press("Control+k")
    page.keyboard.type("paiq")
    expect(page.locator("#command-list li")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#id_unit")).to_be_focused()


def test_errors_take_the_focus_and_lead_to_their_field(page):
    see(page, "page")
    expect(page.locator(".error-summary").first).to_be_focused()
    page.locator(".error-summary a").nth(1).click()
    expect(page.locator("#id_address")).to_be_focused()


def test_a_page_opens_its_moves_without_script(windows):
    page = windows.desk(java_script_enabled=False)
    see(page, "desk")
    page.click("#open-dispatch")
    expect(page.locator("#move-dispatch")).to_be_visible()
