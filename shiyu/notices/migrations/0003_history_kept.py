"""The ledger of what was sent goes by age alone, half a year after; nobody takes a line out."""

from django.db import migrations

FORWARD = """
REVOKE DELETE, TRUNCATE ON notices_delivery FROM web, worker;
REVOKE UPDATE, DELETE, TRUNCATE ON notices_attempt FROM web, worker;
GRANT UPDATE (left_at, ended_at, outcome, why) ON notices_attempt TO web, worker;
REVOKE UPDATE, DELETE, TRUNCATE ON notices_notice FROM web, worker;
GRANT UPDATE (read_at) ON notices_notice TO web, worker;

CREATE FUNCTION notices_forget_old(most int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    old bigint[];
BEGIN
    old := ARRAY(SELECT id FROM notices_delivery
                 WHERE ended_at < now() - interval '183 days' ORDER BY id LIMIT most);
    UPDATE notices_delivery SET gathered_in_id = NULL WHERE gathered_in_id = ANY(old);
    DELETE FROM notices_attempt WHERE delivery_id = ANY(old);
    DELETE FROM notices_delivery WHERE id = ANY(old);
    RETURN cardinality(old);
END
$$;
REVOKE ALL ON FUNCTION notices_forget_old(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION notices_forget_old(int) TO web, worker;
"""

BACKWARD = """
DROP FUNCTION notices_forget_old(int);
GRANT UPDATE, DELETE ON notices_delivery, notices_attempt, notices_notice TO web, worker;
"""


class Migration(migrations.Migration):
    dependencies = [("notices", "0002_deliveries")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
