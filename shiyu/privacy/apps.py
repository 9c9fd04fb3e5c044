from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "shiyu.privacy"
    label = "privacy"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from shiyu.common.switching import judged_by
        from shiyu.privacy import receivers  # noqa: F401 - it connects itself
        from shiyu.privacy.rules import may_begin

        judged_by(may_begin)
