"""Only the worker makes partitions: the function runs with its owner's rights."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("journal", "0002_feed_in_commit_order")]
    operations = [
        migrations.RunSQL(
            "REVOKE ALL ON FUNCTION journal_make_partitions(int) FROM PUBLIC;"
            "GRANT EXECUTE ON FUNCTION journal_make_partitions(int) TO worker;",
            "GRANT EXECUTE ON FUNCTION journal_make_partitions(int) TO PUBLIC;",
        )
    ]
