"""A resident with a phone: reports, follows and is heard, in the ordinary and the elder size."""

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings as project
from playwright.sync_api import Page, expect

from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case
from shiyu.cases.tests.world import HERE, STEPS, WAYS, World
from shiyu.portal.tests.phone import photo_taken_at

pytestmark = pytest.mark.django_db(transaction=True)

AXE = project.ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CHECK = """async (tags) => {
  const found = await axe.run(document, {runOnly: tags, rules: {"target-size": {enabled: true}}});
  return found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target)}`);
}"""
SMALL = """(least) => [...document.querySelectorAll(
    'a, button, input:not([type=hidden]), select, textarea, summary')]
  .filter((one) => one.getClientRects().length && !one.closest('.skip, .sr, canvas'))
  .map((one) => [one, (one.closest('label') || one).getBoundingClientRect()])
  .filter(([, box]) => box.width < least - 0.5 || box.height < least - 0.5)
  .map(([one, box]) => `${one.id || one.textContent.trim()} ${box.width}x${box.height}`)"""
SIZES = {"ordinary": 44, "elder": 60}


class Resident:
    """One who taps and types; both are counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps, self.typed, self.began = page, 0, 0, time.monotonic()

    def tap(self, target: str) -> None:
        self.page.click(target)
        self.taps += 1

    def type(self, target: str, words: str) -> None:
        self.page.fill(target, words)
        self.typed += len(words)

    def photograph(self, path: Path) -> None:
        self.page.set_input_files("#id_photos", path)
        expect(self.page.locator(".photo-thumb")).to_have_count(1)
        self.taps += 2  # the field, and the camera's shutter

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began


@pytest.fixture
def city(world: World, settings: object) -> World:
    settings.CITY_KEPT_S = 0  # type: ignore[attr-defined]
    return world


@pytest.fixture
def picture(tmp_path: Path) -> Callable[..., Path]:
    def make(lon: float | None = None, lat: float | None = None) -> Path:
        path = tmp_path / "IMG_0001.jpg"
        path.write_bytes(photo_taken_at(lon, lat).read())
        return path

    return make


def of_360(page: Page, size: str = "ordinary") -> Page:
    page.set_viewport_size({"width": 360, "height": 800})
    if size == "elder":
        page.goto("/")
        page.click("#size-switch")
    return page


def seen(page: Page, name: str) -> None:
    """A picture for those who look, where one is asked for."""
    if folder := os.environ.get("SHIYU_SHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"portal-{name}.png", full_page=True)


def test_a_photo_with_a_place_is_reported_in_eight_taps(
    city: World, phone: Page, picture: Callable[..., Path]
) -> None:
    city.report(kind=city.kinds["manhole"], lon=114.33)
    resident = Resident(of_360(phone))
    phone.goto("/")

    resident.tap("#door-photo")
    resident.photograph(picture(*HERE))
    resident.tap("#next")
    expect(phone.locator(".proposed")).to_contain_text("已按照片位置填好")
    resident.tap("#next")
    resident.tap("label[for=kind-10101]")
    resident.tap("#next")
    resident.tap("#send")

    expect(phone.locator("h1")).to_have_text("已收到")
    assert (resident.taps, resident.typed) == (8, 0)
    assert resident.seconds < 20
    case = Case.objects.latest("id")
    assert (round(case.lon, 4), round(case.lat, 4)) == HERE


def test_where_locating_is_refused_the_address_will_do(
    city: World, phone: Page, picture: Callable[..., Path]
) -> None:
    resident = Resident(of_360(phone))
    phone.goto("/report/photo/")
    resident.photograph(picture())
    resident.tap("#next")

    resident.tap("#place-here")
    expect(phone.locator("[data-place-say]")).to_contain_text("手机没有允许定位")
    resident.type("#id_address", "书店街 12 号")
    resident.tap("#next")
    expect(phone.get_by_text("是下面哪个地方？")).to_be_visible()
    resident.tap("label[for=place-2]")
    resident.tap("#next")
    resident.type("#id_text", "路灯不亮")
    resident.tap("#next")
    resident.tap("label[for=kind-10201]")
    resident.tap("#next")
    resident.tap("#send")

    expect(phone.locator("h1")).to_have_text("已收到")
    case = Case.objects.get()
    assert (case.address, case.kind.name, case.lon) == ("书店街 12 号", "路灯不亮", None)


def test_the_phone_says_where_it_is(city: World, windows, picture: Callable[..., Path]) -> None:
    where = {"longitude": HERE[0], "latitude": HERE[1], "accuracy": 15}
    phone = of_360(windows.phone(geolocation=where, permissions=["geolocation"]))
    phone.goto("/report/words/")
    phone.fill("#id_text", "井盖破了")
    phone.click("#next")

    phone.click("#place-here")
    expect(phone.locator("[data-place-say]")).to_contain_text("误差约 15 米")
    phone.click("#next")

    expect(phone.locator("h1")).to_have_text("是什么问题？")
    phone.go_back()
    phone.reload()
    expect(phone.locator(".proposed")).to_contain_text("误差约 15 米")


def test_a_tap_on_the_map_says_where(city: World, phone: Page) -> None:
    of_360(phone).goto("/report/words/")
    phone.fill("#id_text", "井盖破了")
    phone.click("#next")

    phone.click("#place-map")
    canvas = phone.locator("[data-map] canvas")
    expect(canvas).to_be_visible()
    expect(phone.locator("[data-place-say]")).to_contain_text("点一下地图标出位置")
    canvas.click(position={"x": 80, "y": 100})

    expect(phone.locator("[data-place-say]")).to_contain_text("已标在地图上")
    phone.click("#next")
    expect(phone.locator("h1")).to_have_text("是什么问题？")


def test_all_of_it_works_without_scripts(
    city: World, windows, picture: Callable[..., Path]
) -> None:
    phone = windows.phone(java_script_enabled=False)
    phone.set_viewport_size({"width": 320, "height": 640})
    phone.goto("/")
    phone.click("#door-photo")
    phone.set_input_files("#id_photos", picture(*HERE))
    phone.click("#next")
    phone.click("#find-place")
    phone.click("#next")
    phone.fill("#id_text", "井盖破了一个洞")
    phone.click("#next")
    phone.click("label[for=kind-10101]")
    phone.click("#next")
    phone.click("#change-place")
    phone.fill("#id_address", "书店街 14 号")
    phone.click("#next")
    phone.fill("#id_phone", "13800000000")
    phone.press("#id_phone", "Enter")

    expect(phone.locator("h1")).to_have_text("已收到")
    code = phone.inner_text("[data-receipt-code]")
    phone.goto("/r/")
    phone.fill("#id_code", code.lower())
    phone.click("#look")
    expect(phone.locator("h1")).to_have_text("井盖破损")
    assert Case.objects.get().address == "书店街 14 号"


def test_without_network_the_words_stay_on_the_phone(city: World, phone: Page) -> None:
    of_360(phone).goto("/report/words/")
    phone.fill("#id_text", "井盖破了")
    phone.context.set_offline(True)
    phone.click("#next")
    expect(phone.locator(".kept-say")).to_contain_text("没有网络。已保存在手机")

    phone.context.set_offline(False)
    phone.reload()
    expect(phone.locator("#id_text")).to_have_value("井盖破了")
    phone.click("#next")

    expect(phone.locator("h1")).to_have_text("问题在哪里？")


def test_the_receipt_can_be_saved_as_a_picture(city: World, phone: Page) -> None:
    write_all(of_360(phone))
    phone.click("#send")

    with phone.expect_download() as saved:
        phone.click("#receipt-save")

    assert re.fullmatch(r"KF\d+\.png", saved.value.suggested_filename)
    assert Path(saved.value.path()).read_bytes()[:4] == b"\x89PNG"


def test_words_are_asked_of_the_unhappy_only(city: World, phone: Page) -> None:
    code = closed(city)
    of_360(phone).goto(f"/r/{code}/")

    words = phone.locator("#id_words")
    phone.click("label[for=id_satisfaction_1]")
    expect(words).to_be_hidden()
    phone.click("label[for=id_satisfaction_3]")
    expect(words).to_be_visible()


def test_the_keyboard_alone_reports(city: World, phone: Page) -> None:
    of_360(phone).goto("/report/words/")
    keys = phone.keyboard

    def tab_to(target: str) -> None:
        for _ in range(30):
            if phone.evaluate("(one) => document.activeElement?.matches(one)", target):
                return
            keys.press("Tab")
        raise AssertionError(f"the keyboard does not reach {target}")

    tab_to("#id_text")
    keys.type("井盖破了")
    tab_to("#next")
    keys.press("Enter")
    expect(phone.locator("h1")).to_have_text("问题在哪里？")
    tab_to("#id_address")
    keys.type("老城门外")
    keys.press("Enter")
    expect(phone.locator("h1")).to_have_text("是什么问题？")
    tab_to("[name=kind]")
    keys.press("Space")
    tab_to("#next")
    keys.press("Enter")
    expect(phone.locator("h1")).to_have_text("核对后提交")
    tab_to("#id_phone")
    keys.press("Enter")

    expect(phone.locator("h1")).to_have_text("已收到")


@pytest.mark.parametrize("size", SIZES)
def test_every_page_is_sound_in_both_sizes(
    city: World, windows, picture: Callable[..., Path], size: str
) -> None:
    phone = of_360(windows.phone(bypass_csp=True), size)
    code = closed(city)
    STEPS_TO_SEE = {
        "home": lambda: phone.goto("/"),
        "help": lambda: phone.goto("/help/"),
        "find": lambda: phone.goto("/r/"),
        "find-wrong": lambda: (phone.fill("#id_code", "x"), phone.click("#look")),
        "words": lambda: phone.goto("/report/words/"),
        "words-wrong": lambda: phone.click("#next"),
        "whole": lambda: phone.goto("/report/whole/"),
        "whole-wrong": lambda: phone.click("#send"),
        "photo": lambda: phone.goto("/report/photo/"),
        "photo-wrong": lambda: phone.click("#next"),
        "photo-taken": lambda: phone.set_input_files("#id_photos", picture(*HERE)),
        "place": lambda: phone.click("#next"),
        "place-found": lambda: (clear_point(phone), phone.click("#next")),
        "kind": lambda: phone.click("#next"),
        "kinds": lambda: (phone.click("label[for=kind-other]"), phone.click("#next")),
        "kinds-one": lambda: phone.click("#major-101"),
        "check": lambda: phone.click("#kind-10101"),
        "check-wrong": lambda: (phone.fill("#id_phone", "138"), phone.click("#send")),
        "done": lambda: (phone.fill("#id_phone", ""), phone.click("#send")),
        "follow": lambda: phone.click("#follow"),
        "more": lambda: phone.click("#part-more summary"),
        "home-begun": lambda: phone.goto("/"),
        "rate": lambda: phone.goto(f"/r/{code}/"),
        "rate-wrong": lambda: phone.click("#rate"),
    }
    for name, step in STEPS_TO_SEE.items():
        step()
        phone.wait_for_load_state()
        seen(phone, f"{size}-{name}")
        assert serious(phone) == [], name
        assert phone.evaluate(SMALL, SIZES[size]) == [], name
        assert phone.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name


@pytest.mark.parametrize("size", SIZES)
def test_twice_the_text_on_the_narrowest_screen_hides_nothing(
    city: World, windows, size: str
) -> None:
    phone = of_360(windows.phone(), size)
    code = closed(city)
    phone.set_viewport_size({"width": 320, "height": 640})
    for address in ("/", "/help/", "/r/", "/report/photo/", "/report/whole/", f"/r/{code}/"):
        phone.goto(address)
        phone.evaluate("document.documentElement.style.fontSize = '200%'")
        assert phone.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address


def test_what_is_loaded_first_is_light(city: World, phone: Page) -> None:
    got: list[int] = []
    phone.on("response", lambda answer: got.append(len(answer.body())))

    of_360(phone).goto("/", wait_until="networkidle")

    assert sum(got) < 120_000


def write_all(phone: Page) -> None:
    """Everything up to the check page, in words."""
    phone.goto("/report/words/")
    phone.fill("#id_text", "井盖破了")
    phone.click("#next")
    phone.fill("#id_address", "老城门外")
    phone.click("#next")
    phone.click("label[for=kind-10101]")
    phone.click("#next")


def closed(city: World) -> str:
    """The code of a report whose case has been closed."""
    report, code = city.report()
    for step in WAYS[Stage.CLOSED]:
        STEPS[step](city, report.case, "manhole", "roads", ())
        report.case.refresh_from_db()
    return code


def clear_point(phone: Page) -> None:
    """As if the photo had told no place."""
    for name in ("lat", "lon"):
        phone.evaluate("(name) => { document.querySelector(`[name=${name}]`).value = '' }", name)
    phone.fill("#id_address", "书店街 12 号")


def serious(page: Page) -> list[str]:
    page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(CHECK, TAGS)
    return found
