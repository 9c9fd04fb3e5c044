"""Through which door a report came (来源)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    """The channels of the procedure; an import may bring others, shown as they are."""

    PUBLIC = "public", _("公众")
    HOTLINE = "hotline", _("热线")
    PATROL = "patrol", _("巡查")
    SENSOR = "sensor", _("感知设备")
    DEPARTMENT = "department", _("部门")
    SUPERIOR = "superior", _("上级交办")
    IMPORT = "import", _("历史导入")


def title_of(channel: str) -> str:
    """The channel's name for a reader."""
    return str(Channel(channel).label) if channel in Channel.values else channel
