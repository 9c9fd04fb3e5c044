"""The stamp of what stands for all: whoever changes any of it changes the stamp with it.

Each change puts a new stamp there and takes away those it may: two who change at once wait for
neither, and after both have ended there are two stamps until the next change. No set of stamps
ever comes twice, so what was read under one holds for as long as that set is there
(shiyu/common/ready.py).
"""

from django.db import migrations

FORWARD = """
CREATE TABLE common_standing (stamp uuid PRIMARY KEY DEFAULT gen_random_uuid());
INSERT INTO common_standing DEFAULT VALUES;
REVOKE INSERT, UPDATE, DELETE ON common_standing FROM web, worker;
CREATE FUNCTION standing_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM common_standing
     WHERE stamp IN (SELECT stamp FROM common_standing FOR UPDATE SKIP LOCKED);
    INSERT INTO common_standing DEFAULT VALUES;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION standing_changed() FROM PUBLIC;
"""
BACKWARD = "DROP FUNCTION standing_changed(); DROP TABLE common_standing;"


class Migration(migrations.Migration):
    dependencies = [("common", "0002_sight")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
