"""One table for all that is asked about somebody's data: erasing, a copy, words (两人办理)."""

import django.db.models.deletion
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import Q

KINDS = [("erase", "删除个人信息"), ("copy", "查阅复制"), ("words", "删除一段文字")]
STAGES = [
    ("asked", "待办理"),
    ("granted", "已同意，待取走"),
    ("refused", "未同意"),
    ("withdrawn", "已撤回"),
    ("done", "已办完"),
]
GROUNDS = [
    ("no_longer_needed", "处理目的已实现、不再需要"),
    ("withdrawn", "撤回同意"),
    ("unlawful", "违法或违反约定处理"),
    ("retention_over", "保存期限届满"),
    ("in_person", "本人到场，核对了身份"),
    ("proxy", "代理人到场，核对了委托手续"),
    ("heir", "近亲属到场，核对了关系（个人信息保护法第四十九条）"),
    ("personal", "含有不该留存的个人信息"),
    ("requested", "本人依法要求删除"),
    ("secret", "涉及国家秘密或商业秘密"),
    ("offending", "含有违法或侮辱他人的内容"),
    ("mistaken", "写错了地方"),
]
ABOUT = Q(kind="words", case__isnull=False, words__isnull=False, report=None) | (
    ~Q(kind="words") & Q(case=None, words=None, report__isnull=False)
)


class Migration(migrations.Migration):
    dependencies = [("privacy", "0001_initial"), ("cases", "0015_access_grants")]

    operations = [
        migrations.AddField(
            "demand",
            "kind",
            models.CharField(
                choices=KINDS,
                db_default="erase",
                default="erase",
                max_length=8,
                verbose_name="事项",
            ),
        ),
        migrations.AddField("demand", "words", models.BigIntegerField(blank=True, null=True)),
        migrations.AddField("demand", "said_id", models.BigIntegerField(null=True)),
        migrations.AddField(
            "demand",
            "until",
            models.DateTimeField(blank=True, null=True, verbose_name="可以取走的期限"),
        ),
        migrations.AddField(
            "demand",
            "case",
            models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="cases.case",
            ),
        ),
        migrations.SeparateDatabaseAndState(
            [
                # Django would make the foreign key anew, and read the table under lock for it.
                migrations.RunSQL(
                    "ALTER TABLE privacy_demand ALTER COLUMN report_id DROP NOT NULL",
                    "ALTER TABLE privacy_demand ALTER COLUMN report_id SET NOT NULL",
                )
            ],
            [
                migrations.AlterField(
                    "demand",
                    "report",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="demands",
                        to="cases.report",
                    ),
                ),
            ],
        ),
        migrations.AlterField(
            "demand",
            "ground",
            models.CharField(choices=GROUNDS, max_length=20, verbose_name="依据"),
        ),
        migrations.AlterField(
            "demand",
            "stage",
            models.CharField(choices=STAGES, default="asked", max_length=10, verbose_name="状态"),
        ),
        AddConstraintNotValid(
            "demand", models.CheckConstraint(condition=ABOUT, name="demand_about_something")
        ),
    ]
