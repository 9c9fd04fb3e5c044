"""Photos that belong to a record, kept re-encoded and without EXIF (附件)."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Photo(models.Model):
    """A picture of a matter (照片); `subject` names the record whose policy it follows.

    The file lies under its SHA-256. `lon`, `lat`, `taken_at` were read from EXIF before stripping.
    """

    class Role(models.TextChoices):
        SCENE = "scene", _("现场")
        BEFORE = "before", _("处置前")
        AFTER = "after", _("处置后")
        CHECK = "check", _("核查")

    public_id = models.CharField(max_length=32, unique=True)
    subject = models.CharField(max_length=60, db_index=True)
    role = models.CharField(_("用途"), max_length=8, choices=Role)
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    bytes = models.PositiveIntegerField()
    taken_at = models.DateTimeField(_("拍摄时间"), null=True, blank=True)
    lon = models.FloatField(null=True, blank=True)
    lat = models.FloatField(null=True, blank=True)
    added_by = models.CharField(max_length=60)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["id"]
