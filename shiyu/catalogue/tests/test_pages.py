"""The catalogue's pages: read by everybody, edited by the system administrator, looked at first."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shiyu.catalogue import actions, rules
from shiyu.catalogue.models import Kind, Procedure, Standard
from shiyu.catalogue.tests.sheets import ROWS, csv_of
from shiyu.catalogue.wanted import Wanted

KIND = "/catalogue/kinds/10101/"
CONDITION = f"{KIND}conditions/1/"


@pytest.fixture
def editor(client, world):
    client.force_login(world.people["administrator"])
    return client


@pytest.fixture
def today():
    return timezone.localdate()


def _typed(today, **said):
    return {
        "valid_from": (today + timedelta(days=2)).isoformat(),
        "filing_condition": "井盖丢失、破损",
        "handling": "2紧急工作时",
        "evidence": ["after"],
        "unit_1": "市政养护所",
        "tier_1": "county",
        "role_1": "lead",
        "seen": "1",
    } | said


def test_a_revision_is_compared_before_it_is_published(editor, world, today):
    sent = _typed(today)

    looked = editor.post(CONDITION, sent)
    assert looked.status_code == 200
    assert "<ins>丢失、</ins>" in looked.content.decode()
    assert Standard.objects.filter(kind__code="10101").count() == 1
    published = editor.post(CONDITION, sent | {"checked": "1"}, follow=True)

    assert "之前可以撤回" in published.content.decode()
    made = Standard.objects.get(kind__code="10101", version=2)
    assert made.filing_condition == "井盖丢失、破损"
    assert rules.responsible(made, "county").lead == world.units["roads"]


def test_the_form_shows_what_holds_and_sent_back_unchanged_is_no_version(editor, today):
    form = editor.get(CONDITION).context["form"]
    shown = {name: value for name, value in form.initial.items() if value}

    answer = editor.post(CONDITION, shown | {"valid_from": today.isoformat()})

    assert answer.status_code == 422
    assert "没有改动" in answer.content.decode()


def test_the_second_editor_sees_what_the_first_has_published_and_keeps_their_words(
    editor, world, today
):
    first = Wanted("井盖沉降", "4工作时")
    actions.revise_condition(
        *(world.kinds["manhole"], 1, first),
        valid_from=today,
        seen=1,
        actor=world.actor("administrator"),
    )

    answer = editor.post(CONDITION, _typed(today, checked="1"))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "别人发布了新的版本" in page
    assert "沉降" in page
    assert "井盖丢失、破损</textarea>" in page
    assert Standard.objects.filter(kind__code="10101").count() == 2
    again = editor.post(CONDITION, _typed(today, seen="2"))
    assert again.status_code == 200


@pytest.mark.parametrize(
    ("field", "text", "why"),
    [
        ("handling", "尽快", "尽快"),
        ("limit_sign", "很快", "很快"),
        ("valid_from", "2020-01-01", "不能早于今天"),
        ("valid_from", "明天", "2026-12-01"),
        ("season_first", "02-30", "起止两天"),
        ("unit_1", "没有这个所", "没有名称"),
        ("filing_condition", "", "不能空着"),
    ],
)
def test_what_cannot_be_read_is_told_at_its_field_and_nothing_is_kept(
    editor, today, field, text, why
):
    answer = editor.post(CONDITION, _typed(today, **{field: text}) | {"checked": "1"})

    assert answer.status_code == 422
    assert why in answer.content.decode()
    assert Standard.objects.filter(kind__code="10101").count() == 1


def test_a_version_to_come_is_taken_back_with_one_press(editor, today):
    editor.post(CONDITION, _typed(today, checked="1"))

    page = editor.get(KIND).content.decode()
    assert "第 2 版将于" in page
    answer = editor.post(f"{CONDITION}withdraw/", {"seen": "2"}, follow=True)

    assert "原版本继续有效" in answer.content.decode()
    assert "第 2 版将于" not in answer.content.decode()


def test_two_versions_are_compared_by_whoever_reads(client, world, today):
    actions.revise_condition(
        *(world.kinds["manhole"], 1, Wanted("井盖沉降", "4工作时")),
        valid_from=today,
        seen=1,
        actor=world.actor("administrator"),
    )
    client.force_login(world.people["handler"])

    page = client.get(f"{CONDITION}compare/").content.decode()

    assert "<del>2紧急</del>" in page.replace("\n", "")
    assert "修订" in client.get(KIND).content.decode()
    assert 'id="revise-1"' not in client.get(KIND).content.decode()


def test_the_list_is_narrowed_by_words_and_lists(editor):
    def names(query):
        return [row.kind.name for row in editor.get(f"/catalogue/?{query}").context["kinds"]]

    assert names("q=井盖") == ["井盖破损"]
    assert names("q=影响通行") == ["井盖破损", "路灯不亮", "暴露垃圾", "噪声扰民"]
    assert names("category=event") == ["暴露垃圾"]
    assert names("grid=out") == ["噪声扰民"]
    assert names("state=ended") == []
    assert "没有符合的小类" in editor.get("/catalogue/?q=飞碟").content.decode()


@pytest.mark.parametrize("path", ["/catalogue/", "/catalogue/grid/"])
def test_a_list_takes_as_many_queries_for_three_rows_as_for_one(editor, path, world):
    def count():
        with CaptureQueriesContext(connection) as seen:
            assert editor.get(path).status_code == 200
        return len(seen)

    count()
    ended = timezone.localdate() - timedelta(days=1)
    Kind.objects.exclude(code="10101").update(ended_on=ended)
    one = count()
    Kind.objects.update(ended_on=None)

    assert count() == one <= 12


def test_a_kind_with_many_versions_takes_as_many_queries_as_with_one(editor, world, today):
    def count():
        with CaptureQueriesContext(connection) as seen:
            editor.get(KIND)
        return len(seen)

    count()
    one = count()
    for seen, handling in enumerate(["3工作时", "4工作时", "5工作时"], 1):
        actions.revise_condition(
            *(world.kinds["manhole"], 1, Wanted("井盖破损", handling)),
            valid_from=today,
            seen=seen,
            actor=world.actor("administrator"),
        )

    assert count() <= one + 1 <= 12


def test_the_numbers_of_the_procedure_get_a_new_version(editor, today):
    form = editor.get("/catalogue/procedure/edit/").context["form"]
    shown = {name: value for name, value in form.initial.items() if value not in (None, "")}
    sent = shown | {"valid_from": today.isoformat(), "reopen_days": 30, "limit_accept": "30分钟"}

    answer = editor.post("/catalogue/procedure/edit/", sent, follow=True)

    newest = Procedure.objects.order_by("-version").first()
    assert (newest.reopen_days, newest.limits["accept"]) == (30, "30分钟")
    assert "<del>14 天</del>" in answer.content.decode()


def test_a_kind_is_made_kept_out_admitted_and_ended(editor):
    sent = {
        "category": "event",
        "major_code": "05",
        "major_name": "扬尘",
        "minor_code": "01",
        "name": "工地扬尘",
    }

    made = editor.post("/catalogue/new/", sent)
    assert made["Location"] == "/catalogue/kinds/20501/conditions/new/"
    at = "/catalogue/kinds/20501/do/"
    assert editor.post(f"{at}admit/").status_code == 302
    assert editor.post(f"{at}keep-out/", {"because": ""}).status_code == 400
    editor.post(f"{at}keep-out/", {"because": "涉及执法权"})
    editor.post(f"{at}end/")

    kind = Kind.objects.get(code="20501")
    assert (kind.in_grid, kind.not_in_grid_because) == (False, "涉及执法权")
    assert kind.ended_on == timezone.localdate()
    editor.post(f"{at}take-up/")
    kind.refresh_from_db()
    assert kind.ended_on is None


def test_reasons_are_listed_by_move(editor):
    editor.post("/catalogue/reasons/new/", {"move": "object", "text": "不属本单位职责"})
    page = editor.get("/catalogue/reasons/").content.decode()

    assert "派单异议" in page
    assert "不属本单位职责" in page


def test_a_table_is_shown_row_by_row_and_then_published(editor, tmp_path, today):
    content = csv_of(
        tmp_path / "t.csv", [*ROWS, ["", "", "03", "电井盖", "缺", "尽快", "", "", ""]]
    )
    file = SimpleUploadedFile("标准.csv", content.read_bytes())

    looked = editor.post(
        "/catalogue/upload/",
        {"file": file, "category": "component", "valid_from": today.isoformat()},
    )
    assert "退回 1 行" in looked.content.decode()
    number = looked.context["upload"].pk
    refused = editor.post(f"/catalogue/upload/{number}/publish/", {})
    assert refused.status_code == 409
    published = editor.post(f"/catalogue/upload/{number}/publish/", {"accept": "1"}, follow=True)

    assert "已写入" in published.content.decode()
    assert Kind.objects.filter(name="上水井盖").exists()


def test_a_file_that_is_no_table_is_told_so(editor, today):
    file = SimpleUploadedFile("x.xlsx", b"PK\x03\x04broken")

    answer = editor.post("/catalogue/upload/", {"file": file, "valid_from": today.isoformat()})

    assert answer.status_code == 422
    assert "打不开" in answer.content.decode()
