"""Two people at one case, with the real live feed: nothing moves under the hand, each is told."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from shiyu.cases import actions as do
from shiyu.cases.lifecycle import Stage
from shiyu.cases.tests.world import World
from shiyu.people.models import Person

pytestmark = pytest.mark.django_db(transaction=True)

STARTING_S = 30
FEED = ["--interface", "asgi", "--workers", "1", "--log-level", "warning"]
FEED += ["--workers-kill-timeout", "2"]


@pytest.fixture
def feed(live_server, database, settings) -> Iterator[str]:
    """The live feed as the city runs it: a program of its own beside the pages."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    settings.LIVE_URL = f"http://localhost:{port}"
    settings.CITY_KEPT_S = 0
    told = {**os.environ, **database.environment(), "SHIYU_PAGES_URL": live_server.url}
    command = [sys.executable, "-m", "granian", "--host", "127.0.0.1", "--port", port, *FEED]
    program = subprocess.Popen([*command, "shiyu.live.asgi:application"], env=told)
    try:
        _wait(int(port))
        yield settings.LIVE_URL
    finally:
        program.terminate()
        program.wait(20)


def _wait(port: int) -> None:
    until = time.monotonic() + STARTING_S
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the feed does not answer")


@pytest.fixture
def at_desk(feed, windows) -> Callable[[Person, str], Page]:
    """A window of somebody signed in, whose feed is connected."""

    def open_as(person: Person, address: str) -> Page:
        page, client = windows.desk(), Client()
        client.force_login(person)
        cookies = [(name, morsel.value) for name, morsel in client.cookies.items()]
        page.context.add_cookies(
            [{"name": name, "value": value, "url": windows.address} for name, value in cookies]
        )
        with page.expect_response(re.compile(r"/feed\?")):
            page.goto(address)
        return page

    return open_as


def shot(page: Page, name: str) -> None:
    if folder := os.environ.get("SHIYU_SHOTS"):
        page.screenshot(path=Path(folder) / f"two-{name}.png")


def places_of_rows(page: Page) -> list[list[float]]:
    """Where each row stands on the screen."""
    return page.eval_on_selector_all(
        "[data-list] .row", "rows => rows.map(r => [r.id, r.getBoundingClientRect().top])"
    )


def test_one_writes_while_another_moves_the_case(world: World, at_desk) -> None:
    case, other = world.make_case(Stage.FILED), world.make_case(Stage.FILED)
    a = at_desk(world.people["clerk"], "/desk/to_dispatch/")
    a.keyboard.press("j")
    a.keyboard.press("Enter")
    expect(a.locator("#case-pane .case-number")).to_contain_text(case.number)
    expect(a.locator("[data-looking]")).to_be_hidden()

    b = at_desk(world.people["dispatcher"], f"/cases/{case.number}/")
    expect(b.locator("[data-looking]")).to_have_text("孙悦 正在查看")
    name_of_b = world.people["dispatcher"].name
    expect(a.locator("[data-looking]")).to_have_text(f"{name_of_b} 正在查看")
    shot(a, "looking")

    a.keyboard.press(a.get_attribute("[data-move=dispatch]", "data-key"))
    a.fill("#id_dispatch_reason", "请今天先围起来")
    before = places_of_rows(a)
    scrolled = a.evaluate("document.querySelector('#case-pane').scrollTop")
    do.dispatch(case, lead=world.units["roads"], actor=world.actor("dispatcher"))
    new = world.make_case(Stage.FILED)

    line = a.locator(".case-changed")
    expect(line).to_contain_text(re.compile(rf"{name_of_b} \d\d:\d\d 已“派遣”"))
    expect(line).to_contain_text("现在待签收")
    expect(line).to_contain_text("“派遣”现在办不了了；您写的可以作为批注保存")
    expect(a.locator("#let-in")).to_have_text(re.compile("有 1 件新案件、1 件有变化"))
    expect(a.locator(f"#case-{case.pk}")).to_have_class(re.compile("row-gone"))
    after = places_of_rows(a)
    assert [name for name, _top in after] == [name for name, _top in before]
    assert [top for _name, top in after] == pytest.approx([top for _name, top in before], abs=1)
    assert a.evaluate("document.activeElement.id") == "id_dispatch_reason"
    assert a.input_value("#id_dispatch_reason") == "请今天先围起来"
    assert a.evaluate("document.querySelector('#case-pane').scrollTop") == scrolled
    shot(a, "changed")

    a.click("#case-again")
    expect(a.locator("#case .stage").first).to_have_text("待签收")
    expect(a.locator("#move-remark.is-open textarea")).to_have_value("请今天先围起来")
    expect(a.locator("[data-looking]")).to_have_text(f"{name_of_b} 正在查看")
    shot(a, "renewed")

    b.goto("/desk/")
    expect(a.locator("[data-looking]")).to_be_hidden()
    a.locator(f"#case-{other.pk} .row-open").focus()
    a.keyboard.press("r")
    expect(a.locator(f"#case-{new.pk}")).to_be_visible()
    expect(a.locator(f"#case-{case.pk}")).to_have_count(0)


def test_words_typed_on_a_case_alone_are_put_into_the_renewed_form(world: World, at_desk) -> None:
    case = world.make_case(Stage.FILED)
    a = at_desk(world.people["clerk"], f"/cases/{case.number}/")
    a.keyboard.press(a.get_attribute("[data-move=remark]", "data-key"))
    a.keyboard.type("已电话告知上报人")
    do.remark(case, actor=world.actor("dispatcher"), reason="先核实是不是燃气井")

    line = a.locator(".case-changed")
    expect(line).to_contain_text("您写的内容还在")
    do.dispatch(case, lead=world.units["roads"], actor=world.actor("dispatcher"))
    expect(line).to_contain_text("已“派遣”")
    expect(line).to_have_count(1)
    a.click("#case-again")

    expect(a.locator("h1.case-title .stage")).to_have_text("待签收")
    expect(a.locator("#move-remark.is-open textarea")).to_have_value("已电话告知上报人")
    a.click("#go-remark")
    expect(a.locator(".story")).to_contain_text("已电话告知上报人")


def test_who_reported_is_told_on_the_open_page(world: World, feed, windows) -> None:
    report, code = world.report()
    phone = windows.phone()
    phone.clock.install()
    phone.goto(f"/r/{code}/")
    expect(phone.locator("#news")).to_be_hidden()

    do.accept(report.case, actor=world.actor("intake"))
    phone.clock.fast_forward(46_000)

    expect(phone.locator("#news")).to_contain_text("有新进展")
    shot(phone, "resident")
    phone.click("#news-look")
    expect(phone.locator("main")).to_contain_text("受理")
