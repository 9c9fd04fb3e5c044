"""A list is taken out with a purpose, within a bound, marked and recorded; or not at all."""

import errno
import re
import tracemalloc
import zipfile
from datetime import timedelta

import pytest
from django.utils import timezone
from python_calamine import CalamineWorkbook

from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case, Look, Report
from shiyu.common.errors import NotAllowed, OutOfOrder
from shiyu.desk import rules, workbook
from shiyu.desk.actions import exports
from shiyu.desk.columns import COLUMNS, USUAL
from shiyu.desk.lifecycle import EXPORT_MOVES, ExportStage
from shiyu.desk.models import Export
from shiyu.desk.queues import QUEUES
from shiyu.journal.models import Line

PHONE, NAME = "13800001234", "王芳芳"


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    monkeypatch.setenv("SHIYU_HOME", str(tmp_path))
    return tmp_path / "exports"


def ask(world, who="intake", queue="all", *, owed=None, **said):
    given = {"columns": USUAL, "purpose": "report", "reason": "周例会汇报", "personal": False}
    asked = said.pop("asked", {})
    later = (owed if owed is not None else []).append
    return exports.ask(QUEUES[queue], asked, actor=world.actor(who), later=later, **(given | said))


def made(export):
    exports.make(export)
    export.refresh_from_db()
    return export


def sheets(export):
    book = CalamineWorkbook.from_path(workbook.path_of(export.key))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def bounds(monkeypatch, **limits):
    kept = rules.limits()
    for name, value in limits.items():
        setattr(kept, name, value)
    monkeypatch.setattr(rules, "limits", lambda: kept)


def test_a_few_rows_are_made_at_once_with_what_one_sees(world, make_case):
    seen = [make_case(Stage.HANDLING), make_case()]
    Report.objects.filter(case=seen[0])
    owed = []

    export = made(ask(world, owed=owed))

    assert owed == [export]
    rows = sheets(export)["案件"]
    assert rows[1] == [str(COLUMNS[name].title) for name in USUAL]
    numbers = [row[0] for row in rows[2:]]
    assert numbers == [seen[1].number, seen[0].number]
    assert "鼓楼区" in rows[2]
    assert (export.stage, export.written) == ("made", 2)


def test_a_file_holds_only_what_its_owner_may_see(world, make_case):
    make_case(Stage.FILED)
    sent = make_case(Stage.HANDLING)

    export = made(ask(world, "handler"))
    if export.stage == "asked":
        pytest.fail("a few rows need nobody's word")

    assert [row[0] for row in sheets(export)["案件"][2:]] == [sent.number]


def test_filters_of_the_list_are_filters_of_the_file(world, make_case):
    make_case(lon=114.37)
    inside = make_case()

    export = made(ask(world, asked={"place": "410204001", "nonsense": "x"}))

    assert [row[0] for row in sheets(export)["案件"][2:]] == [inside.number]
    assert export.filters == {"place": "410204001"}


def test_every_copy_says_who_took_it_when_and_what_for(world, make_case):
    make_case()

    export = made(ask(world, reason="给 A&B 科看"))

    rows = sheets(export)
    for words in ("王芳（鼓楼区指挥中心）", "汇报材料：给 A&B 科看", "不得外传", export.key[:8]):
        assert words in rows["案件"][0][0]
    facts = dict(rows["导出说明"])
    assert facts["用途"] == "汇报材料：给 A&B 科看"
    with zipfile.ZipFile(workbook.path_of(export.key)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    assert re.search(r"<oddHeader>.*王芳.*A&amp;&amp;B", sheet)
    assert "<oddFooter>" in sheet


@pytest.mark.parametrize(
    "evil", ["=cmd|' /C calc'!A0", "+1+1", "-2", "@SUM(A1)", "\t=1", "http://x.example/"]
)
def test_nothing_in_a_file_is_a_formula(evil, world):
    world.report(text=evil, address=f"{evil}")

    export = made(ask(world, columns=["number", "address", "said"]))

    with zipfile.ZipFile(workbook.path_of(export.key)) as parts:
        names = parts.namelist()
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
        styles = parts.read("xl/styles.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    assert 'quotePrefix="1"' in styles
    assert not [name for name in names if "externalLink" in name]


def test_names_and_numbers_are_masked(world):
    world.report(phone=PHONE, name=NAME)

    export = made(ask(world, columns=["number", "name", "phone"]))

    assert sheets(export)["案件"][2][1:] == ["王**", "138****1234"]
    assert not Look.objects.exists()


def test_whoever_does_not_take_cases_in_exports_no_reporters_at_all(world):
    world.report(phone=PHONE, name=NAME)

    export = made(ask(world, "verifier", columns=["number", "name", "phone"]))

    assert sheets(export)["案件"][2][1:] in ([], ["", ""])


def test_unmasked_names_need_a_second_person_and_their_owners_can_read_it(world):
    report, _code = world.report(phone=PHONE, name=NAME)
    owed = []

    export = ask(world, columns=["number", "name", "phone"], personal=True, owed=owed)
    assert (export.stage, owed) == ("asked", [])
    exports.approve(export, actor=world.actor("commander"), later=owed.append)
    made(export)

    assert sheets(export)["案件"][2][1:] == [NAME, PHONE]
    assert Look.objects.get(report=report).purpose == "export"
    assert Line.objects.get(verb="reporters").facts == {
        "reports": [report.pk],
        "fields": ["name", "phone"],
    }


def test_more_rows_than_one_may_take_alone_wait_for_a_second_person(world, make_case, monkeypatch):
    bounds(monkeypatch, alone_most=1)
    make_case()
    make_case()

    assert ask(world).stage == "asked"


def test_more_rows_than_anybody_takes_are_refused_telling_the_bound(
    client, world, make_case, monkeypatch
):
    bounds(monkeypatch, rows_most=2)
    for _ in range(3):
        make_case()
    client.force_login(world.people["intake"])
    said = {"back": "in=all", "purpose": "report", "reason": "汇报", "columns": ["number"]}

    page = client.post("/desk/exports/new/", said)

    assert page.status_code == 422
    assert "这个列表超过 2 行。一次最多导出 2 行" in page.content.decode()
    assert not Export.objects.exists()


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"purpose": ""}, "选一个用途"),
        ({"purpose": "fun"}, "从列出的选项里选一个"),
        ({"reason": " "}, "写明用来做什么"),
        ({"reason": "长" * 201}, "最多 200 字"),
        ({"columns": []}, "至少选一列"),
        ({"columns": ["password"]}, "从列出的选项里选一个"),
    ],
)
def test_without_a_purpose_nothing_is_exported(said, sentence, client, world, make_case):
    make_case()
    client.force_login(world.people["intake"])
    whole = {"back": "in=all", "purpose": "report", "reason": "汇报", "columns": ["number"]}

    page = client.post("/desk/exports/new/", whole | said)

    assert page.status_code == 422
    assert sentence in page.content.decode()
    assert not Export.objects.exists()


def at_stage(world, stage, who="intake"):
    """An export written to stand at a stage."""
    now = timezone.now()
    export = ask(world, who)
    later = {"made_at": now, "expires_at": now + timedelta(hours=1)}
    changes = later if stage in {"made", "expired"} else {}
    Export.objects.filter(pk=export.pk).update(stage=stage, **changes)
    export.refresh_from_db()
    return export


def step(world, name, export):
    nobody = [].append
    if name == "download":
        workbook.path_of(export.key).write_bytes(b"x")
    steps = {
        "approve": lambda: exports.approve(export, actor=world.actor("commander"), later=nobody),
        "refuse": lambda: exports.refuse(export, reason="不必", actor=world.actor("commander")),
        "download": lambda: exports.download(export, actor=world.actor("intake")),
    }
    if name in steps:
        return steps[name]()
    if name == "make":
        return exports.make(export)
    if name == "expire":
        Export.objects.filter(pk=export.pk).update(expires_at=timezone.now())
        return exports.expire()
    return exports._fail(export, OSError(errno.ENOSPC, "No space left on device"))


@pytest.mark.parametrize("stage", ExportStage)
@pytest.mark.parametrize("name", EXPORT_MOVES)
def test_each_step_starts_from_its_own_stage_alone(name, stage, world, make_case):
    make_case()
    export = at_stage(world, stage)
    move = EXPORT_MOVES[name]

    if stage == move.source:
        step(world, name, export)
        export.refresh_from_db()
        assert export.stage == move.target
    elif name in {"make", "expire"}:
        step(world, name, export)
        export.refresh_from_db()
        assert export.stage == stage
    else:
        with pytest.raises(OutOfOrder):
            step(world, name, export)


@pytest.mark.parametrize("who", ["intake", "dispatcher", "intake_longting", "verifier", "nobody"])
def test_only_another_who_commands_the_place_decides(who, world, make_case):
    make_case()
    export = at_stage(world, "asked")

    with pytest.raises(NotAllowed):
        exports.approve(export, actor=world.actor(who), later=[].append)
    with pytest.raises(NotAllowed):
        exports.refuse(export, reason="不必", actor=world.actor(who))


def test_what_reaches_beyond_every_place_is_for_who_commands_the_whole_city(world, make_case):
    make_case(Stage.HANDLING)
    export = at_stage(world, "asked", "handler")

    assert not rules.visible_to(world.actor("commander")).exists()
    with pytest.raises(NotAllowed):
        exports.approve(export, actor=world.actor("commander"), later=[].append)
    exports.approve(export, actor=world.actor("commander_city"), later=[].append)


def test_a_commander_does_not_approve_their_own(world, make_case):
    make_case()
    export = at_stage(world, "asked", "commander")

    with pytest.raises(NotAllowed):
        exports.approve(export, actor=world.actor("commander"), later=[].append)
    exports.approve(export, actor=world.actor("commander_two"), later=[].append)


def test_a_full_disk_leaves_nothing_half_and_says_so(world, make_case, files, monkeypatch):
    make_case()
    export = ask(world)

    def full(_path):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(workbook.os, "fsync", full)
    made(export)

    assert export.stage == "failed"
    assert "磁盘已满" in export.failure
    assert list(files.iterdir()) == []


def test_made_twice_it_is_one_file(world, make_case):
    make_case()
    export = made(ask(world))
    first = export.sha256

    exports.make(export)

    export.refresh_from_db()
    assert export.sha256 == first
    assert Line.objects.filter(verb="make", subject=export.subject).count() == 1


def test_a_duty_lost_meanwhile_makes_no_file(world, make_case):
    from shiyu.people.models import Appointment

    make_case()
    export = ask(world)
    over = timezone.localdate() - timedelta(days=1)
    Appointment.objects.filter(person=world.people["intake"]).update(ends_on=over)

    made(export)

    assert export.stage == "failed"
    assert not workbook.path_of(export.key).exists()


def test_it_expires_with_its_file(world, make_case):
    make_case()
    export = made(ask(world))
    assert export.expires_at - export.made_at == timedelta(hours=72)
    Export.objects.update(expires_at=timezone.now())

    with pytest.raises(OutOfOrder, match="过期"):
        exports.download(export, actor=world.actor("intake"))
    assert exports.expire() == 1

    assert not workbook.path_of(export.key).exists()
    assert exports.expire() == 0


def test_every_step_and_download_is_on_the_record(client, world, make_case):
    make_case()
    export = made(ask(world))
    client.force_login(world.people["intake"])

    for _ in range(2):
        answer = client.post(f"/desk/exports/{export.key}/download/")
        assert b"".join(answer.streaming_content)[:2] == b"PK"

    verbs = list(Line.objects.filter(subject=export.subject).values_list("verb", flat=True))
    assert verbs == ["ask", "make", "download", "download"]
    told = str(list(Line.objects.filter(subject=export.subject).values_list("facts", flat=True)))
    assert "周例会" not in told


def test_who_sees_an_export(client, world, make_case):
    from shiyu.people.models import Appointment, Person, Post, PostDuty

    make_case()
    export = at_stage(world, "asked")
    auditor = Person.objects.create(username="auditor", name="审计", made_up=True)
    post = Post.objects.create(unit=world.units["city"], title="审计")
    Appointment.objects.create(person=auditor, post=post, starts_on=timezone.localdate())
    city = world.places["city"]
    PostDuty.objects.create(
        post=post,
        duty="audit_admin",
        place_code=city.code,
        place_first=city.first,
        place_last=city.last,
    )
    people = {**world.people, "auditor": auditor}
    answers = {}
    for who in ("intake", "commander", "auditor", "clerk", "intake_longting", "nobody"):
        client.force_login(people[who])
        answers[who] = client.get(f"/desk/exports/{export.key}/").status_code
        assert client.get("/desk/exports/").status_code == 200

    assert {who for who, status in answers.items() if status == 200} == {
        "intake",
        "commander",
        "auditor",
    }
    client.force_login(auditor)
    assert client.post(f"/desk/exports/{export.key}/download/").status_code == 403


def test_the_pages_lead_through_asking_approving_and_downloading(
    client, world, make_case, monkeypatch
):
    bounds(monkeypatch, alone_most=0)
    make_case()
    client.force_login(world.people["intake"])
    form = client.get("/desk/exports/new/", {"back": "in=all"}).content.decode()
    assert "一次最多 50000 行" in form or "50,000" in form
    said = {"back": "in=all", "purpose": "report", "reason": "汇报", "columns": list(USUAL)}

    where = client.post("/desk/exports/new/", said)["Location"]

    assert "等指挥岗位另一人批准" in client.get(where).content.decode()
    client.force_login(world.people["commander"])
    assert "等您批准" in client.get("/desk/exports/").content.decode()
    refused = client.post(f"{where}decide/", {"refuse": "1", "reason": ""})
    assert refused.status_code == 422
    client.post(f"{where}decide/", {"approve": "1"})
    client.force_login(world.people["intake"])
    assert "正在生成" in client.get(where).content.decode()
    exports.make(Export.objects.get())
    assert "下载 xlsx（1 行）" in client.get(where).content.decode()


def test_a_list_that_is_none_or_anothers_is_not_exported(client, world):
    client.force_login(world.people["handler"])

    for back in ("", "in=nowhere", "in=to_accept"):
        assert client.get("/desk/exports/new/", {"back": back}).status_code == 404


@pytest.mark.long
def test_many_rows_take_little_memory(world, make_case):
    one = make_case()
    columns = ("id", "number", "version")
    kept = {f.attname for f in Case._meta.concrete_fields} - set(columns)
    copies = [
        Case(**{name: getattr(one, name) for name in kept}, number=f"KF9{n:013d}")
        for n in range(20_000)
    ]
    Case.objects.bulk_create(copies, batch_size=2000)
    export = ask(world)
    Export.objects.update(stage="approved")

    tracemalloc.start()
    made(export)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert export.written == 20_001
    assert peak < 40 * 1024 * 1024


def test_who_may_approve_is_told_and_so_is_who_asked(world, make_case, monkeypatch):
    from shiyu.notices.models import Notice

    bounds(monkeypatch, alone_most=0)
    make_case()
    export = ask(world)

    told = Notice.objects.filter(kind="export_asked")
    names = {"commander", "commander_two"}
    assert {n.to for n in told} >= {world.people[name] for name in names}
    assert world.people["intake"] not in {n.to for n in told}
    exports.approve(export, actor=world.actor("commander"), later=[].append)
    answered = Notice.objects.get(kind="export_decided")
    assert (answered.to, answered.subject) == (world.people["intake"], export.subject)


def test_the_cases_of_the_whole_city_need_two_people(world, make_case, monkeypatch):
    from shiyu.people.actions import appoint
    from shiyu.people.actors import Actor
    from shiyu.people.models import Appointment

    bounds(monkeypatch, alone_most=0)
    make_case()
    post = Appointment.objects.get(person=world.people["commander_city"]).post
    day = timezone.localdate()
    appoint(world.people["nobody"], post, starts_on=day, actor=Actor.program("test"))
    owed = []
    export = ask(world, "intake_city", owed=owed)
    assert export.approvals == 2

    exports.approve(export, actor=world.actor("commander_city"), later=owed.append)
    export.refresh_from_db()
    assert (export.stage, owed) == ("asked", [])
    with pytest.raises(NotAllowed):
        exports.approve(export, actor=world.actor("commander_city"), later=owed.append)
    exports.approve(export, actor=world.actor("nobody"), later=owed.append)
    assert owed == [export]
    export = made(export)
    assert export.stage == "made"
    assert dict(sheets(export)["导出说明"])["批准人"] == "许诺、杨帆"


def test_many_small_files_in_one_day_add_up(world, make_case, monkeypatch):
    bounds(monkeypatch, alone_most=3)
    make_case()
    make_case()

    assert ask(world).stage == "approved"
    assert ask(world).stage == "asked"


def test_what_nobody_approved_holds_no_more_rows_than_were_asked_for(world, make_case):
    make_case()
    export = ask(world)
    make_case()

    assert made(export).written == 1


def test_what_waits_for_a_word_follows_the_numbers_of_its_places(world, make_case, monkeypatch):
    from shiyu.people.actors import Actor
    from shiyu.places.actions import renumber
    from shiyu.places.models import Place

    bounds(monkeypatch, alone_most=0)
    make_case()
    export = ask(world)
    Place.objects.filter(parent=None).update(last=2**40)
    renumber(Place.objects.get(parent=None), actor=Actor.program("test"))

    export.refresh_from_db()
    gulou = Place.objects.get(code="410204")
    assert (export.first, export.last) == (gulou.first, gulou.last)
    assert rules.may_decide(world.actor("commander"), export)
