"""Who looked at who a reporter is, and until when they may (查看上报人)."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shiyu.cases.models.reported import Report
from shiyu.people.models import Person


class Look(models.Model):
    """One person's look at who a reporter is, with its purpose and its end (查看上报人).

    Only ever added: what the reporter and the audit administrator read. Every time that a name
    or a number leaves the database unmasked has a row of its own.

    A look with `until` after `at` is an access grant (查看授权): it opens these fields of this
    report to this person until then, unless it is ended before (`LookEnd`).

    under    the look that allowed this one: the page was drawn again before its end.
    fields   what was shown: name, phone. Never what it said.
    basis    by what law; of its purpose (`BASIS_OF`), as it stood then.
    """

    class Basis(models.TextChoices):
        DUTY = "duty", _("履行法定职责（个人信息保护法第十三条第一款第三项、第三十四条）")
        RIGHT = "right", _("本人行使权利（个人信息保护法第四十五条）")

    class Channel(models.TextChoices):
        PAGE = "page", _("案件页面")
        SEARCH = "search", _("检索")
        EXPORT = "export", _("导出")
        DEMAND = "demand", _("本人申请查阅")

    class Purpose(models.TextChoices):
        VERIFY = "verify", _("核实情况")
        ANSWER = "answer", _("答复办理结果")
        ON_SITE = "on_site", _("上门处置需要联系")
        COMPLAINT = "complaint", _("处理投诉或申诉")
        BY_PHONE = "by_phone", _("按来电号码查找案件")
        EXPORT = "export", _("经批准导出")
        SUBJECT = "subject", _("代本人查阅")

    report = models.ForeignKey(Report, models.PROTECT, related_name="looks")
    person = models.ForeignKey(Person, models.PROTECT, db_index=False)
    purpose = models.CharField(_("目的"), max_length=12, choices=Purpose)
    remark_id = models.BigIntegerField(_("说明"), null=True)
    at = models.DateTimeField()
    until = models.DateTimeField()
    channel = models.CharField(
        _("途径"), max_length=8, choices=Channel, default=Channel.PAGE, db_default="page"
    )
    fields = ArrayField(
        models.CharField(max_length=8), verbose_name=_("内容"), default=list, db_default=[]
    )
    under = models.BigIntegerField(null=True)
    basis = models.CharField(
        _("法律依据"), max_length=8, choices=Basis, default=Basis.DUTY, db_default="duty"
    )

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["until"], name="look_until", condition=Q(under__isnull=True))
        ]


class LookEnd(models.Model):
    """The end of an access grant before its time (收回查看授权). Only ever added."""

    class Why(models.TextChoices):
        DONE = "done", _("用完了")
        REVOKED = "revoked", _("安全管理员收回")
        BREACH = "breach", _("泄露处置时冻结")

    look = models.OneToOneField(Look, models.PROTECT, related_name="end")
    why = models.CharField(_("原因"), max_length=8, choices=Why)
    by = models.ForeignKey(Person, models.PROTECT, null=True, db_index=False, related_name="+")
    at = models.DateTimeField()
