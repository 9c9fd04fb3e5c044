"""What keeps requests from doing their work twice, and guesses from going on (幂等与限次)."""

from typing import ClassVar

from django.db import models


class Answered(models.Model):
    """The answer once given to a request, kept to be given again (已答复的请求).

    Written in the transaction of the effect. `key` and `body_hash` are HMAC-SHA-256 in hex,
    keyed outside the database: neither a client's key nor what a form said can be guessed back.
    """

    client = models.CharField(max_length=80)
    route = models.CharField(max_length=120)
    key = models.CharField(max_length=64)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    answer = models.JSONField()
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["client", "route", "key"], name="answered_once")
        ]


class Attempt(models.Model):
    """How often something was tried of late, by one kind of counter and one key (尝试计数).

    kind         e.g. account or address.
    key          HMAC of the account name or address: this table names nobody.
    failures     attempts in the window, each counted before it is carried out.
    closed_until no further attempt is looked at before this time.
    """

    kind = models.CharField(max_length=20)
    key = models.CharField(max_length=64)
    failures = models.PositiveIntegerField()
    since = models.DateTimeField()
    closed_until = models.DateTimeField(null=True, blank=True, db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "key"], name="attempt_one_counter")
        ]
