"""The sequence of case numbers, and what may never be deleted."""

from django.db import migrations

KEPT = "cases_case, cases_assignment, cases_report, cases_rating, cases_check"

FORWARD = f"""
CREATE SEQUENCE cases_number_seq;
GRANT USAGE ON SEQUENCE cases_number_seq TO web, worker;
REVOKE DELETE, TRUNCATE ON {KEPT} FROM web, worker;
"""

BACKWARD = f"""
DROP SEQUENCE cases_number_seq;
GRANT DELETE ON {KEPT} TO web, worker;
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial"), ("journal", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
