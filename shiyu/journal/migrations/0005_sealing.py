"""Sealed batches of the journal, copies of what was witnessed, spans of transaction ids (封存)."""

from django.db import migrations, models

FORWARD = """
CREATE INDEX journal_line_by_transaction ON journal_line (xid, id);
ALTER TABLE journal_line ADD CONSTRAINT journal_line_times_are_finite
    CHECK (isfinite(recorded_at) AND isfinite(occurred_at));

CREATE TABLE journal_span (
    no       int         PRIMARY KEY,
    begun_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_id  bigint      NOT NULL
);
INSERT INTO journal_span (no, last_id) VALUES (1, 0);

CREATE TABLE journal_seal (
    no        bigint      PRIMARY KEY CHECK (no > 0),
    algorithm varchar(20) NOT NULL,
    lines     int         NOT NULL CHECK (lines > 0),
    first_at  timestamptz NOT NULL,
    last_at   timestamptz NOT NULL CHECK (last_at >= first_at),
    first_id  bigint      NOT NULL,
    last_id   bigint      NOT NULL CHECK (last_id >= first_id),
    root      bytea       NOT NULL,
    previous  bytea       NOT NULL,
    head      bytea       NOT NULL,
    span      int         NOT NULL,
    until_xid xid8        NOT NULL,
    until_id  bigint      NOT NULL,
    emptied   boolean     NOT NULL,
    sealed_at timestamptz NOT NULL,
    ids       bigint[]    NOT NULL CHECK (cardinality(ids) = lines),
    leaves    bytea       NOT NULL
);
ALTER TABLE journal_seal ALTER leaves SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX journal_seal_until ON journal_seal (span, until_xid, until_id);

CREATE TABLE journal_mark (
    seq         bigint      PRIMARY KEY,
    at          timestamptz NOT NULL,
    kind        varchar(10) NOT NULL,
    first_batch bigint      NOT NULL,
    last_batch  bigint      NOT NULL,
    said        text        NOT NULL
);
CREATE INDEX journal_mark_batches ON journal_mark (last_batch, first_batch);

CREATE TRIGGER journal_span_only_grows BEFORE UPDATE OR DELETE ON journal_span
    FOR EACH ROW EXECUTE FUNCTION journal_only_grows();
CREATE TRIGGER journal_seal_only_grows BEFORE UPDATE OR DELETE ON journal_seal
    FOR EACH ROW EXECUTE FUNCTION journal_only_grows();
CREATE TRIGGER journal_mark_only_grows BEFORE UPDATE OR DELETE ON journal_mark
    FOR EACH ROW EXECUTE FUNCTION journal_only_grows();
CREATE TRIGGER journal_seal_not_emptied BEFORE TRUNCATE ON journal_seal
    FOR EACH STATEMENT EXECUTE FUNCTION journal_only_grows();
CREATE TRIGGER journal_mark_not_emptied BEFORE TRUNCATE ON journal_mark
    FOR EACH STATEMENT EXECUTE FUNCTION journal_only_grows();

REVOKE ALL ON journal_span, journal_seal, journal_mark FROM web, worker;
GRANT SELECT ON journal_span, journal_seal, journal_mark TO web, worker;
GRANT INSERT ON journal_seal, journal_mark TO worker;

-- When a line was recorded and by which transaction is the database's word, nobody else's.
REVOKE INSERT ON journal_line FROM web, worker;
GRANT INSERT (id, occurred_at, subject, verb, actor, facts, remark_id, commitment)
    ON journal_line TO web, worker;
DO $$
DECLARE part regclass;
BEGIN
    FOR part IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'journal_line'::regclass LOOP
        EXECUTE format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON %s FROM web, worker', part);
    END LOOP;
END $$;

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
            EXECUTE format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON %I FROM web, worker', part);
            made := made + 1;
        END IF;
        month := (month + interval '1 month')::date;
    END LOOP;
    RETURN made;
END $$;

-- After a restore into another cluster, by the owner alone: transaction ids written there mean
-- nothing here. Lines not yet sealed come first in the new span; the sealed ones stay behind.
CREATE FUNCTION journal_begin_span() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    span    journal_span;
    reached journal_seal;
    cleared bigint;
BEGIN
    LOCK TABLE journal_line, journal_seal, journal_span IN EXCLUSIVE MODE;
    SELECT * INTO span FROM journal_span ORDER BY no DESC LIMIT 1;
    SELECT * INTO reached FROM journal_seal s WHERE s.span = span.no ORDER BY s.no DESC LIMIT 1;
    ALTER TABLE journal_line DISABLE TRIGGER journal_line_only_grows;
    UPDATE journal_line SET xid = '1'
     WHERE xid = '0' AND (xid, id) <= (reached.until_xid, reached.until_id);
    UPDATE journal_line SET xid = '0'
     WHERE (xid = '0' OR id > span.last_id)
       AND (xid, id) > (coalesce(reached.until_xid, '0'), coalesce(reached.until_id, 0));
    GET DIAGNOSTICS cleared = ROW_COUNT;
    ALTER TABLE journal_line ENABLE TRIGGER journal_line_only_grows;
    INSERT INTO journal_span (no, last_id)
    SELECT span.no + 1, coalesce(max(id), 0) FROM journal_line;
    RETURN cleared;
END $$;
REVOKE ALL ON FUNCTION journal_begin_span() FROM PUBLIC;
"""

BACKWARD = """
DROP FUNCTION journal_begin_span();
DROP TABLE journal_mark, journal_seal, journal_span;
ALTER TABLE journal_line DROP CONSTRAINT journal_line_times_are_finite;
DROP INDEX journal_line_by_transaction;
GRANT INSERT ON journal_line TO web, worker;
"""


def _seen(name, *fields):
    options = {"db_table": f"journal_{name.lower()}", "managed": False}
    return migrations.CreateModel(name=name, fields=list(fields), options=options)


class Migration(migrations.Migration):
    dependencies = [("journal", "0004_remarks_by_subject")]
    operations = [
        migrations.RunSQL(
            FORWARD,
            BACKWARD,
            state_operations=[
                _seen(
                    "Seal",
                    ("no", models.BigIntegerField(primary_key=True, serialize=False)),
                    ("lines", models.IntegerField()),
                    ("sealed_at", models.DateTimeField()),
                ),
                _seen(
                    "Mark",
                    ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                    ("at", models.DateTimeField()),
                    ("kind", models.CharField(max_length=10)),
                    ("first_batch", models.BigIntegerField()),
                    ("last_batch", models.BigIntegerField()),
                    ("said", models.TextField()),
                ),
            ],
        )
    ]
