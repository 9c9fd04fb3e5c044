"""Room for who reported, closed; the columns in clear stay one release, for those still running."""

from django.db import migrations, models

CLEAR = """
    ALTER TABLE cases_reporter ALTER COLUMN name SET DEFAULT '';
    ALTER TABLE cases_reporter ALTER COLUMN phone SET DEFAULT ''
"""
BACK = """
    ALTER TABLE cases_reporter ALTER COLUMN name DROP DEFAULT;
    ALTER TABLE cases_reporter ALTER COLUMN phone DROP DEFAULT
"""


class Migration(migrations.Migration):

    dependencies = [("cases", "0011_by_channel")]

    operations = [
        migrations.AddField("reporter", "key", models.BinaryField(null=True)),
        migrations.AddField(
            "reporter",
            "sealed",
            models.BinaryField(null=True, verbose_name="称呼和手机，加密"),
        ),
        migrations.AddField(
            "reporter", "found_by", models.BinaryField(null=True, verbose_name="手机检索码")
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(CLEAR, BACK)],
            state_operations=[
                migrations.RemoveIndex("reporter", "reporter_by_phone"),
                migrations.RenameField("reporter", "name", "plain_name"),
                migrations.RenameField("reporter", "phone", "plain_phone"),
                migrations.AlterField(
                    "reporter",
                    "plain_name",
                    models.CharField(db_column="name", db_default="", default="", max_length=40),
                ),
                migrations.AlterField(
                    "reporter",
                    "plain_phone",
                    models.CharField(db_column="phone", db_default="", default="", max_length=20),
                ),
                migrations.AddIndex(
                    "reporter",
                    models.Index(
                        fields=["plain_phone"],
                        name="reporter_by_phone",
                        condition=~models.Q(plain_phone=""),
                    ),
                ),
            ],
        ),
    ]
