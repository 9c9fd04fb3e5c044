"""Duties a post may hold (岗位职责): what its holder may do, within a scope."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Duty(models.TextChoices):
    """One kind of work that a post may be given."""

    REPORT = "report", _("上报")
    INTAKE = "intake", _("受理立案")
    DISPATCH = "dispatch", _("派遣")
    COMMAND = "command", _("值班指挥")
    HANDLE = "handle", _("处置")
    VERIFY = "verify", _("核查")
    PATROL = "patrol", _("网格巡查")
    SYSTEM_ADMIN = "system_admin", _("系统管理")
    SECURITY_ADMIN = "security_admin", _("安全管理")
    AUDIT_ADMIN = "audit_admin", _("审计管理")


ADMINISTRATION = frozenset({Duty.SYSTEM_ADMIN, Duty.SECURITY_ADMIN, Duty.AUDIT_ADMIN})
"""The three administrator duties; no account holds two of them (三员分立)."""

OF_A_UNIT = frozenset({Duty.HANDLE})
"""Duties whose scope is a unit; all others cover a subtree of places."""

LOOK = "look"
"""Seeing the cases of a place and no more: only a key of the interfaces holds it, no post."""

LOOKING = frozenset({Duty.INTAKE, Duty.DISPATCH, Duty.COMMAND, Duty.VERIFY, Duty.PATROL})
"""Duties that let their holder see the cases of a place."""
