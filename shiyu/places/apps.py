from django.apps import AppConfig


class PlacesConfig(AppConfig):
    name = "shiyu.places"
    label = "places"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Rosters follow their people."""
        from shiyu.places.following import register

        register()
