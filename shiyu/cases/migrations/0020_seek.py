"""The newest cases in sight that have some words, whatever share of the city has them or is seen.

Ids are shelved by 16,384. From the newest shelf on, the index joins words, marks and shelf, and
gives nothing but candidates of this sight; what few have is looked for on all shelves at once.
Each candidate that is answered has gone through the wall's own view, `cases_numbers`.
"""

from django.db import migrations

SEEK = """
CREATE FUNCTION cases_sight_marks() RETURNS bigint[] LANGUAGE plpgsql STABLE AS $$
DECLARE
    mine sight := current_setting('shiyu.sight')::sight;
    marks bigint[] := coalesce(mine.holders::bigint[], '{}');
    part int8range;
    cover bigint[];
BEGIN
    IF mine.everything OR cardinality(mine.cases::bigint[]) > 0 THEN
        RETURN NULL;
    END IF;
    FOR part IN SELECT unnest(mine.places) LOOP
        cover := cases_cover(lower(part), upper(part) - 1);
        IF cover IS NULL THEN
            RETURN NULL;
        END IF;
        marks := marks || cover;
    END LOOP;
    RETURN marks;
END $$;
COMMENT ON FUNCTION cases_sight_marks IS
    'marks of which each case in sight has one; null where it is not worth asking';

CREATE FUNCTION cases_seek(
    asked text[], alike bigint[], below bigint, above bigint, most int, few int
) RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
SET enable_seqscan = off SET jit = off AS $$
DECLARE
    mine bigint[] := cases_sight_marks();
    newest bigint := (SELECT max(case_id) FROM cases_found) >> 14;
    step int := CASE WHEN above IS NULL THEN -1 ELSE 1 END;
    at bigint := least(coalesce(above + 1, below - 1, newest << 14) >> 14, newest);
    candidates text := 'SELECT ARRAY(SELECT case_id FROM cases_found WHERE '
        || concat_ws(' AND ',
            CASE WHEN asked IS NOT NULL THEN 'words @> $1' END,
            CASE WHEN alike IS NOT NULL THEN 'marks && $2' END,
            CASE WHEN mine IS NOT NULL THEN 'marks && $3' END);
    ids bigint[];
    found bigint[] := '{}';
    tried int := 0;
BEGIN
    IF cardinality(mine) = 0 OR (asked IS NULL AND alike IS NULL) THEN
        RETURN found;
    END IF;
    WHILE cardinality(found) < most AND at BETWEEN 0 AND newest LOOP
        IF tried = 2 THEN
            EXECUTE candidates || ' LIMIT $4)' INTO ids USING asked, alike, mine, few + 1;
            EXIT WHEN cardinality(ids) = 0;
            IF cardinality(ids) <= few THEN
                ids := ARRAY(SELECT id FROM unnest(ids) AS id WHERE (id >> 14) * step >= at * step);
                at := -1;
            END IF;
        END IF;
        IF tried <> 2 OR at >= 0 THEN
            EXECUTE candidates || ' AND cases_shelf(case_id) @> ARRAY[$4])' INTO ids
                USING asked, alike, mine, at;
            at := at + step;
        END IF;
        tried := tried + 1;
        found := found || ARRAY(
            SELECT id FROM (SELECT id FROM unnest(ids) AS id
                             WHERE (below IS NULL OR id < below) AND (above IS NULL OR id > above)
                             ORDER BY id * step OFFSET 0) AS sorted
             WHERE (SELECT true FROM cases_numbers n WHERE n.case_id = sorted.id)
             LIMIT most - cardinality(found));
    END LOOP;
    RETURN found;
END $$;
ALTER FUNCTION cases_seek(text[], bigint[], bigint, bigint, int, int) OWNER TO search;
COMMENT ON FUNCTION cases_seek IS
    'the newest (or next older) cases in sight with all these words or one of these marks';

CREATE OR REPLACE FUNCTION cases_few(asked text[], most int) RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
SET enable_seqscan = off SET jit = off AS $$
DECLARE
    mine bigint[] := cases_sight_marks();
    few bigint[];
BEGIN
    IF mine IS NULL THEN
        EXECUTE 'SELECT ARRAY(SELECT case_id FROM cases_found WHERE words @> $1 LIMIT $2)'
           INTO few USING asked, most + 1;
    ELSE
        EXECUTE 'SELECT ARRAY(SELECT case_id FROM cases_found
                               WHERE words @> $1 AND marks && $3 LIMIT $2)'
           INTO few USING asked, most + 1, mine;
    END IF;
    IF cardinality(few) > most THEN
        RETURN NULL;
    END IF;
    RETURN ARRAY(
        SELECT n.case_id FROM unnest(few) AS f(id) JOIN cases_numbers n ON n.case_id = f.id);
END $$;
COMMENT ON FUNCTION cases_few IS
    'cases in sight that are found by all these words; null where more than so many are';
"""
FEW_BEFORE = """
CREATE OR REPLACE FUNCTION cases_few(asked text[], most int) RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
SET enable_indexscan = off SET plan_cache_mode = force_custom_plan AS $$
DECLARE few bigint[];
BEGIN
    few := ARRAY(SELECT case_id FROM cases_found WHERE words @> asked LIMIT most + 1);
    IF cardinality(few) > most THEN
        RETURN NULL;
    END IF;
    RETURN ARRAY(
        SELECT n.case_id FROM unnest(few) AS f(id) JOIN cases_numbers n ON n.case_id = f.id);
END $$;
DROP FUNCTION cases_seek(text[], bigint[], bigint, bigint, int, int), cases_sight_marks();
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0019_marked")]
    operations = [
        migrations.RunSQL(SEEK, FEW_BEFORE),
        migrations.RemoveIndex("found", "case_words"),
    ]
