from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "shiyu.cases"
    label = "cases"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Photos of a case are seen by whoever may see the case; cases hear of places."""
        from shiyu.cases.receivers import follow_places
        from shiyu.cases.rules import may_see
        from shiyu.files.rules import policies
        from shiyu.places.events import renumbered

        renumbered.connect(follow_places)

        policies["case"] = may_see
