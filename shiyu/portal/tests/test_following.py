"""Following a report with its code: what is shown, to whom, and what may be done."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from shiyu.cases import actions as cases
from shiyu.cases.lifecycle import Stage
from shiyu.cases.models import Case, Rating
from shiyu.cases.tests.world import World, a_photo
from shiyu.common.models import Answered, Attempt
from shiyu.files.models import Photo
from shiyu.journal.models import Remark
from shiyu.portal.rules import LOOKING_UP
from shiyu.portal.tests.phone import Phone, photo_taken_at

pytestmark = pytest.mark.django_db


class Followed:
    """A report walked to a stage, and the address its holder looks at."""

    def __init__(self, world: World, stage: Stage, **report: Any) -> None:
        taken, self.code = world.report(**report)
        self.report, self.case, self.phone = taken, taken.case, Phone()
        self.address = f"/r/{self.code}/"
        walk(world, self.case, stage)

    def page(self) -> Any:
        return self.phone.get(self.address)

    def text(self) -> str:
        return self.page().content.decode()

    def fresh(self) -> Case:
        return Case.objects.get(pk=self.case.pk)


def walk(world: World, case: Case, stage: Stage) -> None:
    from shiyu.cases.tests.world import STEPS, WAYS

    for step in WAYS[stage]:
        STEPS[step](world, case, "manhole", "roads", ())
        case.refresh_from_db()


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        (Stage.REPORTED, ["已收到，等待受理", "受理员查看"]),
        (Stage.ACCEPTED, ["已受理，等待立案", "已受理"]),
        (Stage.FILED, ["已立案，等待派遣"]),
        (Stage.DISPATCHED, ["已派出，等待签收", "派给 市政养护所"]),
        (Stage.HANDLING, ["处置中", "市政养护所 已签收", "市政养护所 应当"]),
        (Stage.SUSPENDED, ["挂账中", "现在办不了，挂账到", "暂停"]),
        (Stage.HANDLED, ["已处置，等待核查", "换一个人去现场核查"]),
        (Stage.VERIFIED, ["核查通过，等待办结", "现场核查通过"]),
        (Stage.CLOSED, ["已办结", "办理结果：已解决", "问题解决了吗？"]),
        (Stage.DISMISSED, ["没有立案", "不属城市管理"]),
        (Stage.WITHDRAWN, ["已撤回", "您撤回了上报"]),
        (Stage.VOIDED, ["已作废"]),
    ],
)
def test_every_stage_is_told_in_plain_words(world: World, stage: Stage, words: list[str]) -> None:
    followed = Followed(world, stage)

    text = followed.text()

    for sentence in words:
        assert sentence in text


def test_a_merged_report_is_followed_in_the_case_it_joined(world: World) -> None:
    followed = Followed(world, Stage.MERGED)

    assert "已收到，等待受理" in followed.text()


def test_no_person_is_named_and_no_colleague_is_quoted(world: World) -> None:
    followed = Followed(world, Stage.HANDLING)
    cases.remark(followed.case, actor=world.actor("handler"), reason="联系上报人 13700000000")
    cases.handle(
        followed.case,
        unit=world.units["roads"],
        reason="刘洋已更换",
        photos=[],
        actor=world.actor("handler"),
    )

    text = followed.text()

    for person in world.people.values():
        assert person.name not in text
    assert "13700000000" not in text
    assert "已更换" not in text


def test_nothing_of_another_reporter_is_shown(world: World) -> None:
    first = Followed(
        world,
        Stage.HANDLING,
        name="欧阳某某",
        phone="13912345678",
        text="我家在三单元 201",
        address="书店街 9 号",
        photos=[photo_taken_at()],
    )
    intake = cases.Intake("portal", "second", "public", text="同一件", address="书店街 14 号")
    second, code = cases.join(first.case, intake, actor=world.actor("nobody"))

    text = Phone().get(f"/r/{code}/").content.decode()

    assert second.case_id == first.case.pk
    for secret in ("欧阳", "13912345678", "三单元", "书店街 9 号", "照片</h2>"):
        assert secret not in text


def test_why_this_unit_opens_the_standard_and_its_legal_basis(world: World) -> None:
    text = Followed(world, Stage.HANDLING).text()

    assert "为什么派给这个单位？" in text
    assert "市政养护所 是县区级主责单位" in text
    assert "井盖破损，影响通行或安全" in text
    assert "《城市管理执法办法》" in text


@pytest.mark.parametrize(
    "typed",
    [
        lambda code: code,
        lambda code: code.lower(),
        lambda code: code.replace("-", ""),
        lambda code: code.lower().replace("-", " "),
        lambda code: "".join(chr(ord(c) + 0xFEE0) if c != "-" else c for c in code),
    ],
)
def test_a_code_is_understood_however_it_is_typed(world: World, typed: Any) -> None:
    followed = Followed(world, Stage.REPORTED)

    answer = followed.phone.post("/r/", code=typed(followed.code))

    assert answer["Location"] == followed.address


@pytest.mark.parametrize(
    "code", ["AAAA-BBBB-CCCC", "x", "0000-0000-0000", "AAAA-BBBB-CCCC-DDDD", "…", "a\x00b"]
)
def test_a_wrong_code_and_an_unknown_one_are_answered_alike(world: World, code: str) -> None:
    Followed(world, Stage.REPORTED)

    answer = Phone().post("/r/", code=code)

    said = answer.content.decode()
    if "\x00" in code:
        assert (answer.status_code, "看不见的控制符" in said) == (422, True)
    else:
        assert (answer.status_code, "没有找到这个回执码的上报" in said) == (404, True)


def test_a_wrong_code_in_the_address_is_answered_the_same(world: World) -> None:
    answer = Phone().get("/r/AAAA-BBBB-CCCC/")

    assert answer.status_code == 404
    assert "没有找到这个回执码的上报" in answer.content.decode()


def test_guessing_is_stopped_even_with_the_right_code_at_last(world: World) -> None:
    followed = Followed(world, Stage.REPORTED)
    for _ in range(LOOKING_UP.attempts):
        Phone().get("/r/AAAA-BBBB-CCCC/")

    answer = followed.page()

    assert answer.status_code == 429
    assert "试的次数太多了" in answer.content.decode()


def test_looking_at_ones_own_report_is_no_guess(world: World) -> None:
    followed = Followed(world, Stage.REPORTED)
    for _ in range(LOOKING_UP.attempts + 5):
        assert followed.page().status_code == 200

    assert Attempt.objects.get(kind=LOOKING_UP.kind).failures == 0


def test_the_page_is_not_kept_not_indexed_and_tells_its_address_to_nobody(world: World) -> None:
    page = Followed(world, Stage.REPORTED).page()

    assert page["Cache-Control"] == "private, no-store"
    assert page["Referrer-Policy"] == "strict-origin"
    assert "noindex" in page["X-Robots-Tag"]


def test_words_and_photos_can_be_added_while_it_is_open(world: World) -> None:
    followed = Followed(world, Stage.HANDLING)

    answer = followed.phone.post(
        followed.address + "add/", text="今天更大了", photos=[photo_taken_at()]
    )

    assert answer["Location"] == "../"
    assert "您补充了情况" in followed.text()
    assert Photo.objects.get().added_by == f"receipt:{followed.report.pk}"


def test_adding_twice_with_one_form_adds_once(world: World) -> None:
    followed = Followed(world, Stage.HANDLING)
    followed.page()
    for _ in range(2):
        followed.phone.post(followed.address + "add/", text="今天更大了", form_token="t1")

    assert Remark.objects.filter(text="今天更大了").count() == 1
    assert followed.code not in str(list(Answered.objects.values()))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"text": " "}, "写一句，或加一张照片"),
        ({"text": "字" * 501}, "最多 500 字，现在多了 1 字"),
        ({"text": "a\x00b"}, "看不见的控制符"),
    ],
)
def test_what_cannot_be_added_says_why(world: World, fields: dict[str, str], words: str) -> None:
    followed = Followed(world, Stage.HANDLING)

    answer = followed.phone.post(followed.address + "add/", **fields)

    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_a_report_can_be_taken_back_with_a_reason(world: World) -> None:
    followed = Followed(world, Stage.HANDLING)

    refused = followed.phone.post(followed.address + "withdraw/", reason="")
    followed.phone.post(followed.address + "withdraw/", reason="已经修好了")

    assert refused.status_code == 422
    assert followed.fresh().stage == Stage.WITHDRAWN


def test_a_report_others_share_cannot_be_taken_back(world: World) -> None:
    followed = Followed(world, Stage.HANDLING)
    intake = cases.Intake("portal", "second", "public", text="同一件", address="书店街")
    cases.join(followed.case, intake, actor=world.actor("nobody"))

    answer = followed.phone.post(followed.address + "withdraw/", reason="已经修好了")

    assert answer.status_code == 422
    assert "还有其他人反映这件事" in answer.content.decode()


def test_after_closing_the_pictures_of_the_work_are_shown(world: World) -> None:
    followed = Followed(world, Stage.HANDLING)
    cases.handle(
        followed.case,
        unit=world.units["roads"],
        reason="已更换",
        photos=[a_photo()],
        actor=world.actor("handler"),
    )
    photo = Photo.objects.get()
    address = f"{followed.address}{photo.public_id}/small.jpg"
    before = followed.phone.get(address).status_code

    cases.verify(followed.case, reason="好了", actor=world.actor("verifier"))
    cases.close(followed.case, outcome="fixed", actor=world.actor("intake"))

    assert (before, followed.phone.get(address).status_code) == (404, 200)


def test_solved_is_kept_and_not_asked_again(world: World) -> None:
    followed = Followed(world, Stage.CLOSED)

    followed.phone.post(
        followed.address + "rate/", solved="yes", satisfaction="4", words="不该留下"
    )

    rating = Rating.objects.get()
    assert (rating.solved, rating.satisfaction, rating.remark_id) == ("yes", 4, None)
    assert followed.fresh().stage == Stage.CLOSED
    assert "您的评价" in followed.text()
    assert "提交评价" not in followed.text()


def test_the_unhappy_may_say_what_was_wrong(world: World) -> None:
    followed = Followed(world, Stage.CLOSED)

    followed.phone.post(
        followed.address + "rate/", solved="partly", satisfaction="2", words="只修了一半"
    )

    assert Remark.objects.get(pk=Rating.objects.get().remark_id).text == "只修了一半"


def test_not_solved_reopens_within_the_limit_and_says_so(world: World) -> None:
    followed = Followed(world, Stage.CLOSED)

    answer = followed.phone.client.post(
        followed.address + "rate/", {"solved": "no", "satisfaction": "1"}, follow=True
    )

    case = followed.fresh()
    assert (case.stage, case.round) == (Stage.HANDLING, 2)
    text = answer.content.decode()
    assert "这件已退回重新办理" in text
    assert "您反映没有解决，重新办理" in text


def test_after_the_limit_it_is_kept_says_why_and_offers_a_new_report(world: World) -> None:
    followed = Followed(world, Stage.CLOSED)
    long_ago = timezone.now() - timedelta(days=15)
    Case.objects.filter(pk=followed.case.pk).update(closed_at=long_ago)

    before = followed.text()
    answer = followed.phone.client.post(
        followed.address + "rate/", {"solved": "no"}, follow=True
    ).content.decode()

    assert "办结超过 14 天，选「没解决」只作记录，不能再退回重办" in before
    assert followed.fresh().stage == Stage.CLOSED
    assert Rating.objects.get().solved == "no"
    assert "不能再退回重办" in answer
    assert "重新上报" in answer


@pytest.mark.parametrize("solved", ["", "maybe"])
def test_a_rating_says_first_whether_it_is_solved(world: World, solved: str) -> None:
    followed = Followed(world, Stage.CLOSED)

    answer = followed.phone.post(followed.address + "rate/", solved=solved, satisfaction="5")

    assert answer.status_code == 422
    assert "选一项：问题解决了吗？" in answer.content.decode()
    assert not Rating.objects.exists()


def test_an_open_case_cannot_be_rated(world: World) -> None:
    followed = Followed(world, Stage.HANDLING)

    answer = followed.phone.post(followed.address + "rate/", solved="yes")

    assert answer.status_code == 422
    assert not Rating.objects.exists()


def test_a_code_opens_its_own_report_only(world: World) -> None:
    mine = Followed(world, Stage.REPORTED, text="我的", photos=[photo_taken_at()])
    other = Followed(world, Stage.REPORTED, text="别人的", address="北门 77 号")
    photo = Photo.objects.get()

    assert "北门 77 号" not in mine.text()
    assert other.phone.get(f"{other.address}{photo.public_id}/full.jpg").status_code == 404
    assert mine.phone.get(f"{mine.address}{photo.public_id}/full.jpg").status_code == 200


def test_a_long_story_costs_no_more_queries_than_a_short_one(
    world: World, django_assert_max_num_queries: Any
) -> None:
    short, long = Followed(world, Stage.DISPATCHED), Followed(world, Stage.CLOSED)
    for n in range(5):
        cases.remark(long.case, actor=world.actor("intake"), reason=f"批注 {n}")

    for followed in (short, long):
        followed.page()
        with django_assert_max_num_queries(18):
            followed.page()


@pytest.mark.parametrize("address", ["/", "/help/", "/r/", "/report/photo/", "/report/words/"])
def test_every_public_page_has_its_elder_form_and_both_languages(
    world: World, address: str
) -> None:
    phone = Phone()
    phone.client.cookies["size"] = "elder"

    text = phone.get(address).content.decode()

    assert 'data-size="elder"' in text
    assert "打电话问 12345" in re.sub(r"<[^>]+>", "", text)
    assert 'value="en"' in text
