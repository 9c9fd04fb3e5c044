"""Beside its words each case keeps what else it is searched by: where it lies, its kind, for whom.

All in whole numbers, so that one index joins words with somebody's sight (docs/decisions/0030).
The database keeps them itself; whoever writes a case and its words in one statement gives them,
because a trigger would not see the case yet (`search.marks_of`).
"""

import django.contrib.postgres.fields
from django.db import migrations, models

MARKS = """
-- Of a place's number its upper bits, once for each of some widths: any interval is then covered
-- by at most nine such numbers. Below nought; who takes part (cases_reach) and kinds lie above.
CREATE FUNCTION cases_place_marks(place_number bigint) RETURNS bigint[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ARRAY(SELECT -((place_number >> s) * 64 + s) - 1
                   FROM unnest('{33,36,39,42,45,48,51}'::int[]) s)
$$;
-- The marks that all cases within these numbers have one of; null where it would be nearly all.
CREATE FUNCTION cases_cover(first_number bigint, last_number bigint) RETURNS bigint[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN last_number - first_number < (1::bigint << 51) THEN ARRAY(
        SELECT -(part * 64 + s) - 1
          FROM (SELECT min(s) AS s FROM unnest('{33,36,39,42,45,48,51}'::int[]) s
                 WHERE (last_number >> s) - (first_number >> s) < 9) AS narrow,
               generate_series(first_number >> s, last_number >> s) AS part) END
$$;
CREATE FUNCTION cases_shelf(case_id bigint) RETURNS bigint[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT ARRAY[case_id >> 14] $$;

GRANT UPDATE (marks) ON cases_found TO search;
CREATE FUNCTION cases_marks_of(asked bigint) RETURNS bigint[]
LANGUAGE sql STABLE AS $$
    SELECT cases_place_marks(c.place_number)
        || CASE WHEN c.kind_id IS NOT NULL THEN ARRAY[c.kind_id * 4 + 3] END
        || ARRAY(SELECT r.holder FROM cases_reach r WHERE r.case_id = c.id)
      FROM cases_case c WHERE c.id = asked
$$;
CREATE FUNCTION cases_found_marks() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    NEW.marks := cases_marks_of(NEW.case_id);
    RETURN NEW;
END $$;
CREATE FUNCTION cases_marks_anew() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE cases_found SET marks = NULL WHERE case_id = NEW.id;
    RETURN NULL;
END $$;
CREATE FUNCTION cases_marks_reach() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
BEGIN
    UPDATE cases_found f SET marks = f.marks || n.holders
      FROM (SELECT case_id, array_agg(holder) AS holders FROM new_rows GROUP BY case_id) AS n
     WHERE f.case_id = n.case_id AND NOT f.marks @> n.holders;
    RETURN NULL;
END $$;
ALTER FUNCTION cases_found_marks() OWNER TO search;
ALTER FUNCTION cases_marks_anew() OWNER TO search;
ALTER FUNCTION cases_marks_reach() OWNER TO search;
CREATE TRIGGER cases_found_marks BEFORE INSERT OR UPDATE ON cases_found
    FOR EACH ROW WHEN (NEW.marks IS NULL) EXECUTE FUNCTION cases_found_marks();
CREATE TRIGGER cases_marks_anew AFTER UPDATE ON cases_case FOR EACH ROW
    WHEN (OLD.place_number <> NEW.place_number OR OLD.kind_id IS DISTINCT FROM NEW.kind_id)
    EXECUTE FUNCTION cases_marks_anew();
CREATE TRIGGER cases_marks_reach AFTER INSERT ON cases_reach
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION cases_marks_reach();
"""
GONE = """
DROP TRIGGER cases_marks_reach ON cases_reach;
DROP TRIGGER cases_marks_anew ON cases_case;
DROP TRIGGER cases_found_marks ON cases_found;
DROP FUNCTION cases_marks_reach(), cases_marks_anew(), cases_found_marks();
DROP FUNCTION cases_marks_of(bigint), cases_shelf(bigint), cases_cover(bigint, bigint);
DROP FUNCTION cases_place_marks(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0017_standing"), ("site", "0001_wall")]
    operations = [
        migrations.AddField(
            "found",
            "marks",
            django.contrib.postgres.fields.ArrayField(models.BigIntegerField(), null=True),
        ),
        migrations.RunSQL(MARKS, GONE),
    ]
