from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "shiyu.api"
    label = "api"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Photos that came before their case are their sender's; keys have names in stories."""
        from shiyu.api import receivers, rules
        from shiyu.cases.story import name_givers
        from shiyu.files.rules import policies
        from shiyu.places.events import renumbered

        policies["upload"] = rules.may_see_upload
        name_givers.append(rules.names_of)
        renumbered.connect(receivers.follow_places)
