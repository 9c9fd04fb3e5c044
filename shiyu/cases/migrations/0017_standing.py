"""What every report and move asks of the city's order changes the stamp when it is changed."""

from django.db import migrations

TABLES = {
    "places_city": "UPDATE",
    "places_place": "UPDATE",
    "calendars_calendar": "UPDATE",
    "catalogue_procedure": "UPDATE",
    "catalogue_kind": "UPDATE",
    "catalogue_standard": "UPDATE",
    "people_unit": "UPDATE",
    "people_post": "UPDATE",
    "people_postduty": "UPDATE",
    "people_appointment": "UPDATE",
    "people_person": "UPDATE OF is_active",
    "notices_subscription": "UPDATE OF standing, types, first, last",
}
"""Each with the changes that count; who signs in changes a person, too, but nothing that stands."""

FORWARD = "".join(
    f"CREATE TRIGGER standing_changed AFTER INSERT OR DELETE OR TRUNCATE OR {changes} ON {table} "
    "FOR EACH STATEMENT EXECUTE FUNCTION standing_changed();"
    for table, changes in TABLES.items()
)
BACKWARD = "".join(f"DROP TRIGGER standing_changed ON {table};" for table in TABLES)


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0016_looks_by_end"),
        ("common", "0003_standing"),
        ("calendars", "0003_history_kept"),
        ("catalogue", "0005_objections"),
        ("notices", "0005_found_by_trail"),
        ("people", "0004_history_kept"),
        ("places", "0004_roster_kept"),
    ]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
