"""A look that opens something is an access grant: by what law, and how it ends before its time."""

import django.db.models.deletion
from django.db import migrations, models

BASIS = [
    ("duty", "履行法定职责（个人信息保护法第十三条第一款第三项、第三十四条）"),
    ("right", "本人行使权利（个人信息保护法第四十五条）"),
]
WHY = [("done", "用完了"), ("revoked", "安全管理员收回"), ("breach", "泄露处置时冻结")]


class Migration(migrations.Migration):
    dependencies = [("cases", "0014_reads_and_notice"), ("people", "__first__")]

    operations = [
        migrations.AddField(
            "look",
            "basis",
            models.CharField(
                choices=BASIS,
                db_default="duty",
                default="duty",
                max_length=8,
                verbose_name="法律依据",
            ),
        ),
        migrations.CreateModel(
            name="LookEnd",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("why", models.CharField(choices=WHY, max_length=8, verbose_name="原因")),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                (
                    "look",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="end",
                        to="cases.look",
                    ),
                ),
            ],
        ),
        migrations.RunSQL(
            "REVOKE UPDATE, DELETE, TRUNCATE ON cases_lookend FROM web, worker",
            "GRANT UPDATE, DELETE ON cases_lookend TO web, worker",
        ),
    ]
