from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "shiyu.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from shiyu.people import receivers  # noqa: F401
