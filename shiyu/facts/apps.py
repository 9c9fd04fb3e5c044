from django.apps import AppConfig


class FactsConfig(AppConfig):
    name = "shiyu.facts"
    label = "facts"

    def ready(self) -> None:
        """Facts are kept in the transaction that writes a case's line."""
        from shiyu.cases import events
        from shiyu.facts import receivers

        events.written.connect(receivers.keep)
        events.recorded.connect(receivers.keep_recorded)
