"""Calendars, their edits and what those did to cases stand; a look in advance alone may go."""

from django.db import migrations

FORWARD = """
REVOKE UPDATE, DELETE, TRUNCATE ON calendars_calendar, calendars_revision FROM web, worker;
GRANT UPDATE (published_at) ON calendars_revision TO web, worker;
REVOKE UPDATE, TRUNCATE ON calendars_retimed FROM web, worker;
REVOKE TRUNCATE ON calendars_retiming FROM web, worker;

CREATE FUNCTION calendars_keep_retimed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM gone JOIN calendars_retiming r ON r.id = gone.retiming_id
               WHERE r.kind = 'apply') THEN
        RAISE EXCEPTION 'what a calendar did to due times is kept'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER calendars_keep_retimed AFTER DELETE ON calendars_retimed
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION calendars_keep_retimed();

CREATE FUNCTION calendars_keep_retiming() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what a calendar did to due times is kept'
        USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER calendars_keep_retiming BEFORE DELETE ON calendars_retiming
    FOR EACH ROW WHEN (OLD.kind = 'apply') EXECUTE FUNCTION calendars_keep_retiming();
"""

BACKWARD = """
DROP TRIGGER calendars_keep_retimed ON calendars_retimed;
DROP TRIGGER calendars_keep_retiming ON calendars_retiming;
DROP FUNCTION calendars_keep_retimed();
DROP FUNCTION calendars_keep_retiming();
GRANT UPDATE, DELETE ON calendars_calendar, calendars_revision, calendars_retimed TO web, worker;
"""


class Migration(migrations.Migration):
    dependencies = [("calendars", "0002_revisions")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
