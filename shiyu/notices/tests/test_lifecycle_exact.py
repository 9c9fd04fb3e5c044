"""The life of a delivery, written a second time by hand, and whose notices one sees."""

from typing import Any

import pytest
from django.utils import timezone, translation

from shiyu.common.errors import NotAllowed, NotFound
from shiyu.notices import lifecycle, rules
from shiyu.notices.lifecycle import MOVES, WHY, Channel, State
from shiyu.notices.models import Connector, Follower, Notice, Subscription
from shiyu.people.actors import Actor, Scope
from shiyu.people.duties import Duty
from shiyu.people.models import Person

WAYS = {
    "withhold": "owed > withheld program",
    "release": "withheld > owed program",
    "gather": "withheld > gathered program",
    "begin": "owed > sending program",
    "put_off": "sending > owed program",
    "confirm": "sending unknown > sent peer",
    "refuse": "sending sent unknown > failed peer",
    "arrive": "sending sent unknown > arrived peer",
    "lose": "sending > unknown program",
    "doubt": "owed sending withheld > unknown program",
    "expire": "owed > failed program",
    "drop": "owed withheld > dropped program",
    "resend": "failed unknown > owed person",
    "mark_arrived": "unknown > arrived person",
    "give_up": "failed unknown > dropped person",
}
REASONS = """
    unreachable 连不上对方;refused 对方拒绝连接;connect_timeout 连接超时;no_such_host 找不到主机;
    bad_certificate 证书不对;no_tls 加密连接没有建立;not_secure 对方不支持加密连接;
    forbidden_address 地址在内网，不许访问;sign_in_refused 账号或密码不对;not_now 对方要求稍后再试;
    busy 对方说太多了，稍后再试;rejected 对方拒收;no_such_address 对方没有这个地址;
    gone 对方已停用这个地址;redirected 对方要求转到别处，不跟随;peer_error 对方出错，不知收到没有;
    garbled 对方的答复读不懂;timeout 发出后没有等到答复;broken_off 发送中途断开;
    worker_killed 发送途中程序被终止;no_connector 这个渠道还没有接口;expired 过了时限没有发出;
    too_often 这个号码今天已经发得太多;too_many_waiting 积压太多，已停止;
    no_key 接入系统已没有有效密钥;not_wanted 收件人不要了;bounced 回执说没有送达;
    restored 数据恢复到较早时刻，其后是否发出不知道
"""


# ---- without any record -------------------------------------------------------------------------


def test_every_move_goes_from_where_to_where_it_says_and_by_whom():
    found = {
        name: f"{' '.join(sorted(move.sources))} > {move.target} {move.by}"
        for name, move in MOVES.items()
    }

    assert found == WAYS
    assert all(move.name == name for name, move in MOVES.items())
    with translation.override("zh-hans"):
        assert "、".join(str(move.title) for move in MOVES.values()) == (
            "免打扰、免打扰结束、并入汇总、开始发送、稍后再试、对方收下、对方拒收、回执送达、结果不明、"
            "恢复后不明、过期、不再发送、重新发送、确认已到、不再追究"
        )


def test_states_wait_need_a_person_or_are_for_good_as_the_moves_have_it():
    leave = {state for move in MOVES.values() for state in move.sources}
    people = {s for m in MOVES.values() if m.by == "person" for s in m.sources}

    assert set(State) - leave == lifecycle.FOR_GOOD == {"arrived", "gathered", "dropped"}
    assert people == lifecycle.NEEDS_A_PERSON == {"unknown", "failed"}
    assert {"owed", "withheld", "sending"} == lifecycle.WAITING
    assert set(Channel) == {"mail", "sms", "webhook"}


def test_every_reason_why_a_delivery_did_not_go_has_its_words():
    written = dict(line.strip().split(" ", 1) for line in REASONS.strip().split(";"))

    with translation.override("zh-hans"):
        assert {code: str(words) for code, words in WHY.items()} == written
    assert lifecycle.NO_KEY == "no_key"


def holding(*duties: str, kind: str = "person", number: int = 1) -> Actor:
    return Actor(kind, number, "", tuple(Scope(duty, 1, 9, 5) for duty in duties))


def test_a_key_keeps_its_own_subscriptions_and_the_administrator_all():
    own, other = Subscription(owner="key:1"), Subscription(owner="key:2")

    rules.require_keeper(holding(kind="key"), own)
    rules.require_keeper(holding(kind="key"))
    with pytest.raises(NotFound, match="没有这个订阅"):
        rules.require_keeper(holding(kind="key"), other)
    with pytest.raises(NotFound):
        rules.require_keeper(holding("system_admin", kind="key"), other)
    for duty in Duty.values:
        for subscription in (None, own):
            if duty == "system_admin":
                rules.require_keeper(holding(duty), subscription)
                rules.require(holding(duty), duty)
                continue
            with pytest.raises(NotAllowed):
                rules.require_keeper(holding(duty), subscription)
            with pytest.raises(NotAllowed):
                rules.require(holding(duty), Duty.SYSTEM_ADMIN)


# ---- with records -------------------------------------------------------------------------------


@pytest.fixture
def person(db: None) -> Person:
    return Person.objects.create(username="x", name="x")


def notice(to: Person, **more: Any) -> Notice:
    more = {"subject": "case:1", "kind": "x", "created_at": timezone.now()} | more
    return Notice.objects.create(to=to, **more)


def test_one_sees_ones_own_notices_whatever_ones_duties(person):
    other = Person.objects.create(username="y", name="y")
    first, read = notice(person), notice(person, read_at=timezone.now())
    notice(other)

    for kind, expected in (("person", {first, read}), ("key", set()), ("receipt", set())):
        actor = holding(*Duty.values, kind=kind, number=person.pk)
        assert set(rules.visible_to(actor)) == expected
        assert set(rules.unread_for(actor)) == expected - {read}
        assert rules.unread_count(actor) == len(expected - {read})
    one, _made = Person.objects.get_or_create(pk=1, defaults={"username": "1", "name": "1"})
    notice(one)
    assert not rules.visible_to(Actor.program("x"))
    assert not rules.unread_for(holding(number=person.pk)).ordered


def test_unread_notices_are_counted_as_far_as_the_badge_shows(person):
    Notice.objects.bulk_create(
        Notice(to=person, subject="case:1", kind="x", created_at=timezone.now())
        for _number in range(102)
    )

    assert rules.MANY == 99
    assert rules.unread_count(holding(number=person.pk)) == 100


@pytest.mark.django_db
def test_a_channel_is_open_while_one_of_its_connectors_is_in_use():
    Connector.objects.create(channel="sms", in_use=False, made_at=timezone.now())
    assert not rules.is_open(Channel.SMS)
    Connector.objects.update(in_use=True)
    assert rules.is_open(Channel.SMS)
    assert not rules.is_open(Channel.MAIL)


@pytest.mark.django_db
def test_who_follows_a_report_is_the_one_who_has_not_ended_it():
    now = timezone.now()

    def follower(subject: str, **more: Any) -> Follower:
        more = {"channel": "sms", "about": "case:1", "made_at": now} | more
        return Follower.objects.create(subject=subject, **more)

    ended = follower("report:1", ended_at=now)
    assert rules.followed_by("report:1") is None
    other = follower("report:2")
    assert rules.followed_by("report:2") == other
    Follower.objects.filter(pk=ended.pk).update(ended_at=None)
    assert rules.followed_by("report:1") == ended
    assert rules.followed_by("report:2") == other


@pytest.mark.django_db
def test_ways_out_and_deliveries_are_for_those_who_administer_or_audit():
    now = timezone.now()
    Connector.objects.create(channel="sms", made_at=now)
    mine, other = (
        Subscription.objects.create(owner=owner, url="https://a.example/", made_at=now, types=[])
        for owner in ("key:1", "key:2")
    )

    for duty in Duty.values:
        may = duty in {"system_admin", "audit_admin"}
        actor = holding(duty)
        assert set(rules.subscriptions_of(actor)) == ({mine, other} if may else set()), duty
        assert rules.connectors_of(actor).exists() is may, duty
        assert rules.deliveries_of(actor).query.is_empty() is not may, duty
    assert list(rules.subscriptions_of(holding("audit_admin", kind="key"))) == [mine]
    assert list(rules.subscriptions_of(holding("audit_admin", kind="key", number=2))) == [other]
