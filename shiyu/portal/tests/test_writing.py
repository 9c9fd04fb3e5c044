"""Writing a report from the first photo to the receipt, without a script."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from shiyu.cases.models import Case, Found, Report, Reporter
from shiyu.cases.tests.world import HERE, THERE, World
from shiyu.files.models import Photo
from shiyu.journal.models import Line, Remark
from shiyu.portal import actions, seal
from shiyu.portal.models import Draft
from shiyu.portal.tests.phone import Phone, photo_taken_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def phone(world: World) -> Phone:
    return Phone()


def leads_to(answer: Any, step: str) -> bool:
    return answer.status_code == 302 and answer["Location"] == f"/report/{step}/"


def refused(answer: Any, words: str) -> bool:
    return answer.status_code == 422 and words in answer.content.decode()


def test_a_photo_with_a_place_becomes_a_report_in_four_steps(phone: Phone) -> None:
    assert leads_to(phone.take(photo_taken_at(*HERE)), "place")

    page = phone.get("/report/place/").content.decode()
    assert "已按照片位置填好" in page
    assert "书店街社区" in page

    draft = Draft.objects.get()
    assert leads_to(phone.place(lon=str(draft.lon), lat=str(draft.lat)), "kind")
    assert leads_to(phone.kind("10101", text="破了一个洞"), "check")
    assert leads_to(phone.send(phone="138 0000-0000", name="张先生"), "done")

    case = Case.objects.get()
    report = case.reports.get()
    assert (case.channel, case.kind.code, case.place.code) == ("public", "10101", "41020400100101")
    assert (round(case.lon, 4), round(case.lat, 4)) == HERE
    assert (report.source, report.source_ref) == ("portal", draft.ref)
    assert Photo.objects.get().subject == case.subject
    assert Photo.objects.get().added_by == f"receipt:{report.pk}"
    reporter = report.reporter
    assert (reporter.name, reporter.phone) == ("张先生", "13800000000")


def test_the_receipt_shows_the_number_the_code_and_what_follows(phone: Phone) -> None:
    report, code = phone.report()

    page = phone.get("/report/done/")

    text = page.content.decode()
    assert report.case.number in text
    assert code in text
    assert "受理员查看" in text
    assert "2 小时内处置" in text
    assert page["Cache-Control"] == "private, no-store"
    assert "noindex" in page["X-Robots-Tag"]


def test_words_and_an_address_alone_will_do(phone: Phone) -> None:
    phone.write("路灯不亮")
    asked = phone.post("/report/place/", address="书店街 12 号")
    assert "是下面哪个地方？" in asked.content.decode()

    phone.place(address="书店街 12 号", place="410204001001")
    phone.kind("10201")
    phone.send()

    case = Case.objects.get()
    assert (case.address, case.lon, case.place.name) == ("书店街 12 号", None, "书店街社区")


def test_an_address_nobody_knows_is_taken_as_it_is(phone: Phone) -> None:
    phone.write("路灯不亮")

    assert leads_to(phone.post("/report/place/", address="老城门外第三个路口"), "kind")


def test_somebody_who_cannot_name_a_kind_leaves_it_to_the_desk(phone: Phone) -> None:
    phone.write("这里不太对劲")
    phone.place(address="书店街 12 号")

    assert leads_to(phone.post("/report/kind/all/", kind="unsure"), "check")
    phone.send()

    assert Case.objects.get().kind is None


def test_kinds_are_suggested_by_the_words_written_with_the_reason(phone: Phone) -> None:
    phone.write("门口的路灯坏了不亮")
    phone.place(address="书店街 12 号")

    page = phone.get("/report/kind/")

    offers = [(o.kind.name, o.because) for o in page.context["offers"]]
    assert offers == [("路灯不亮", "您写到「路灯、不亮」")]
    assert Draft.objects.get().kind is None


def test_kinds_are_found_by_a_few_words(phone: Phone) -> None:
    phone.write("有问题")
    phone.place(address="书店街 12 号")

    page = phone.post("/report/kind/all/", words="垃圾", do="find")

    assert [offer.kind.name for offer in page.context["found"]] == ["暴露垃圾"]


def test_every_change_leads_back_to_the_check(phone: Phone) -> None:
    phone.take(photo_taken_at(*HERE))
    phone.place(address="书店街 12 号", lon="114.31", lat="34.80")
    phone.kind("10101")

    assert leads_to(phone.send(go="place", phone="138"), "place")
    assert leads_to(phone.place(address="书店街 14 号", lon="114.31", lat="34.80"), "check")
    assert leads_to(phone.send(go="kind"), "kind")
    assert leads_to(phone.kind("10201", text="其实是路灯"), "check")
    page = phone.get("/report/check/").content.decode()
    assert "书店街 14 号" in page
    assert "路灯不亮" in page
    assert "其实是路灯" in page


def test_going_back_from_the_check_keeps_the_number_typed_sealed(phone: Phone) -> None:
    phone.write("井盖破了")
    phone.place(address="书店街 12 号")
    phone.kind("10101")

    phone.send(go="place", phone="13800000000", name="张先生")

    assert 'value="13800000000"' in phone.get("/report/check/").content.decode()
    draft = Draft.objects.get()
    assert "13800000000" not in draft.sealed
    assert seal.unseal("another token", draft.sealed) == {}


def test_photos_can_be_taken_out_again(phone: Phone) -> None:
    phone.take(photo_taken_at(), photo_taken_at(*HERE))
    first = Photo.objects.first()

    phone.post(f"/report/photo/{first.public_id}/drop/")

    assert Photo.objects.count() == 1


def test_a_photo_of_a_draft_is_shown_to_its_own_browser_alone(phone: Phone) -> None:
    phone.take(photo_taken_at(*HERE))
    photo = Photo.objects.get()

    assert phone.get(f"/report/photo/{photo.public_id}/").status_code == 200
    assert Phone().get(f"/report/photo/{photo.public_id}/").status_code == 404
    assert Phone().get(f"/files/{photo.public_id}/small.jpg").status_code == 404


def test_a_photo_taken_outside_the_city_proposes_no_place(phone: Phone) -> None:
    phone.take(photo_taken_at(121.4, 31.2))

    page = phone.get("/report/place/").content.decode()

    assert "照片里的位置不在本市" in page
    assert Draft.objects.get().lon is None


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "填写问题所在的街道和门牌，如「书店街 12 号」"),
        ({"address": "   "}, "填写问题所在的街道和门牌"),
        ({"lon": "121.4", "lat": "31.2"}, "这个位置不在本市。请核对，或拨打当地 12345"),
        ({"lon": "nan", "lat": "34.8"}, "位置应是经度和纬度"),
        ({"lon": "1e400", "lat": "34.8"}, "位置应是经度和纬度"),
        ({"lon": "abc", "lat": "34.8"}, "位置应是经度和纬度"),
        ({"lon": "500", "lat": "34.8"}, "位置应是经度和纬度"),
        ({"address": "x" * 201}, "街道和门牌最多 200 字，现在多了 1 字"),
        ({"address": "书店街", "place": "999999"}, "没有这个地点，请重新选"),
        ({"address": "书店街", "place": "4102\x00"}, "没有这个地点，请重新选"),
    ],
)
def test_a_place_that_cannot_be_taken_says_why(
    phone: Phone, fields: dict[str, str], words: str
) -> None:
    phone.write("井盖破了")

    answer = phone.place(**fields)

    assert refused(answer, words)
    assert not Draft.objects.get().placed


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "写一句是什么问题"),
        ("   \n\t ", "写一句是什么问题"),
        ("\u202e\u2066\u200f", "写一句是什么问题"),
        ("井盖\x00破了", "文字里有看不见的控制符"),
        ("字" * 536, "最多 500 字，现在多了 36 字"),
    ],
)
def test_words_that_cannot_be_taken_say_why(phone: Phone, text: str, words: str) -> None:
    answer = phone.write(text)

    assert refused(answer, words)
    assert not Draft.objects.exists()


def test_direction_overrides_are_left_out_of_what_is_kept(phone: Phone) -> None:
    phone.write("井盖\u202e破了")

    assert Draft.objects.get().text == "井盖破了"


def test_ten_megabytes_of_words_are_too_much(phone: Phone) -> None:
    answer = phone.post("/report/words/", text="字" * 3_500_000)

    assert answer.status_code == 413
    assert not Draft.objects.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"GIF89a not a photo at all", "照片应是 JPG、PNG 或 HEIC"),
        (b"\xff\xd8\xff\xe0" + b"broken" * 40, "照片不完整，打不开"),
        (b"", "照片是空的"),
        (b"\xff\xd8\xff" + b"0" * (20 * 1024 * 1024), "照片超过 20 MB，请换一张或重拍"),
    ],
)
def test_a_wrong_photo_says_what_to_do_and_leaves_nothing(
    phone: Phone, content: bytes, words: str
) -> None:
    answer = phone.take(SimpleUploadedFile("photo.jpg", content, content_type="image/jpeg"))

    assert refused(answer, words)
    assert not Photo.objects.exists()


def test_one_wrong_photo_keeps_none_of_those_sent_with_it(phone: Phone) -> None:
    wrong = SimpleUploadedFile("photo.jpg", b"nothing", content_type="image/jpeg")

    phone.take(photo_taken_at(*HERE), wrong)

    assert not Photo.objects.exists()


def test_a_fourth_photo_is_one_too_many(phone: Phone) -> None:
    answer = phone.take(*(photo_taken_at() for _ in range(4)))

    assert refused(answer, "照片最多 3 张")
    assert not Photo.objects.exists()


def test_no_photo_at_all_names_the_way_without(phone: Phone) -> None:
    assert refused(phone.post("/report/photo/"), "没有照片，直接写")


@pytest.mark.parametrize("code", ["99999", "10101\x00", "'; drop table", "30102"])
def test_an_unknown_kind_is_not_taken(phone: Phone, code: str) -> None:
    phone.write("井盖破了")
    phone.place(address="书店街 12 号")

    assert refused(phone.kind(code), "没有这个类别，请重新选")
    assert not Draft.objects.get().sorted


def test_a_kind_not_open_to_residents_is_not_taken(phone: Phone, world: World) -> None:
    kind = world.kinds["noise"]
    kind.for_public = False
    kind.save()
    phone.write("噪声")
    phone.place(address="书店街 12 号")

    assert refused(phone.kind("30101"), "没有这个类别，请重新选")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("1380000000", "手机号应是 11 位数字，现在是 10 位"),
        ("138000000001", "手机号应是 11 位数字，现在是 12 位"),
        ("abc", "手机号应是 11 位数字，现在是 0 位"),
        ("23800000000", "手机号应以 1 开头"),
    ],
)
def test_a_wrong_number_is_said_and_the_report_waits(phone: Phone, number: str, words: str) -> None:
    phone.write("井盖破了")
    phone.place(address="书店街 12 号")
    phone.kind("10101")

    answer = phone.send(phone=number)

    assert refused(answer, words)
    assert f'value="{number}"' in answer.content.decode()
    assert not Case.objects.exists()


def test_a_number_with_country_code_and_spaces_is_understood(phone: Phone) -> None:
    phone.report(phone="+86 138 0000 0000")

    assert Reporter.objects.get().phone == "13800000000"


def test_sending_again_gives_the_same_receipt(phone: Phone) -> None:
    report, code = phone.report()

    answer = phone.send()

    assert leads_to(answer, "done")
    page = phone.get("/report/done/")
    assert (page.context["report"], page.context["code"]) == (report, code)
    assert f"编号 {report.case.number}" in page.content.decode()
    assert Report.objects.count() == 1


def test_a_page_of_an_older_report_changes_nothing_in_the_present_one(phone: Phone) -> None:
    phone.write("第一件")
    old = Draft.objects.get().ref
    phone.post("/report/clear/")
    phone.write("第二件")

    answer = phone.place(draft=old, address="别处")

    assert answer["Location"] == "/report/"
    assert not Draft.objects.get().placed


def test_the_receipt_is_for_the_browser_that_reported(phone: Phone) -> None:
    phone.report()

    answer = Phone().get("/report/done/")

    assert answer["Location"] == "/r/"


def test_nothing_about_the_reporter_is_in_the_journal_the_words_or_the_draft(phone: Phone) -> None:
    report, code = phone.report(phone="13912345678", name="欧阳某某")

    kept = [str(list(rows.values())) for rows in (Line.objects, Remark.objects, Draft.objects)]
    kept += [str(list(rows.values())) for rows in (Case.objects, Report.objects, Found.objects)]
    for text in kept:
        assert "13912345678" not in text
        assert "欧阳" not in text
        assert code not in text
        assert code.replace("-", "") not in text
    assert Reporter.objects.get().report == report


def test_a_report_that_sounds_urgent_shows_the_emergency_numbers_first(phone: Phone) -> None:
    phone.write("井盖没了，有人掉下去了")

    assert "有人有危险？先打电话" in phone.get("/report/place/").content.decode()


def test_without_the_cookie_one_is_told_to_begin_again(world: World) -> None:
    answer = Client().get("/report/kind/", follow=True)

    assert "没有找到您写的内容" in answer.content.decode()


def test_old_drafts_go_with_their_photos_and_sent_reports_stay(phone: Phone) -> None:
    phone.take(photo_taken_at(*HERE))
    other = Phone()
    report, _code = other.report()
    Draft.objects.update(touched_at=timezone.now() - timedelta(hours=25))

    gone = actions.forget(before=timezone.now() - timedelta(days=1))

    assert gone == 2
    assert not Photo.objects.exists()
    assert Report.objects.filter(pk=report.pk).exists()


def test_a_cleared_draft_is_gone_with_its_photos(phone: Phone) -> None:
    phone.take(photo_taken_at(*HERE))

    phone.post("/report/clear/")

    assert not Draft.objects.exists()
    assert not Photo.objects.exists()


def test_a_point_of_the_other_county_goes_to_its_centre(phone: Phone) -> None:
    phone.write("井盖破了")
    phone.place(lon=str(THERE[0]), lat=str(THERE[1]))
    phone.kind("10101")
    phone.send()

    assert Case.objects.get().centre.code == "C3"


@pytest.mark.django_db(transaction=True)
def test_pressing_twice_at_once_sends_one_report(world: World) -> None:
    phone = Phone()
    phone.write("井盖破了")
    phone.place(address="书店街 12 号")
    phone.kind("10101")
    ready = threading.Barrier(6)
    answers: list[str] = []

    def press() -> None:
        again = Client()
        again.cookies = phone.client.cookies
        ready.wait()
        answers.append(again.post("/report/check/", {"phone": "13800000000"})["Location"])
        connection.close()

    threads = [threading.Thread(target=press) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == ["/report/done/"] * 6
    assert (Report.objects.count(), Case.objects.count(), Reporter.objects.count()) == (1, 1, 1)
    assert phone.get("/report/done/").context["code"]


def test_an_address_that_names_one_place_needs_no_question(phone: Phone) -> None:
    phone.write("路灯不亮")

    assert leads_to(phone.post("/report/place/", address="龙亭区老城门外 3 号"), "kind")
    assert Draft.objects.get().place.name == "龙亭区"
