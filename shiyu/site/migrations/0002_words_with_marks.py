"""The view of the search shows marks, too: a list filtered by words asks for its reader's own."""

from django.db import migrations

WITH_MARKS = """
DO $$
DECLARE
    rest text := split_part(pg_get_viewdef('cases_words'::regclass), 'FROM', 1);
BEGIN
    EXECUTE 'CREATE OR REPLACE VIEW cases_words AS SELECT f.case_id, f.words, f.marks '
        || substr(pg_get_viewdef('cases_words'::regclass), length(rest) + 1);
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("site", "0001_wall"), ("cases", "0023_near")]
    operations = [migrations.RunSQL(WITH_MARKS, migrations.RunSQL.noop)]
