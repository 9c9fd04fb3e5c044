"""What people are told, a row in the transaction of the move it tells of (通知)."""

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shiyu.common import trail
from shiyu.notices.lifecycle import Channel, State
from shiyu.people.models import Person


class Notice(models.Model):
    """One thing one person is told (通知). `kind` and `facts` make the sentence when shown."""

    to = models.ForeignKey(Person, models.CASCADE, related_name="notices")
    subject = models.CharField(max_length=60)
    kind = models.CharField(max_length=40)
    facts = models.JSONField(default=dict)
    urgent = models.BooleanField(_("紧急"), default=False)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["to", "-id"]),
            models.Index(fields=["to"], name="notice_unread", condition=models.Q(read_at=None)),
        ]


class House(models.Model):
    """What holds for the whole city: its own address, its quiet hours (全市约定). One row.

    address  where the city's pages are reached from outside, e.g. https://city.example; links
             in messages begin with it.
    """

    address = models.CharField(_("对外网址"), max_length=200, default="", blank=True)
    quiet_from = models.TimeField(_("免打扰起"), null=True, blank=True)
    quiet_to = models.TimeField(_("免打扰止"), null=True, blank=True)


class Peer(models.Model):
    """Somebody outside whom the program speaks to, and how that goes of late (对端).

    sealed      the secret, encrypted with this server's key; never shown again.
    failures    attempts in a row that came to nothing; open_until: the breaker rests till then.
    """

    ref = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("名称"), max_length=60)
    sealed = models.TextField(default="", blank=True)
    failures = models.PositiveIntegerField(default=0)
    open_until = models.DateTimeField(null=True, blank=True)
    last_why = models.CharField(max_length=40, default="", blank=True)
    went_well_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Connector(Peer):
    """A mail server or a text-message provider (接口). One of each channel is in use."""

    channel = models.CharField(_("渠道"), max_length=8, choices=Channel)
    settings = models.JSONField(default=dict)
    in_use = models.BooleanField(_("在用"), default=False)

    class Meta:
        ordering: ClassVar = ["channel", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["channel"], name="one_connector_in_use", condition=Q(in_use=True)
            ),
            models.CheckConstraint(
                name="connector_is_mail_or_sms", condition=Q(channel__in=["mail", "sms"])
            ),
        ]

    @property
    def subject(self) -> str:
        """Name of this record in the journal."""
        return f"connector:{self.pk}"


class Subscription(Peer):
    """A program elsewhere that is told of events (订阅).

    owner          who keeps it: person:3, key:4.
    types          event types, e.g. case.closed.
    first, last    only cases of these places, as preorder numbers; None for all.
    before         the secret before the last change, which still signs until `before_until`.
    drops_repeats  the peer promises to drop what it has had: an unknown outcome is sent again.
    traced         the peer wants our number with each event, as a `traceparent`.
    """

    class Standing(models.TextChoices):
        ACTIVE = "active", _("在用")
        PAUSED = "paused", _("已暂停")
        ENDED = "ended", _("已退订")

    owner = models.CharField(max_length=60)
    url = models.CharField(_("网址"), max_length=500)
    types = ArrayField(models.CharField(max_length=40), verbose_name=_("事件类型"))
    first = models.BigIntegerField(null=True, blank=True)
    last = models.BigIntegerField(null=True, blank=True)
    standing = models.CharField(max_length=8, choices=Standing, default=Standing.ACTIVE)
    key_no = models.PositiveIntegerField(default=1)
    shown_at = models.DateTimeField(null=True, blank=True)
    before = models.TextField(default="", blank=True)
    before_until = models.DateTimeField(null=True, blank=True)
    drops_repeats = models.BooleanField(_("对方会去重"), default=False)
    traced = models.BooleanField(_("附请求编号"), default=False, db_default=False)

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            models.Index(fields=["id"], name="subscription_active", condition=Q(standing="active")),
            models.Index(fields=["owner"], name="subscription_by_owner"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="subscription_within_places",
                condition=Q(first=None, last=None) | Q(first__lte=models.F("last")),
            )
        ]

    @property
    def subject(self) -> str:
        """Name of this record in the journal."""
        return f"subscription:{self.pk}"


class Reached(models.Model):
    """Where somebody is reached outside the program; encrypted, masked for showing (联系地址).

    key   HMAC of the address: tells the same one again without naming it.
    """

    channel = models.CharField(_("渠道"), max_length=8, choices=Channel)
    sealed = models.TextField()
    hint = models.CharField(max_length=80)
    key = models.CharField(max_length=64)
    language = models.CharField(max_length=10, default="zh-hans")
    made_at = models.DateTimeField()

    class Meta:
        abstract = True


class Address(Reached):
    """A person's own mail address or phone, used once it has been verified (核实过的地址)."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="addresses")
    verified_at = models.DateTimeField(null=True, blank=True)
    code_hash = models.CharField(max_length=64, default="", blank=True)
    code_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "channel"], name="one_address_a_channel")
        ]


class Follower(Reached):
    """A resident who wants to hear how a report goes on (进展订阅).

    subject  the report, report:12; about: the case it belongs to, case:9.
    """

    subject = models.CharField(max_length=60)
    about = models.CharField(max_length=60)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["about"], name="follower_about", condition=Q(ended_at=None))
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subject", "channel"], name="one_follower_a_channel")
        ]


class Wishes(models.Model):
    """How one person wants to be told (提醒偏好). Who has none is told as `preferences` says."""

    class Quiet(models.TextChoices):
        CITY = "city", _("按全市约定")
        OWN = "own", _("自己定")
        NEVER = "never", _("不要免打扰")

    person = models.OneToOneField(Person, models.CASCADE, related_name="wishes", primary_key=True)
    mail = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    sms = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    quiet = models.CharField(_("免打扰"), max_length=6, choices=Quiet, default=Quiet.CITY)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_to = models.TimeField(null=True, blank=True)


class Delivery(models.Model):
    """One thing told to one address by one channel, and what became of it (送达记录).

    key       names the debt: what is told and to whom; the same is owed once.
    ref       this delivery outside: Message-ID, provider's idempotency key.
    event     the event's id for subscribers, the same for all of them.
    facts     what the sentence or payload is made of; nothing about a person.
    sealed    what must not lie open (a verification code); emptied once it has been sent.
    trail     the number of the request or job that owes it.
    attempts  how often sending began; the attempt in hand is the only one that may end it.
    left_at   when the attempt in hand passed the point of no return; None: nothing has left.
    due_at    not before this time: back-off, or the end of quiet hours.
    """

    ref = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=120, unique=True)
    channel = models.CharField(_("渠道"), max_length=8, choices=Channel)
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=60, default="", blank=True)
    facts = models.JSONField(default=dict)
    sealed = models.TextField(default="", blank=True)
    event = models.UUIDField(null=True, blank=True)
    trail = models.UUIDField(null=True, blank=True, default=trail.kept)
    urgent = models.BooleanField(_("紧急"), default=False)
    notice = models.ForeignKey(
        Notice, models.SET_NULL, null=True, blank=True, related_name="deliveries", db_index=False
    )
    address = models.ForeignKey(Address, models.SET_NULL, null=True, blank=True)
    follower = models.ForeignKey(Follower, models.SET_NULL, null=True, blank=True)
    subscription = models.ForeignKey(Subscription, models.SET_NULL, null=True, blank=True)
    gathered_in = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="gathered", db_index=False
    )
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.OWED)
    why = models.CharField(max_length=40, default="", blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    owed_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(_("对方编号"), max_length=120, default="", blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(
                fields=["channel", "-urgent", "due_at", "id"],
                name="delivery_owed",
                condition=Q(state="owed"),
            ),
            models.Index(
                fields=["due_at"], name="delivery_withheld", condition=Q(state="withheld")
            ),
            models.Index(
                fields=["begun_at"], name="delivery_sending", condition=Q(state="sending")
            ),
            models.Index(
                fields=["-id"],
                name="delivery_needs_a_person",
                condition=Q(state__in=["unknown", "failed"]),
            ),
            models.Index(fields=["state", "-id"], name="delivery_by_state"),
            models.Index(fields=["trail"], name="delivery_by_trail"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="delivery_sending_has_begun",
                condition=~Q(state="sending") | Q(begun_at__isnull=False, attempts__gte=1),
            )
        ]

    @property
    def journal_subject(self) -> str:
        """Name of this record in the journal."""
        return f"delivery:{self.pk}"


class Attempt(models.Model):
    """One attempt at a delivery: the ledger by which nothing is sent twice (发送台账)."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="tries")
    number = models.PositiveSmallIntegerField()
    begun_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, default="", blank=True)
    why = models.CharField(max_length=40, default="", blank=True)

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["delivery", "number"], name="attempt_once")
        ]
