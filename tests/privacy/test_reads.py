"""Every read of who reported leaves a row with who, when, why and what; none without (T-P5)."""

import random
import re
from collections import Counter
from pathlib import Path

import pytest
from django.test import Client

import shiyu
from shiyu.cases import actions
from shiyu.cases.actions import looking
from shiyu.cases.models import Look, Report, Reporter
from shiyu.cases.tests.world import World
from shiyu.common.errors import NotAllowed
from shiyu.desk.around import around
from shiyu.journal.models import Line
from shiyu.privacy import access

ROOT = Path(shiyu.__file__).parent
OPENS = re.compile(r"\breporter\.(name|phone|_said)\b|\bidentity\.open_\(|open_of_subject\(")
MAY_OPEN = {
    "common/vault.py": "the key itself",
    "cases/identity.py": "opens what the vault closed",
    "cases/models/reported.py": "Reporter.name and Reporter.phone",
    "cases/actions/looking.py": "show: with a row for each",
    "desk/reporters.py": "masked",
    "desk/around.py": "exports: rows by note_export; else masked",
    "history/moving/opened.py": "shiyu export: two lines of the journal with its purpose",
    "privacy/access.py": "subject access: rows, or a line where it is their own",
}
SOME, MORE, MANY = 60, 1_000, 10_000
A_REPORT_FOR = 25
"""Reads for each report: a city's reads spread over its people. One report that is read thousands
of times shows its own list of readers as often, which is the square of it."""
OF_ONE_EXPORT = 5


def opening(files: dict[str, str]) -> list[str]:
    return [
        f"{name} opens who reported: read through cases.actions.show or note_reads, then say in "
        f"MAY_OPEN of {Path(__file__).name} how it is put on record"
        for name, text in files.items()
        if OPENS.search(text) and name not in MAY_OPEN
    ]


HANDS_OUT = {
    "privacy/actions/demanding.py": "hand_out: what another granted",
    "portal/views/own_data.py": "the person themself, by code and telephone",
}


def test_a_person_is_copied_by_a_grant_or_by_themself_alone() -> None:
    calling = {
        str(path.relative_to(ROOT))
        for path in ROOT.rglob("*.py")
        if "tests" not in path.parts and re.search(r"\baccess\.of\(", path.read_text())
    }
    assert calling == set(HANDS_OUT), "hand a person's data out through actions.hand_out"


def test_nothing_opens_a_reporter_without_a_record() -> None:
    files = {
        str(path.relative_to(ROOT)): path.read_text()
        for path in ROOT.rglob("*.py")
        if not {"tests", "migrations"} & set(path.parts)
    }

    assert opening(files) == []
    planted = opening({"desk/planted.py": "return report.reporter.phone"})
    assert len(planted) == 1
    assert set(MAY_OPEN) <= files.keys()


class Reader:
    """Reads of all kinds, at random, and what of each must stand on record."""

    def __init__(self, world: World, client: Client, reports: list[Report]) -> None:
        self.world, self.client, self.reports = world, client, reports
        self.chance = random.Random(1)
        self.expected: Counter[tuple[object, ...]] = Counter()
        client.force_login(world.people["intake"])
        self.me, self.reads = world.people["intake"].pk, 0
        for report in reports:
            whole = Report.objects.select_related("case", "reporter").get(pk=report.pk)
            actions.unmask(whole, purpose="verify", reason="核实", actor=world.actor("intake"))

    def read(self) -> None:
        report = self.chance.choice(self.reports)
        getattr(self, self.chance.choice(["page", "search", "export", "subject"]))(report)

    def so_often(self, count: int) -> None:
        while self.reads < count:
            self.read()

    def page(self, report: Report) -> None:
        html = self.client.get(f"/cases/{report.case.number}/").content.decode()
        assert f"139{report.pk:08d}" in html
        self.note(report, "verify", "page", "name phone")

    def search(self, report: Report) -> None:
        actions.search_by_phone(f"139{report.pk:08d}", actor=self.world.actor("intake"))
        self.note(report, "by_phone", "search", "phone")

    def export(self, report: Report) -> None:
        """A file of some: each of them is read."""
        actor, some = self.world.actor("intake"), self.chance.sample(self.reports, OF_ONE_EXPORT)
        cases, now = [one.case for one in some], report.reported_at
        _told, opened = around(cases, {"phone"}, actor=actor, now=now, unmasked=True)
        actions.note_export(opened, subject="export:1", actor=actor, fields=["phone"])
        for one in some:
            self.note(one, "export", "export", "phone")

    def subject(self, report: Report) -> None:
        access.of([report.pk], actor=self.world.actor("intake"))
        self.note(report, "subject", "demand", "name phone")

    def note(self, report: Report, purpose: str, channel: str, fields: str) -> None:
        self.expected[(self.me, report.pk, purpose, channel, tuple(fields.split()))] += 1
        self.reads += 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "count", [SOME, *(pytest.param(n, marks=pytest.mark.long) for n in (MORE, MANY))]
)
def test_so_many_reads_so_many_rows(
    world: World, client: Client, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking.attempts, "count", lambda *_c: None)
    reports = [
        world.report(text="井盖", name="王芳", phone="13900000000")[0]
        for _ in range(max(OF_ONE_EXPORT, count // A_REPORT_FOR))
    ]
    for report in reports:
        Reporter.objects.filter(report=report).delete()
        Reporter.of(report.pk, name="王芳", phone=f"139{report.pk:08d}").save()
    reader = Reader(world, client, reports)
    before = Look.objects.count()

    reader.so_often(count)

    rows = Look.objects.order_by("pk")[before:]
    told = Counter((r.person_id, r.report_id, r.purpose, r.channel, tuple(r.fields)) for r in rows)
    assert told == reader.expected
    assert sum(told.values()) == reader.reads >= count
    assert all(row.at is not None for row in rows)
    stored = str(list(Look.objects.values())) + str(list(Line.objects.values("facts", "subject")))
    assert not re.search(r"139\d{8}|王芳", stored)


@pytest.mark.django_db
def test_a_look_opens_for_nobody_else_and_not_afterwards(world: World) -> None:
    report, _ = world.report(text="井盖", name="王芳", phone="13900000000")
    other, _ = world.report(text="井盖", name="李娜", phone="13900000001")
    report, other = (
        Report.objects.select_related("case", "reporter").get(pk=r.pk) for r in (report, other)
    )
    intake = world.actor("intake")
    look = actions.unmask(report, purpose="verify", reason="核实", actor=intake)
    with pytest.raises(NotAllowed):
        actions.show(report, look, actor=world.actor("clerk"))
    with pytest.raises(NotAllowed):
        actions.show(other, look, actor=intake)
    look.until -= looking.OPEN_FOR
    with pytest.raises(NotAllowed):
        actions.show(report, look, actor=intake)


@pytest.mark.django_db
def test_the_reporter_reads_which_unit_looked_when_and_why(world: World, client: Client) -> None:
    report, code = world.report(text="井盖", name="王芳", phone="13900000000")
    whole = Report.objects.select_related("case", "reporter").get(pk=report.pk)
    look = actions.unmask(whole, purpose="answer", reason="回电话", actor=world.actor("intake"))
    for _ in range(2):
        actions.show(whole, look, actor=world.actor("intake"))

    html = client.get(f"/r/{code}/").content.decode()

    assert "答复办理结果" in html
    assert "共显示 2 次" in html
    assert world.people["intake"].name not in html
    assert "没有隐去任何一次" in html
