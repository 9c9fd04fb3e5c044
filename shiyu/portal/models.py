"""A report while it is being written (上报草稿)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shiyu.cases.models import Case, Report
from shiyu.catalogue.models import Kind
from shiyu.common.masking import IN_CLEAR
from shiyu.places.models import Place


class Draft(models.Model):
    """What a resident has written so far, known only to the browser that holds its token (草稿).

    Kept a day. Its photos have the subject `draft:<id>` and are seen with the token alone.

    ref      names the draft in forms and, once sent, the report (source_ref).
    key      SHA-256 of the token in the browser's cookie.
    placed, sorted, compared   whether the place, the kind and similar cases have been answered.
    text, address   with the numbers in them masked; what they were is in `sealed`.
    sealed   contact, later the receipt code, readable only with the token: see seal.py.
    """

    class Door(models.TextChoices):
        PHOTO = "photo", _("拍照上报")
        WORDS = "words", _("文字上报")

    class Located(models.TextChoices):
        PHOTO = "photo", _("照片位置")
        PHONE = "phone", _("手机定位")
        MAP = "map", _("地图标注")
        SEARCH = "search", _("查找的地点")

    ref = models.CharField(max_length=32, unique=True)
    key = models.CharField(max_length=64, unique=True)
    door = models.CharField(max_length=8, choices=Door, default=Door.PHOTO)
    text = models.TextField(_("说明"), default="", blank=True)
    address = models.CharField(_("地址"), max_length=200, default="", blank=True)
    lon = models.FloatField(null=True, blank=True)
    lat = models.FloatField(null=True, blank=True)
    accuracy_m = models.PositiveIntegerField(null=True, blank=True)
    located = models.CharField(max_length=8, choices=Located, default="", blank=True)
    place = models.ForeignKey(Place, models.SET_NULL, null=True, blank=True)
    placed = models.BooleanField(default=False)
    kind = models.ForeignKey(Kind, models.SET_NULL, null=True, blank=True)
    sorted = models.BooleanField(default=False)
    joins = models.ForeignKey(Case, models.SET_NULL, null=True, blank=True)
    compared = models.BooleanField(default=False)
    sealed = models.TextField(default="", blank=True)
    report = models.OneToOneField(Report, models.SET_NULL, null=True, blank=True)
    touched_at = models.DateTimeField(auto_now=True, db_index=True)

    objects: ClassVar = models.Manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="draft_masked",
                condition=~Q(text__regex=IN_CLEAR) & ~Q(address__regex=IN_CLEAR),
            )
        ]

    @property
    def subject(self) -> str:
        """Name of this draft on its photos."""
        return f"draft:{self.pk}"

    @property
    def has_point(self) -> bool:
        return self.lon is not None and self.lat is not None
