from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "shiyu.portal"
    label = "portal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Erased words go from drafts too."""
        from shiyu.portal import receivers  # noqa: F401 - connects itself
