"""A report on one page: as sure as by steps, and nothing lost where something is still asked."""

import re
from typing import Any

import pytest

from shiyu.cases.models import Case, Report
from shiyu.cases.tests.world import HERE, World
from shiyu.common.errors import OutOfOrder
from shiyu.files.models import Photo
from shiyu.portal import actions
from shiyu.portal.models import Draft
from shiyu.portal.tests.phone import Phone, photo_taken_at

pytestmark = pytest.mark.django_db

WHOLE = "/report/whole/"
SAID = {"text": "井盖破了一个洞", "address": "书店街 12 号", "place": "410204001001"}


@pytest.fixture
def phone(world: World) -> Phone:
    return Phone()


def ref_on(page: Any) -> str:
    found = re.search(r'name="draft" value="([0-9a-f]{32})"', page.content.decode())
    assert found is not None
    return found[1]


def opened(phone: Phone) -> str:
    """Open the page; the name of the report that its form begins."""
    return ref_on(phone.get(WHOLE))


def is_sent(answer: Any) -> bool:
    return answer.status_code == 302 and answer["Location"] == "/report/done/"


def test_one_page_and_one_form_become_a_report_with_its_receipt(phone: Phone) -> None:
    ref = opened(phone)
    assert not Draft.objects.exists()

    answer = phone.post(
        WHOLE, draft=ref, kind="10101", phone="138 0000 0000", name="张先生", **SAID
    )

    assert is_sent(answer)
    report = Report.objects.get()
    case = report.case
    assert (report.source, report.source_ref) == ("portal", ref)
    assert (case.kind.code, case.place.name, case.address) == (
        "10101",
        "书店街社区",
        "书店街 12 号",
    )
    assert (report.reporter.name, report.reporter.phone) == ("张先生", "13800000000")
    page = phone.get("/report/done/")
    assert page.context["code"]
    assert Draft.objects.get().text == ""


def test_the_same_form_twice_is_one_report_also_before_the_first_answer_came(phone: Phone) -> None:
    ref = opened(phone)
    before = phone.client.cookies["report"].value

    assert is_sent(phone.post(WHOLE, draft=ref, **SAID))
    phone.client.cookies["report"] = before
    assert is_sent(phone.post(WHOLE, draft=ref, **SAID))

    assert Report.objects.count() == 1
    assert phone.get("/report/done/").context["code"]


def test_the_next_report_of_a_browser_sent_twice_is_one_too(phone: Phone) -> None:
    phone.report()
    before, ref = phone.client.cookies["report"].value, opened(phone)

    assert is_sent(phone.post(WHOLE, draft=ref, **SAID))
    first = phone.client.cookies["report"].value
    phone.client.cookies["report"] = before
    assert is_sent(phone.post(WHOLE, draft=ref, **SAID))

    assert phone.client.cookies["report"].value == first != before
    assert Report.objects.count() == 2
    assert phone.get("/report/done/").context["report"].source_ref == ref


def test_words_that_several_places_are_called_by_are_asked_about_once(phone: Phone) -> None:
    said = {"draft": opened(phone), "text": "路灯不亮", "address": "书店街 12 号"}

    asked = phone.post(WHOLE, **said)

    assert asked.status_code == 200
    assert "是下面哪个地方？" in asked.content.decode()
    assert Draft.objects.get().text == "路灯不亮"
    assert is_sent(phone.post(WHOLE, **said, asked="1", place=""))
    assert Case.objects.get().address == "书店街 12 号"


def test_what_cannot_be_taken_keeps_all_the_rest_and_the_photo(phone: Phone) -> None:
    ref = opened(phone)

    wrong = phone.post(WHOLE, draft=ref, phone="138", photos=[photo_taken_at()], **SAID)

    assert wrong.status_code == 422
    page = wrong.content.decode()
    assert "手机号应是 11 位数字，现在是 3 位" in page
    assert "书店街 12 号" in page
    assert Photo.objects.get().subject == Draft.objects.get().subject
    assert is_sent(phone.post(WHOLE, draft=ref_on(wrong), phone="13800000000", **SAID))
    assert Photo.objects.get().subject == Case.objects.get().subject


def test_nothing_said_is_told_at_both_fields_and_keeps_no_draft(phone: Phone) -> None:
    answer = phone.post(WHOLE, draft=opened(phone))

    assert answer.status_code == 422
    page = answer.content.decode()
    assert "或附一张照片" in page
    assert "填写问题所在的街道和门牌" in page
    assert not Draft.objects.exists()


def test_a_place_in_a_photo_waits_for_a_yes(phone: Phone) -> None:
    asked = phone.post(WHOLE, draft=opened(phone), photos=[photo_taken_at(*HERE)])

    assert asked.status_code == 200
    assert "已按照片位置填好" in asked.content.decode()
    at = {"lon": asked.context["form"]["lon"].value(), "lat": asked.context["form"]["lat"].value()}
    assert is_sent(phone.post(WHOLE, draft=ref_on(asked), **at))
    assert Case.objects.get().place.code == "41020400100101"


def test_a_case_close_by_is_asked_about_with_all_that_was_said_kept(phone: Phone) -> None:
    Phone().report()
    said = {"text": "井盖又破了", "kind": "10101", "lon": "114.31", "lat": "34.80"}

    answer = phone.post(WHOLE, draft=opened(phone), phone="13800000000", **said)

    assert answer["Location"] == "/report/similar/"
    assert phone.post("/report/similar/", same="")["Location"] == "/report/check/"
    assert 'value="13800000000"' in phone.get("/report/check/").content.decode()
    assert is_sent(phone.send(phone="13800000000"))
    assert Report.objects.count() == 2


def test_what_was_begun_by_steps_stands_on_the_page_and_other_forms_change_nothing(
    phone: Phone,
) -> None:
    phone.write("路灯不亮")

    assert "路灯不亮" in phone.get(WHOLE).content.decode()
    assert phone.post(WHOLE, draft="0" * 32, **SAID)["Location"] == "/report/"
    assert Draft.objects.get().text == "路灯不亮"
    assert not Report.objects.exists()


def test_a_page_that_comes_after_the_report_was_sent_changes_nothing_of_it(phone: Phone) -> None:
    """Both read the draft before either sent it: a double tap, or two pages of one browser."""
    phone.post("/report/words/", text="井盖破了")
    late = Draft.objects.get()
    assert is_sent(phone.post(WHOLE, draft=late.ref, **SAID))
    code = phone.get("/report/done/").context["code"]
    late.text, late.address = "别的话", "别的路"

    with pytest.raises(OutOfOrder):
        actions.fill(late, phone.client.cookies["report"].value)
    sent = actions.send_filled(late, phone.client.cookies["report"].value)

    assert sent.report == Report.objects.get()
    assert Draft.objects.get().text == ""
    assert code
    assert phone.get("/report/done/").context["code"] == code


@pytest.mark.parametrize("said", [SAID, {"text": "井盖破了", "address": "街"}])
def test_the_name_of_anothers_form_is_refused_and_theirs_stays(
    phone: Phone, said: dict[str, str]
) -> None:
    ref = opened(phone)
    assert is_sent(phone.post(WHOLE, draft=ref, **SAID))
    before = Draft.objects.values().get()
    stranger = Phone()
    opened(stranger)

    answer = stranger.post(WHOLE, draft=ref, **said)

    assert answer.status_code == 422
    assert Draft.objects.values().get() == before
    assert Report.objects.count() == 1
