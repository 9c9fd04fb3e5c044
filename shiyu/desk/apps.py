from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "shiyu.desk"
    label = "desk"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Notices lead to pages; what waits for approval follows the numbers of places."""
        from django.urls import reverse

        from shiyu.desk.actions.exports import follow_places
        from shiyu.desk.forgetting import forget_files
        from shiyu.notices.kinds import pages
        from shiyu.places.events import renumbered
        from shiyu.privacy.events import erasing

        renumbered.connect(follow_places)
        erasing.connect(forget_files)
        pages.setdefault("export", lambda _subject: reverse("desk:exports"))
        pages.setdefault("batch", lambda said: reverse("desk:together", args=[said[6:]]))
        pages.setdefault("city", lambda _subject: reverse("desk:export_limits"))
        pages.setdefault("unit", lambda _subject: reverse("desk:home"))
        pages.setdefault("case", lambda subject: reverse("desk:by_id", args=[_pk(subject)]))


def _pk(subject: str) -> int:
    return int(subject.partition(":")[2])
