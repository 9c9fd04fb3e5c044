"""A remark is written once and may be erased; nobody changes who wrote it, or when, or of what."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("journal", "0005_sealing")]
    operations = [
        migrations.RunSQL(
            "REVOKE UPDATE, DELETE, TRUNCATE ON journal_remark FROM web, worker;"
            "GRANT UPDATE (text, salt, erased_at) ON journal_remark TO web, worker;",
            "GRANT UPDATE, DELETE ON journal_remark TO web, worker;",
        )
    ]
