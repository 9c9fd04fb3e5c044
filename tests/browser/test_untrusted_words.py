"""Trusted Types hold in a real browser, the pages work under them, and no words become markup."""

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from shiyu.cases import actions as do
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case
from shiyu.cases.tests.world import World
from shiyu.people.models import Person, Unit
from shiyu.places.models import Place
from tests.bad_input.xss import BODIES, CORPUS, MADE, packed

pytestmark = pytest.mark.django_db(transaction=True)

LISTEN = """document.addEventListener('securitypolicyviolation', (event) => {
  const key = 'violations', seen = JSON.parse(sessionStorage.getItem(key) || '[]');
  seen.push(`${event.effectiveDirective} ${event.sample} ${location.pathname}`);
  sessionStorage.setItem(key, JSON.stringify(seen));
});"""
SEEN = "JSON.parse(sessionStorage.getItem('violations') || '[]')"
# In a callback of the page's own: what the debugger itself evaluates may call eval.
TRY = """() => new Promise((said) => setTimeout(() => {
  try { %s; said(true) } catch { said(false) }
}))"""
SINKS = {
    "innerHTML": "document.body.innerHTML = '<b>x</b>'",
    "outerHTML": "document.querySelector('h1').outerHTML = '<b>x</b>'",
    "insertAdjacentHTML": "document.body.insertAdjacentHTML('beforeend', '<b>x</b>')",
    "document.write": "document.write('<b>x</b>')",
    "DOMParser": "new DOMParser().parseFromString('<b>x</b>', 'text/html')",
    "script.src": "document.createElement('script').src = '/x.js'",
    "script.text": "document.createElement('script').text = 'alert(5)'",
    "iframe.srcdoc": "document.createElement('iframe').srcdoc = '<b>x</b>'",
    "fragment": "document.createRange().createContextualFragment('<b>x</b>')",
    "eval": "eval('1')",
    "Function": "new Function('return 1')()",
    "setTimeout": "setTimeout('1', 0)",
    "another policy": "trustedTypes.createPolicy('another', {createHTML: (text) => text})",
    "the policy again": "trustedTypes.createPolicy('htmx', {createHTML: (text) => text})",
}


def signed_in(page: Page, address: str, person: Person) -> Page:
    client = Client()
    client.force_login(person)
    page.context.add_cookies(
        [{"name": n, "value": m.value, "url": address} for n, m in client.cookies.items()]
    )
    page.context.add_init_script(LISTEN)
    page.on("dialog", lambda box: pytest.fail(f"a dialog: {box.message}"))
    return page


def test_no_text_becomes_markup_or_code_in_the_browser(windows, world: World) -> None:
    page = signed_in(windows.desk(), windows.address, world.people["clerk"])
    page.goto("/desk/all/")
    page.wait_for_function("window.trustedTypes !== undefined")

    let_through = [name for name, sink in SINKS.items() if page.evaluate(TRY % sink)]

    windows.faults.clear()  # the browser told of each of them: that is what was wanted
    assert let_through == []


def test_the_desk_works_with_trusted_types_held_to(windows, world: World) -> None:
    """Panes are swapped in, a map is drawn, a move is made: not one violation."""
    case = world.make_case(Stage.REPORTED)
    page = signed_in(windows.desk(), windows.address, world.people["clerk"])

    page.goto("/desk/all/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#case-pane .case-number")).to_contain_text(case.number)
    page.locator("#case-pane [data-points]").scroll_into_view_if_needed()
    expect(page.locator("#case-pane [data-points] canvas")).to_be_visible()
    key = page.get_attribute("[data-move=accept]", "data-key")
    page.keyboard.press(str(key))
    page.keyboard.press("Control+Enter")
    for path in ("/desk/new/", "/notices/", "/notices/settings/", "/account/", "/overview/"):
        page.goto(path)
    page.goto("/api/")

    assert page.evaluate(SEEN) == []


def polluted(world: World) -> Case:
    """A case whose every written part is the corpus, in a place and a unit named alike."""
    texts = list(packed(1900))
    short = [body for body in BODIES if len(body) <= 60]
    case = world.make_case(Stage.HANDLING, text=texts[0], address=short[1])
    for text in texts[1:]:
        do.remark(case, reason=text, actor=world.actor("clerk"))
    Person.objects.filter(username="clerk").update(name=short[0])
    Unit.objects.filter(code="D1").update(name=short[2], short_name=short[3][:20])
    Place.objects.filter(code="41020400100101").update(name=short[4])
    return case


def test_no_words_become_markup_a_dialog_or_a_report(windows, world: World) -> None:
    assert len(CORPUS) >= 500
    case = polluted(world)
    code = world.report(text="\n".join(list(packed(1900))[1:2]), address=BODIES[1])[1]
    page = signed_in(windows.desk(), windows.address, world.people["clerk"])
    paths = [
        *(f"/cases/{case.number}/", f"/cases/{case.number}/print/", "/desk/all/", "/account/"),
        *(f"/r/{code}/", "/notices/"),
        *(f"/desk/all/?q={text}" for text in ("%22%3E%3Cimg data-x5 src=x onerror=alert(5)%3E",)),
    ]

    for path in paths:
        page.goto(path)
        assert page.evaluate(f"document.querySelectorAll({MADE!r}).length") == 0, path

    assert page.evaluate(SEEN) == []
    page.goto(paths[0])
    shown = page.inner_text("body")
    assert shown.count("alert(5)") > len(CORPUS) / 2, "the words are to be seen, as words"
