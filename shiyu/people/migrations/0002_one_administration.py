"""No account holds two of the three administrator duties: the database refuses it as well."""

from django.db import migrations

MAKE = """
CREATE FUNCTION people_one_administration() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    concerned bigint[];
BEGIN
    IF TG_TABLE_NAME = 'people_appointment' THEN
        concerned := ARRAY[NEW.person_id];
    ELSE
        SELECT array_agg(person_id) INTO concerned
        FROM people_appointment WHERE post_id = NEW.post_id;
    END IF;
    IF EXISTS (
        SELECT 1
        FROM people_appointment held JOIN people_postduty given ON given.post_id = held.post_id
        WHERE held.person_id = ANY (concerned)
          AND given.duty IN ('system_admin', 'security_admin', 'audit_admin')
          AND held.left_at IS NULL
          AND (held.ends_on IS NULL OR held.ends_on > current_date)
        GROUP BY held.person_id
        HAVING count(DISTINCT given.duty) > 1
    ) THEN
        RAISE EXCEPTION 'one account would hold two administrator duties'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'people_one_administration';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER people_one_administration AFTER INSERT OR UPDATE ON people_appointment
    FOR EACH ROW EXECUTE FUNCTION people_one_administration();
CREATE TRIGGER people_one_administration AFTER INSERT OR UPDATE ON people_postduty
    FOR EACH ROW WHEN (NEW.duty IN ('system_admin', 'security_admin', 'audit_admin'))
    EXECUTE FUNCTION people_one_administration();
"""

UNMAKE = """
DROP TRIGGER people_one_administration ON people_postduty;
DROP TRIGGER people_one_administration ON people_appointment;
DROP FUNCTION people_one_administration();
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]

    operations = [migrations.RunSQL(MAKE, UNMAKE)]
