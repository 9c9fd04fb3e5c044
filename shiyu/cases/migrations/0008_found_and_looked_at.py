"""Numbers found by their end, reporters by their phone; who looked at a reporter, only added to."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0007_only_indexes_in_use'),
        ('catalogue', '0001_initial'),
        ('people', '0002_one_administration'),
        ('places', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Look',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purpose', models.CharField(choices=[('verify', '核实情况'), ('answer', '答复办理结果'), ('on_site', '上门处置需要联系'), ('complaint', '处理投诉或申诉'), ('by_phone', '按来电号码查找案件')], max_length=12, verbose_name='目的')),
                ('remark_id', models.BigIntegerField(null=True, verbose_name='说明')),
                ('at', models.DateTimeField()),
                ('until', models.DateTimeField()),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.RunSQL(
            "CREATE INDEX case_number_end ON cases_case (reverse(number) text_pattern_ops)",
            "DROP INDEX case_number_end",
        ),
        migrations.AddIndex(
            model_name='reporter',
            index=models.Index(condition=models.Q(('phone', ''), _negated=True), fields=['phone'], name='reporter_by_phone'),
        ),
        migrations.AddField(
            model_name='look',
            name='person',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='look',
            name='report',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='looks', to='cases.report'),
        ),
        migrations.RunSQL(
            "REVOKE UPDATE, DELETE, TRUNCATE ON cases_look FROM web, worker",
            "GRANT UPDATE, DELETE ON cases_look TO web, worker",
        ),
    ]
