"""New due times for open cases after a calendar was edited (重算时限)."""

from django.db import connection, transaction
from django.db.models import Min

from shiyu.calendars.models import Calendar, Retiming
from shiyu.calendars.rules import read_calendars
from shiyu.cases.models import Watch
from shiyu.cases.retiming.sweep import sweep
from shiyu.journal.actions import moment

UNFINISHED = (Retiming.State.WAITING, Retiming.State.RUNNING)
_LOCK = 7_301_956  # advisory: one worker at a time begins a run


def follow_calendars() -> int:
    """Recompute open cases if a calendar was edited since the last time; returns how many changed.

    The version that was last followed is kept in the database, so an edit is never missed,
    whoever made it: a stop in the middle goes on from there.
    """
    run = _begun()
    if run is None:
        return 0
    sweep(run.pk)
    run.refresh_from_db()
    return run.changed


def look_ahead() -> int:
    """Reckon what drawn-up revisions would do, the oldest first; returns how many."""
    waiting = Retiming.objects.filter(kind=Retiming.Kind.LOOK, state__in=UNFINISHED)
    asked = list(waiting.order_by("pk").values_list("pk", flat=True))
    for pk in asked:
        sweep(pk)
    return len(asked)


@transaction.atomic
def _begun() -> Retiming | None:
    """The run that brings the cases to the newest version of the calendars; None if they are."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    version = read_calendars().version
    runs = Retiming.objects.filter(kind=Retiming.Kind.APPLY, version=version)
    known = 0 if runs.exists() else version
    watch, _new = Watch.objects.get_or_create(
        name="calendars", defaults={"until": moment(), "version": known}
    )
    if watch.version == version:
        return None
    since = Calendar.objects.filter(pk__gt=watch.version).aggregate(first=Min("valid_from"))
    run, made = Retiming.objects.get_or_create(
        kind=Retiming.Kind.APPLY, version=version, defaults={"first_day": since["first"]}
    )
    if not made and run.state == Retiming.State.WAITING and run.first_day > since["first"]:
        run.first_day = since["first"]  # an edit before it was not followed to its end
        run.save(update_fields=["first_day"])
    return run
