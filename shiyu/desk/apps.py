from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "shiyu.desk"
    label = "desk"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Notices about a case lead to its page."""
        from django.urls import reverse

        from shiyu.notices.kinds import pages

        pages.setdefault("case", lambda subject: reverse("desk:by_id", args=[_pk(subject)]))


def _pk(subject: str) -> int:
    return int(subject.partition(":")[2])
