from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "shiyu.common"
    label = "common"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Forms speak in our sentences."""
        from shiyu.common.sentences import speak

        speak()
