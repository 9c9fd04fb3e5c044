from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "shiyu.catalogue"
    label = "catalogue"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The catalogue follows units that are merged or split; notices lead to objections."""
        from django.urls import reverse

        from shiyu.catalogue.following import register
        from shiyu.notices.kinds import pages

        pages.setdefault("objection", lambda _subject: reverse("catalogue:objections"))

        register()
