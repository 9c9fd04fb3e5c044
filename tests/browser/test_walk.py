"""One report walks from the phone to closure, is rated "not fixed", and is put right again.

Every step is made by the person whose work it is, on the page they work with; at the desk by the
keyboard alone.
"""

import os
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Assignment, Case, Rating
from shiyu.cases.replay import replay
from shiyu.cases.story import steps_of
from shiyu.cases.tests.world import HERE, World
from shiyu.files.models import Photo
from shiyu.journal.models import Line
from shiyu.people.models import Person
from shiyu.portal.tests.phone import photo_taken_at

pytestmark = pytest.mark.django_db(transaction=True)

WALK = [
    *("report", "accept", "file", "dispatch", "sign", "handle", "verify", "close"),
    *("rate", "reopen", "handle", "verify", "close", "rate"),
]


class Shots:
    """Pictures of the walk in both sizes, where somebody wants to look at them."""

    def __init__(self) -> None:
        self.folder = os.environ.get("SHIYU_SHOTS")
        self.taken = 0

    def __call__(self, page: Page, name: str) -> None:
        if not self.folder:
            return
        self.taken += 1
        Path(self.folder).mkdir(parents=True, exist_ok=True)
        path = Path(self.folder) / f"walk-{self.taken:02d}-{name}.png"
        page.screenshot(path=path, full_page=True)


class Colleague:
    """Somebody at a desk, signed in, who never touches the mouse."""

    def __init__(self, page: Page, address: str, person: Person, shots: Shots) -> None:
        self.page, self.name, self.shots = page, person.username, shots
        client = Client()
        client.force_login(person)
        page.context.add_cookies(
            [
                {"name": name, "value": morsel.value, "url": address}
                for name, morsel in client.cookies.items()
            ]
        )

    def take(self, queue: str, case: Case) -> None:
        """Open the first case of a queue: J to its row, Enter."""
        self.page.goto(f"/desk/{queue}/")
        expect(self.page.locator("[data-list] .row")).to_have_count(1)
        self.shots(self.page, f"{self.name}-{queue}")
        self.page.keyboard.press("j")
        self.page.keyboard.press("Enter")
        expect(self.page.locator("#case-pane .case-number")).to_contain_text(case.number)

    def makes(self, move: str, words: str = "", photo: Path | None = None) -> None:
        """Press the move's number, write what it asks, send with Ctrl+Enter."""
        key = self.page.get_attribute(f"[data-move={move}]", "data-key")
        assert key, f"{move} has no number"
        self.page.keyboard.press(key)
        form = self.page.locator(f"#move-{move}.is-open")
        expect(form).to_be_visible()
        if photo:
            form.locator("input[type=file]").set_input_files(photo)
        if words:
            self._to(f"#id_{move}_reason")
            self.page.keyboard.type(words)
        self.shots(self.page, f"{self.name}-{move}")
        self.page.keyboard.press("Control+Enter")

    def confirms(self) -> None:
        """On the page that says what will be told to whom."""
        expect(self.page.locator("#go-checked")).to_be_visible()
        self.shots(self.page, f"{self.name}-checks")
        self._to("#go-checked")
        self.page.keyboard.press("Enter")

    def _to(self, target: str) -> None:
        for _ in range(40):
            if self.page.evaluate("(one) => document.activeElement?.matches(one)", target):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the keyboard does not reach {target}")


class Walk:
    """The people of the walk, each with a window of their own."""

    def __init__(self, world: World, windows, tmp_path: Path) -> None:
        self.world, self.windows, self.shots = world, windows, Shots()
        self.photo = tmp_path / "IMG_0001.jpg"
        self.photo.write_bytes(photo_taken_at(*HERE).read())
        self.phone = windows.phone()
        self.phone.set_viewport_size({"width": 360, "height": 800})
        self.known: dict[str, Colleague] = {}

    @property
    def case(self) -> Case:
        return Case.objects.get()

    def who(self, key: str) -> Colleague:
        if key not in self.known:
            page, person = self.windows.desk(), self.world.people[key]
            self.known[key] = Colleague(page, self.windows.address, person, self.shots)
        return self.known[key]

    def reaches(self, stage: Stage) -> None:
        """Wait until the case has arrived at a stage."""
        for _ in range(100):
            if self.case.stage == stage:
                return
            self.phone.wait_for_timeout(50)
        raise AssertionError(f"still {self.case.stage}, not {stage}")

    def step(self, key: str, queue: str, move: str, stage: Stage, **said) -> None:
        """One colleague takes the case from a queue and makes a move."""
        colleague = self.who(key)
        colleague.take(queue, self.case)
        colleague.makes(move, **said)
        if move == "close":
            colleague.confirms()
        self.reaches(stage)

    def reported(self) -> None:
        phone = self.phone
        phone.goto("/")
        self.shots(phone, "phone-home")
        phone.click("#door-photo")
        phone.set_input_files("#id_photos", self.photo)
        phone.click("#next")
        phone.click("#next")
        phone.fill("#id_text", "井盖破了一个洞")
        phone.click("#next")
        phone.click("label[for=kind-10101]")
        self.shots(phone, "phone-kind")
        phone.click("#next")
        phone.fill("#id_phone", "13800000000")
        phone.click("#send")
        expect(phone.locator("h1")).to_have_text("已收到")
        self.shots(phone, "phone-receipt")
        phone.click("#follow")
        self.shots(phone, "phone-follow")
        self.follow = phone.url

    def put_right(self) -> None:
        """Handled with a photo, checked by another person, closed."""
        self.step("handler", "handling", "handle", Stage.HANDLED, words="已更换", photo=self.photo)
        self.step("verifier", "to_verify", "verify", Stage.VERIFIED, words="现场看过，已修好")
        self.step("intake", "to_close", "close", Stage.CLOSED)

    def rated(self, solved: str, name: str) -> None:
        self.phone.goto(self.follow)
        self.shots(self.phone, f"phone-{name}-asked")
        self.phone.get_by_label(solved, exact=True).check()
        self.phone.click("label[for=id_satisfaction_1]")
        self.phone.click("#rate")
        self.phone.wait_for_load_state()
        self.shots(self.phone, f"phone-{name}")


def test_one_report_walks_from_the_phone_to_closure_and_back(
    world: World, windows, tmp_path: Path
) -> None:
    walk = Walk(world, windows, tmp_path)

    walk.reported()
    walk.step("intake", "to_accept", "accept", Stage.ACCEPTED)
    walk.step("intake", "to_file", "file", Stage.FILED)
    walk.step("dispatcher", "to_dispatch", "dispatch", Stage.DISPATCHED)
    walk.step("handler", "to_sign", "sign", Stage.HANDLING)
    walk.put_right()
    walk.rated("没解决", "not-fixed")
    walk.reaches(Stage.HANDLING)
    expect(walk.phone.get_by_text("这件已退回重新办理")).to_be_visible()
    walk.put_right()
    walk.rated("解决了", "fixed")

    case = walk.case
    lines = list(Line.objects.filter(subject=case.subject).order_by("id"))
    assert [line.verb for line in lines] == WALK
    assert (case.stage, case.round, case.outcome) == (Stage.CLOSED, 2, "fixed")
    assert [(r.round, r.solved) for r in Rating.objects.order_by("id")] == [(1, "no"), (2, "yes")]
    roles = Photo.objects.filter(subject=case.subject).order_by("id").values_list("role", flat=True)
    assert list(roles) == ["scene", "after", "after"]
    actors = {line.verb: line.actor for line in lines}
    assert actors["handle"] != actors["verify"] != actors["close"]
    assert Assignment.objects.get().unit == world.units["roads"]
    assert replay(steps_of(case)).stage == case.stage
