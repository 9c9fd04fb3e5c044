"""What people are told, a row in the transaction of the move it tells of (通知)."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

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
