"""Numbers that name people reach no column of words, whichever way they come (安全要求第 23 条)."""

import re
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from shiyu.api.open311.tests.calls import citizen
from shiyu.api.tests.calling import let_in
from shiyu.cases import actions
from shiyu.cases.channels import Channel
from shiyu.cases.models import Case, Look, Report
from shiyu.cases.tests.world import World, a_photo
from shiyu.common.masking import IN_CLEAR, mask, masked
from shiyu.history.intake.tests.test_taking import taken_of
from shiyu.journal.actions import commitment
from shiyu.journal.models import Line, Remark
from shiyu.portal.models import Draft
from shiyu.portal.tests.phone import Phone
from tests.every_page.test_words_on_every_page import columns
from tests.privacy.test_canaries import hits

PHONE, CARD, PLATE = "13912345678", "410204199001011234", "豫B12345"
SAID = f"井盖坏了，找 {PHONE}，身份证 {CARD}，车 {PLATE}"
KEPT = "井盖坏了，找 139****5678，身份证 41**************34，车 豫B***45"
HOLE = {"channel": "hotline", "address": "书店街 12 号", "lon": "114.31", "lat": "34.80"}

MASKED = {
    "journal_remark.text": "remark_masked",
    "cases_case.address": "case_address_masked",
    "portal_draft.text": "draft_masked",
    "portal_draft.address": "draft_masked",
}
"""Columns of what people write, and the database's own refusal of what is in clear."""

NOT_MASKED = {
    "about work, by those who do it; nobody outside writes or reads them": (
        *(
            "privacy_assessment.",
            "catalogue_objection.",
            "desk_export.",
            "calendars_retiming.says",
            "api_key.revoked_why",
        ),
        *("desk_saved.name", "catalogue_reason.text", "catalogue_procedure.source"),
        *("notices_connector.name", "notices_subscription.name", "api_client.name"),
    ),
    "names of units, posts, people, places and kinds, and rules: published, or staff alone": (
        *("people_", "places_", "calendars_", "catalogue_", "notices_house.address"),
    ),
    "the program's own": ("journal_mark.", "usersessions_", "desk_", "notices_delivery.answer"),
    "masked when it is made": ("notices_address.hint", "notices_follower.hint"),
}


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("电话13812345678找老王", "电话138****5678找老王"),
        ("+86 138 1234 5678", "+86 138****5678"),
        ("１３８１２３４５６７８", "１３８****５６７８"),
        ("身份证 410204 19900101 123x。", "身份证 41**************3x。"),
        ("豫B·12345 和 豫BD12345", "豫B***45 和 豫B***45"),
        ("114.13912345678, 34.80", "114.13912345678, 34.80"),
        ("KF20261121000007 打 12345", "KF20261121000007 打 12345"),
        ("单号 13812345678901", "单号 13812345678901"),
        ("川B3栋1203室", "川B3栋1203室"),
    ],
)
def test_numbers_of_people_are_hidden_and_other_numbers_stay(said: str, kept: str) -> None:
    assert masked(said) == kept
    assert masked(kept) == kept


@given(st.text(alphabet="139１086 -.X豫BA电4702\n", max_size=60) | st.text(max_size=40))
@settings(max_examples=300, deadline=None)
def test_what_was_masked_is_never_refused_by_the_database(text: str) -> None:
    once = masked(text)
    assert not re.search(IN_CLEAR, once)
    assert masked(once) == once


def by_phone(world: World, client: Client, _tmp: Any) -> None:
    phone = Phone()
    phone.post("/report/words/", text=SAID)
    draft = Draft.objects.get()
    assert draft.text == KEPT
    phone.place(address=f"书店街 12 号 {PHONE}", lon="114.31", lat="34.80")
    phone.kind("10101")
    assert 'id="hidden-numbers"' in phone.get("/report/check/").content.decode()
    phone.send(phone="", name="")


def by_one_page(world: World, client: Client, _tmp: Any) -> None:
    Phone().post("/report/whole/", text=SAID, address=f"书店街 12 号 {PHONE}", place="410204")


def by_desk(world: World, client: Client, _tmp: Any) -> None:
    client.force_login(world.people["intake"])
    client.post("/desk/new/", HOLE | {"text": SAID, "photos": a_photo()})


def by_api(world: World, client: Client, _tmp: Any) -> None:
    key = let_in(world, "cases:report@410204", unit="gulou")
    key.post("/batches/cases", {"items": [{"ref": "1", "text": SAID, "lon": 114.31, "lat": 34.8}]})
    key.post("/cases", {"ref": "2", "text": SAID, "lon": 114.31, "lat": 34.8})


def by_open311(world: World, client: Client, _tmp: Any) -> None:
    citizen().report(description=SAID)


def by_import(world: World, client: Client, tmp: Any) -> None:
    taken_of(tmp / "a.csv", f"Z1,2026-01-05 08:00,,,,{SAID},书店街,,,,,", encoding="utf-8-sig")


WAYS = (by_phone, by_one_page, by_desk, by_api, by_open311, by_import)


@pytest.mark.django_db
@pytest.mark.parametrize("way", WAYS)
def test_no_way_in_keeps_a_number_in_clear(
    world: World, client: Client, tmp_path: Any, way: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shiyu.common.attempts.count", lambda *_c: None)

    way(world, client, tmp_path)

    taken = list(Report.objects.select_related("reporter", "case"))
    assert taken
    assert hits({PHONE, CARD}) == set()
    for report in taken:
        remark = Remark.objects.get(pk=report.remark_id)
        assert "139****5678" in remark.text
        assert PHONE in report.reporter.hidden
        assert CARD not in report.reporter.hidden
        line = Line.objects.get(remark_id=remark.pk)
        assert line.commitment == commitment(remark)
    if way is not by_desk:  # the official writes down a plate that they act upon
        assert hits({PLATE}) == set()


@pytest.mark.django_db
def test_words_of_a_move_and_a_corrected_address_are_masked_too(world: World) -> None:
    report, _code = world.report(text="井盖")
    intake = world.actor("intake")
    actions.remark(report.case, actor=intake, reason=SAID)
    actions.correct(report.case, actor=intake, reason="改", address=f"书店街 {PHONE}")

    assert hits({PHONE, CARD}) == set()
    assert Case.objects.get().address == "书店街 139****5678"
    assert Remark.objects.filter(text__contains=PLATE).exists()


@pytest.mark.django_db
def test_what_was_hidden_is_read_under_a_grant_on_record(world: World, client: Client) -> None:
    report, _code = world.report(text=SAID)
    client.force_login(world.people["intake"])
    page, ask = (
        f"/cases/{report.case.number}/",
        f"/cases/{report.case.number}/reporter/{report.pk}/",
    )
    before = client.get(page).content.decode()
    assert PHONE not in before
    assert "查看文字里隐去的号码" in before
    assert f'id="see-hidden-{report.pk}" checked' in before
    assert f'id="see-phone-{report.pk}"' not in before
    nothing = {"purpose": "on_site", "reason": "联系", "fields": ["name", "phone"]}
    assert client.post(ask, nothing).status_code == 422

    client.post(ask, {"purpose": "on_site", "reason": "联系施工队", "fields": ["hidden"]})
    assert f"{PHONE}、{PLATE}" in client.get(page).content.decode()

    assert Look.objects.filter(under=None).get().fields == ["hidden"]
    assert Look.objects.exclude(under=None).get().fields == ["hidden"]


@pytest.mark.django_db
def test_the_database_refuses_what_a_new_way_in_forgot_to_mask(world: World) -> None:
    world.report(text="井盖")
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint WHERE contype = 'c'")
        assert set(MASKED.values()) <= {name for (name,) in cursor.fetchall()}
    for said in (PHONE, CARD):
        with pytest.raises(IntegrityError, match="remark_masked"), transaction.atomic():
            Remark.objects.create(subject="x", text=said, salt="", author="x", written_at=_now())
    with pytest.raises(IntegrityError, match="case_address_masked"), transaction.atomic():
        Case.objects.update(address=PHONE)
    with pytest.raises(IntegrityError, match="draft_masked"), transaction.atomic():
        Draft.objects.create(ref="x", key="x", text=PHONE)


def test_every_column_of_words_is_masked_or_says_why_not() -> None:
    """A new column of words stands in MASKED with its check, or in NOT_MASKED with a reason."""
    reasons = [start for some in NOT_MASKED.values() for start in some]
    found = {f"{table}.{column}" for table, column, _most in columns()}

    assert found >= MASKED.keys() - {"portal_draft.address"}
    unsaid = {name for name in found - MASKED.keys() if not name.startswith(tuple(reasons))}
    assert unsaid == set()


def test_every_channel_of_reports_has_been_tried() -> None:
    """A channel that is added is tried here, or stands with the way by which it comes."""
    come_by = {
        "public": (by_phone, by_one_page, by_open311),
        "hotline": (by_desk, by_import),
        "patrol": (by_desk, by_api),
        "sensor": (by_api,),
        "department": (by_desk, by_api),
        "superior": (by_desk,),
        "import": (by_import,),
    }
    assert come_by.keys() == set(map(str, Channel))
    assert {way for ways in come_by.values() for way in ways} == set(WAYS)


def test_plates_are_left_to_the_official_who_acts_upon_them() -> None:
    assert mask(PLATE, plates=False).text == PLATE
    assert mask(SAID).needed == (PHONE, PLATE)


def _now() -> Any:
    from django.utils import timezone

    return timezone.now()
