from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "shiyu.cases"
    label = "cases"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Photos of a case are seen by whoever may see the case."""
        from shiyu.cases.rules import may_see
        from shiyu.files.rules import policies

        policies["case"] = may_see
