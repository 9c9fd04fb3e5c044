"""The buckets of quotas, which need not outlive a crash, and what may never be deleted."""

from django.db import migrations

FORWARD = """
CREATE UNLOGGED TABLE api_bucket (
    name text PRIMARY KEY,
    room double precision NOT NULL,
    ok boolean NOT NULL,
    at timestamptz NOT NULL
) WITH (fillfactor = 50);
GRANT SELECT, INSERT, UPDATE, DELETE ON api_bucket TO web, worker;
REVOKE DELETE, TRUNCATE ON api_client, api_key FROM web, worker;
"""

BACKWARD = """
DROP TABLE api_bucket;
GRANT DELETE ON api_client, api_key TO web, worker;
"""


class Migration(migrations.Migration):
    dependencies = [("api", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
