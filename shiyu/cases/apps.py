from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "shiyu.cases"
    label = "cases"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Photos of a case are seen by whoever may see the case; cases hear of places and days."""
        from shiyu.calendars.events import retiming_asked
        from shiyu.cases.in_places import cases_within
        from shiyu.cases.jobs import ask_to_retime
        from shiyu.cases.receivers import follow_places
        from shiyu.cases.rules import may_see
        from shiyu.files.rules import policies
        from shiyu.places.events import renumbered
        from shiyu.places.reach import counters

        renumbered.connect(follow_places)
        retiming_asked.connect(ask_to_retime)
        if cases_within not in counters:
            counters.append(cases_within)

        policies["case"] = may_see
        from shiyu.cases.following import register

        register()
