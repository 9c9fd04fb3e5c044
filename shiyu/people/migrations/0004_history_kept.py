"""Who held which post, and what became of a unit, is added to and ended, never rewritten."""

from django.db import migrations

KEPT = "people_unitchange, people_heir, people_appointment"

FORWARD = f"""
REVOKE UPDATE, DELETE, TRUNCATE ON {KEPT} FROM web, worker;
GRANT UPDATE (ends_on, left_at) ON people_appointment TO web, worker;
GRANT UPDATE (from_on, applied_at, cancelled_at, finished_at, handed, hindered)
    ON people_unitchange TO web, worker;

CREATE FUNCTION people_keep_unit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a change of a unit that is true or was taken back stands'
        USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER people_keep_unit_change BEFORE UPDATE ON people_unitchange FOR EACH ROW
    WHEN ((OLD.applied_at IS NOT NULL
              AND (OLD.from_on, OLD.applied_at) IS DISTINCT FROM (NEW.from_on, NEW.applied_at))
          OR (OLD.cancelled_at IS NOT NULL AND OLD IS DISTINCT FROM NEW))
    EXECUTE FUNCTION people_keep_unit_change();
"""

BACKWARD = f"""
DROP TRIGGER people_keep_unit_change ON people_unitchange;
DROP FUNCTION people_keep_unit_change();
GRANT UPDATE, DELETE ON {KEPT} TO web, worker;
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0003_unit_changes_and_acting")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
