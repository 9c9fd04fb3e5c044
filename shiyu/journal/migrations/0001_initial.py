"""The journal's tables in plain SQL: partitioned by month, only ever added to (办理日志)."""

from django.db import migrations, models

FORWARD = """
CREATE SEQUENCE journal_line_id_seq;
CREATE TABLE journal_line (
    id          bigint      NOT NULL DEFAULT nextval('journal_line_id_seq'),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    occurred_at timestamptz NOT NULL,
    subject     varchar(60) NOT NULL,
    verb        varchar(40) NOT NULL,
    actor       varchar(60) NOT NULL,
    facts       jsonb       NOT NULL DEFAULT '{}',
    remark_id   bigint,
    commitment  varchar(64) NOT NULL DEFAULT '',
    xid         xid8        NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (recorded_at, id)
) PARTITION BY RANGE (recorded_at);
ALTER SEQUENCE journal_line_id_seq OWNED BY journal_line.id;
CREATE INDEX journal_line_subject ON journal_line (subject, id);
CREATE TABLE journal_line_other PARTITION OF journal_line DEFAULT;

CREATE FUNCTION journal_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the journal is only ever added to' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER journal_line_only_grows BEFORE UPDATE OR DELETE ON journal_line
    FOR EACH ROW EXECUTE FUNCTION journal_only_grows();
CREATE TRIGGER journal_line_not_emptied BEFORE TRUNCATE ON journal_line
    FOR EACH STATEMENT EXECUTE FUNCTION journal_only_grows();

CREATE FUNCTION journal_make_partitions(ahead int DEFAULT 3) RETURNS int
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
            EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %I FROM web, worker', part);
            made := made + 1;
        END IF;
        month := (month + interval '1 month')::date;
    END LOOP;
    RETURN made;
END $$;
SELECT journal_make_partitions(3);

CREATE TABLE journal_change (
    id      bigserial   PRIMARY KEY,
    topic   varchar(40) NOT NULL,
    ref     bigint      NOT NULL,
    version int         NOT NULL,
    at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    xid     xid8        NOT NULL DEFAULT pg_current_xact_id()
);

GRANT SELECT, INSERT ON journal_line, journal_change TO web, worker;
GRANT DELETE ON journal_change TO worker;
GRANT USAGE ON SEQUENCE journal_line_id_seq, journal_change_id_seq TO web, worker;
REVOKE UPDATE, DELETE, TRUNCATE ON journal_line, journal_line_other FROM web, worker;
REVOKE UPDATE, TRUNCATE ON journal_change FROM web, worker;
REVOKE DELETE ON journal_change FROM web;
GRANT EXECUTE ON FUNCTION journal_make_partitions(int) TO worker;
"""

BACKWARD = """
DROP TABLE journal_change;
DROP TABLE journal_line;
DROP FUNCTION journal_make_partitions(int);
DROP FUNCTION journal_only_grows();
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Remark",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("subject", models.CharField(db_index=True, max_length=60)),
                ("text", models.TextField()),
                ("salt", models.CharField(max_length=32)),
                ("author", models.CharField(max_length=60)),
                ("written_at", models.DateTimeField()),
                ("erased_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={"ordering": ["id"]},
        ),
        migrations.RunSQL(
            FORWARD,
            BACKWARD,
            state_operations=[
                migrations.CreateModel(
                    name="Line",
                    fields=[
                        ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                        ("recorded_at", models.DateTimeField()),
                        ("occurred_at", models.DateTimeField()),
                        ("subject", models.CharField(max_length=60)),
                        ("verb", models.CharField(max_length=40)),
                        ("actor", models.CharField(max_length=60)),
                        ("facts", models.JSONField()),
                        ("remark_id", models.BigIntegerField(null=True)),
                        ("commitment", models.CharField(default="", max_length=64)),
                    ],
                    options={"db_table": "journal_line", "managed": False, "ordering": ["id"]},
                ),
                migrations.CreateModel(
                    name="Change",
                    fields=[
                        ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                        ("topic", models.CharField(max_length=40)),
                        ("ref", models.BigIntegerField()),
                        ("version", models.IntegerField()),
                        ("at", models.DateTimeField()),
                    ],
                    options={"db_table": "journal_change", "managed": False, "ordering": ["id"]},
                ),
            ],
        ),
    ]
