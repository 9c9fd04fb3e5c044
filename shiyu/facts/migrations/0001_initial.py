"""The daily facts in plain SQL: a table that only its fold can change, and deltas beside it."""

from django.db import migrations, models

KEY = "day, measure, place_id, unit_id, kind_id, channel, outcome"
SUMS = "n, judged, missed, total"

FORWARD = f"""
CREATE TABLE facts_daily (
    day      date        NOT NULL,
    measure  varchar(12) NOT NULL,
    place_id integer     NOT NULL,
    unit_id  integer     NOT NULL,
    kind_id  integer     NOT NULL,
    channel  varchar(20) NOT NULL,
    outcome  varchar(12) NOT NULL,
    n        integer     NOT NULL,
    judged   integer     NOT NULL,
    missed   integer     NOT NULL,
    total    bigint      NOT NULL,
    PRIMARY KEY ({KEY})
);
CREATE INDEX facts_by_place ON facts_daily (place_id, day);
CREATE INDEX facts_by_unit ON facts_daily (unit_id, day);
CREATE INDEX facts_of_nothing ON facts_daily (day)
    WHERE n = 0 AND judged = 0 AND missed = 0 AND total = 0;

CREATE TABLE facts_delta (
    id       bigserial   PRIMARY KEY,
    day      date        NOT NULL,
    measure  varchar(12) NOT NULL,
    place_id integer     NOT NULL,
    unit_id  integer     NOT NULL,
    kind_id  integer     NOT NULL,
    channel  varchar(20) NOT NULL,
    outcome  varchar(12) NOT NULL,
    n        integer     NOT NULL,
    judged   integer     NOT NULL,
    missed   integer     NOT NULL,
    total    bigint      NOT NULL
);

CREATE VIEW facts_fact AS
    SELECT {KEY}, {SUMS} FROM facts_daily
    UNION ALL
    SELECT {KEY}, {SUMS} FROM facts_delta;

CREATE FUNCTION facts_fold(most int DEFAULT 20000) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    folded int;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('shiyu facts fold')) THEN
        RETURN 0;
    END IF;
    WITH taken AS (
        DELETE FROM facts_delta WHERE id IN (
            SELECT id FROM facts_delta ORDER BY id LIMIT most FOR UPDATE SKIP LOCKED)
        RETURNING {KEY}, {SUMS}
    ), summed AS (
        SELECT {KEY}, sum(n) AS n, sum(judged) AS judged, sum(missed) AS missed,
               sum(total) AS total
          FROM taken GROUP BY {KEY}
        HAVING sum(n) <> 0 OR sum(judged) <> 0 OR sum(missed) <> 0 OR sum(total) <> 0
    ), put AS (
        INSERT INTO facts_daily AS f ({KEY}, {SUMS})
        SELECT {KEY}, {SUMS} FROM summed ORDER BY {KEY}
        ON CONFLICT ({KEY}) DO UPDATE
           SET n = f.n + excluded.n, judged = f.judged + excluded.judged,
               missed = f.missed + excluded.missed, total = f.total + excluded.total
    )
    SELECT count(*) INTO folded FROM taken;
    DELETE FROM facts_daily WHERE n = 0 AND judged = 0 AND missed = 0 AND total = 0;
    RETURN folded;
END $$;

REVOKE ALL ON facts_daily, facts_delta, facts_fact FROM web, worker;
GRANT SELECT ON facts_daily, facts_fact TO web, worker;
GRANT SELECT, INSERT ON facts_delta TO web, worker;
GRANT USAGE ON SEQUENCE facts_delta_id_seq TO web, worker;
REVOKE EXECUTE ON FUNCTION facts_fold(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION facts_fold(int) TO web, worker;
"""

BACKWARD = """
DROP FUNCTION facts_fold(int);
DROP VIEW facts_fact;
DROP TABLE facts_delta;
DROP TABLE facts_daily;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [("journal", "0001_initial")]
    operations = [
        migrations.RunSQL(
            FORWARD,
            BACKWARD,
            state_operations=[
                migrations.CreateModel(
                    name="Fact",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "day", "measure", "place_id", "unit_id", "kind_id", "channel",
                                "outcome", blank=True, editable=False, primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("day", models.DateField()),
                        ("measure", models.CharField(max_length=12)),
                        ("place_id", models.IntegerField()),
                        ("unit_id", models.IntegerField()),
                        ("kind_id", models.IntegerField()),
                        ("channel", models.CharField(max_length=20)),
                        ("outcome", models.CharField(max_length=12)),
                        ("n", models.IntegerField()),
                        ("judged", models.IntegerField()),
                        ("missed", models.IntegerField()),
                        ("total", models.BigIntegerField()),
                    ],
                    options={"db_table": "facts_fact", "managed": False},
                ),
            ],
        ),
    ]
