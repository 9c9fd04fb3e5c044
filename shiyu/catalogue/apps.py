from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "shiyu.catalogue"
    label = "catalogue"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The catalogue follows units that are merged or split."""
        from shiyu.catalogue.following import register

        register()
