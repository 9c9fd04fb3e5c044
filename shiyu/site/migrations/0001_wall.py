"""The second wall: each row is shown only to whom it belongs (行级安全, 第二道墙).

All policies stand here, table by table; which table has none, and why, stands in
tests/test_walls.py. A policy compares whole numbers with what `shiyu.sight` holds, read once for
each statement; see docs/modules/wall.md.
"""

from django.db import migrations

SIGHT = "(SELECT (current_setting('shiyu.sight')::sight).{0})"
EVERYTHING = SIGHT.format("everything")
PLACES = SIGHT.format("places")
PERSON = SIGHT.format("person")
HOLDERS = f"{SIGHT.format('holders')}::bigint[]"
CASES = f"{SIGHT.format('cases')}::bigint[]"

REACH = """
CREATE TABLE cases_reach (
    case_id bigint NOT NULL,
    holder  bigint NOT NULL,
    PRIMARY KEY (case_id, holder)
);
COMMENT ON TABLE cases_reach IS
    'who takes part in a case: unit * 4, person * 4 + 1, key * 4 + 2; kept by triggers';
REVOKE INSERT, UPDATE, DELETE ON cases_reach FROM web, worker;
GRANT SELECT, INSERT, DELETE ON cases_reach TO search;
GRANT SELECT ON cases_report, cases_assignment TO search;

CREATE FUNCTION cases_holder(person bigint, source text) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN person IS NOT NULL THEN person * 4 + 1
                WHEN source ~ '^key:[0-9]{1,17}$' THEN substr(source, 5)::bigint * 4 + 2 END
$$;

INSERT INTO cases_reach (case_id, holder)
SELECT case_id, unit_id * 4 FROM cases_assignment
UNION
SELECT case_id, cases_holder(by_person_id, source) FROM cases_report
 WHERE by_person_id IS NOT NULL OR source LIKE 'key:%';

CREATE FUNCTION cases_reach_parts() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO cases_reach (case_id, holder) SELECT case_id, unit_id * 4 FROM new_rows
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE FUNCTION cases_reach_reports() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO cases_reach (case_id, holder)
    SELECT case_id, cases_holder(by_person_id, source) FROM new_rows
     WHERE by_person_id IS NOT NULL OR source LIKE 'key:%'
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE FUNCTION cases_reach_anew() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM cases_reach WHERE case_id IN (OLD.case_id, NEW.case_id);
    INSERT INTO cases_reach (case_id, holder)
    SELECT case_id, unit_id * 4 FROM cases_assignment WHERE case_id IN (OLD.case_id, NEW.case_id)
    UNION
    SELECT case_id, cases_holder(by_person_id, source) FROM cases_report
     WHERE case_id IN (OLD.case_id, NEW.case_id)
       AND (by_person_id IS NOT NULL OR source LIKE 'key:%');
    RETURN NULL;
END $$;
ALTER FUNCTION cases_reach_parts() OWNER TO search;
ALTER FUNCTION cases_reach_reports() OWNER TO search;
ALTER FUNCTION cases_reach_anew() OWNER TO search;
CREATE TRIGGER cases_reach_parts AFTER INSERT ON cases_assignment
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION cases_reach_parts();
CREATE TRIGGER cases_reach_reports AFTER INSERT ON cases_report
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION cases_reach_reports();
CREATE TRIGGER cases_reach_moved AFTER UPDATE ON cases_assignment FOR EACH ROW
    WHEN (OLD.case_id <> NEW.case_id OR OLD.unit_id <> NEW.unit_id)
    EXECUTE FUNCTION cases_reach_anew();
CREATE TRIGGER cases_reach_moved AFTER UPDATE ON cases_report FOR EACH ROW
    WHEN (OLD.case_id <> NEW.case_id OR OLD.by_person_id IS DISTINCT FROM NEW.by_person_id
          OR OLD.source <> NEW.source)
    EXECUTE FUNCTION cases_reach_anew();
"""
REACH_GONE = """
DROP TRIGGER cases_reach_parts ON cases_assignment;
DROP TRIGGER cases_reach_moved ON cases_assignment;
DROP TRIGGER cases_reach_reports ON cases_report;
DROP TRIGGER cases_reach_moved ON cases_report;
DROP FUNCTION cases_reach_parts(), cases_reach_reports(), cases_reach_anew();
DROP FUNCTION cases_holder(bigint, text);
DROP TABLE cases_reach;
"""

SEES = """
-- With the rights and the sight of whoever asks. Functions, so that each statement need not plan
-- the wall of a case again for all that hangs on it: their own plans are kept by the session.
CREATE FUNCTION sees_case(bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM public.cases_case WHERE id = $1);
END $$;
CREATE FUNCTION sees_report(bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM public.cases_report WHERE id = $1);
END $$;
"""
OF_THE_CASE = "sees_case({0})"
OF_THE_REPORT = "sees_report({0})"
BY_SUBJECT = f"""CASE split_part(subject, ':', 1)
    WHEN 'case' THEN {OF_THE_CASE.format("split_part(subject, ':', 2)::bigint")}
    WHEN 'report' THEN {OF_THE_REPORT.format("split_part(subject, ':', 2)::bigint")}
    ELSE true END"""

BELONGS = {
    "cases_reach": f"holder = ANY ({HOLDERS})",
    "cases_case": f"""place_number <@ {PLACES}
        OR id = ANY ({CASES})
        OR (SELECT true FROM cases_reach r
             WHERE r.case_id = cases_case.id AND r.holder = ANY ({HOLDERS}) LIMIT 1)""",
    "cases_assignment": f"unit_id * 4 = ANY ({HOLDERS}) OR {OF_THE_CASE.format('case_id')}",
    "cases_report": OF_THE_CASE.format("case_id"),
    "cases_reporter": OF_THE_REPORT.format("report_id"),
    "cases_look": OF_THE_REPORT.format("report_id"),
    "cases_lookend": "(SELECT true FROM cases_look l WHERE l.id = look_id)",
    "cases_rating": OF_THE_REPORT.format("report_id"),
    "cases_check": OF_THE_CASE.format("case_id"),
    "cases_found": OF_THE_CASE.format("case_id"),
    "journal_line": BY_SUBJECT,
    "journal_remark": BY_SUBJECT,
    "files_photo": BY_SUBJECT,
    "notices_notice": f"to_id = {PERSON}",
    "notices_address": f"person_id = {PERSON}",
    "notices_wishes": f"person_id = {PERSON}",
    "desk_saved": f"person_id = {PERSON} OR unit_id IS NOT NULL",
    "desk_layout": f"person_id = {PERSON}",
    "desk_batch": f"person_id = {PERSON}",
    "desk_batchitem": "(SELECT true FROM desk_batch b WHERE b.id = batch_id)",
}


WORDS = f"""
GRANT SELECT ON cases_case, cases_found TO search;
CREATE VIEW cases_words AS
SELECT f.case_id, f.words FROM cases_found f
 WHERE {EVERYTHING} OR (SELECT true FROM cases_case WHERE cases_case.id = f.case_id
   AND ({BELONGS['cases_case']}));
REVOKE ALL ON cases_words FROM web, worker;
GRANT SELECT ON cases_words TO web, worker;
ALTER VIEW cases_words OWNER TO search;
CREATE VIEW cases_numbers AS
SELECT id AS case_id, number, reverse(number) AS tail FROM cases_case
 WHERE {EVERYTHING} OR {BELONGS['cases_case']};
REVOKE ALL ON cases_numbers FROM web, worker;
GRANT SELECT ON cases_numbers TO web, worker;
ALTER VIEW cases_numbers OWNER TO search;
COMMENT ON VIEW cases_words IS
    'words of the cases in sight: of search, who sees past the wall, so that an index finds them';
"""
FEW = """
-- Rare words are found through their index whatever the planner takes them for: it knows how
-- often the most frequent ones occur, and of all others only that they are rarer than those.
CREATE FUNCTION cases_few(asked text[], most int) RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
SET enable_indexscan = off SET plan_cache_mode = force_custom_plan AS $$
DECLARE few bigint[];
BEGIN
    few := ARRAY(SELECT case_id FROM cases_found WHERE words @> asked LIMIT most + 1);
    IF cardinality(few) > most THEN
        RETURN NULL;
    END IF;
    RETURN ARRAY(SELECT n.case_id FROM unnest(few) AS f(id) JOIN cases_numbers n ON n.case_id = f.id);
END $$;
ALTER FUNCTION cases_few(text[], int) OWNER TO search;
COMMENT ON FUNCTION cases_few IS
    'cases in sight that are found by all these words; null where more than so many have them';
"""
PARTITIONS = """
CREATE OR REPLACE FUNCTION journal_make_partitions(ahead int DEFAULT 3) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    month date := date_trunc('month', now())::date;
    made  int := 0;
    part  text;
BEGIN
    FOR i IN 0..ahead LOOP
        part := 'journal_line_' || to_char(month, 'YYYYMM');
        IF to_regclass(part) IS NULL THEN
            EXECUTE format(
                'CREATE TABLE %I PARTITION OF journal_line FOR VALUES FROM (%L) TO (%L)',
                part, month, (month + interval '1 month')::date);
            EXECUTE format('REVOKE ALL ON %I FROM web, worker', part);
            made := made + 1;
        END IF;
        month := (month + interval '1 month')::date;
    END LOOP;
    RETURN made;
END $$;
DO $$
DECLARE part regclass;
BEGIN
    FOR part IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'journal_line'::regclass LOOP
        EXECUTE format('REVOKE ALL ON %s FROM web, worker', part);
    END LOOP;
END $$;
"""


def wall(table: str, rule: str) -> str:
    """One table behind the wall, also for its owner."""
    return f"""
        CREATE POLICY wall ON {table} USING ({EVERYTHING} OR {rule}) WITH CHECK (true);
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    """


def down(table: str) -> str:
    return f"""
        ALTER TABLE {table} DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;
        DROP POLICY wall ON {table};
    """


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("common", "0002_sight"),
        ("cases", "0016_looks_by_end"),
        ("files", "0001_initial"),
        ("journal", "0007_order"),
        ("facts", "0001_initial"),
        ("notices", "0003_history_kept"),
        ("desk", "0004_limits_by_versions"),
    ]
    operations = [
        migrations.RunSQL(REACH, REACH_GONE),
        migrations.RunSQL(SEES, "DROP FUNCTION sees_case(bigint), sees_report(bigint)"),
        *(migrations.RunSQL(wall(table, rule), down(table)) for table, rule in BELONGS.items()),
        migrations.RunSQL(WORDS, "DROP VIEW cases_numbers, cases_words"),
        migrations.RunSQL(FEW, "DROP FUNCTION cases_few(text[], int)"),
        migrations.RunSQL(PARTITIONS, migrations.RunSQL.noop),
        migrations.RunSQL(
            "ALTER VIEW facts_fact SET (security_invoker = true);"
            "GRANT SELECT ON facts_delta TO web, worker",
            "ALTER VIEW facts_fact SET (security_invoker = false)",
        ),
    ]
