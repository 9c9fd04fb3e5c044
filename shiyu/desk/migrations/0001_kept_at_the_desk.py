"""Saved filters, columns, bulk moves and exports; an export is never deleted."""

import django.contrib.postgres.fields
import django.db.models.deletion
import shiyu.desk.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('cases', '0009_look_for_export'),
        ('people', '0003_unit_changes_and_acting'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ExportLimits',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rows_most', models.PositiveIntegerField(default=50000, verbose_name='最多行数')),
                ('alone_most', models.PositiveIntegerField(default=1000, verbose_name='无须批准的行数')),
                ('kept_hours', models.PositiveSmallIntegerField(default=72, verbose_name='保留小时')),
            ],
        ),
        migrations.CreateModel(
            name='Layout',
            fields=[
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='layout', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('columns', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), default=list, size=None)),
                ('dense', models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(default=shiyu.desk.models.new_key, max_length=32, unique=True)),
                ('move', models.CharField(max_length=24)),
                ('said', models.JSONField(default=dict)),
                ('back', models.CharField(blank=True, default='', max_length=500)),
                ('state', models.CharField(choices=[('chosen', '待确认'), ('running', '正在办理'), ('done', '办完')], default='chosen', max_length=10)),
                ('made_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='BatchItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('waiting', '未办'), ('done', '已办'), ('refused', '未能办理')], default='waiting', max_length=10)),
                ('why', models.CharField(blank=True, default='', max_length=300)),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='desk.batch')),
                ('case', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='cases.case')),
            ],
            options={
                'ordering': ['case_id'],
                'constraints': [models.UniqueConstraint(fields=('batch', 'case'), name='once_in_a_batch')],
            },
        ),
        migrations.CreateModel(
            name='Export',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(default=shiyu.desk.models.new_key, max_length=32, unique=True)),
                ('purpose', models.CharField(choices=[('report', '汇报材料'), ('check', '核对数据'), ('analyse', '统计分析'), ('hand_over', '移交资料'), ('other', '其他')], max_length=12, verbose_name='用途')),
                ('reason', models.CharField(max_length=200, verbose_name='用途说明')),
                ('queue', models.CharField(max_length=20)),
                ('filters', models.JSONField(default=dict)),
                ('filtered', models.CharField(blank=True, default='', max_length=300)),
                ('columns', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), default=list, size=None)),
                ('personal', models.BooleanField(default=False)),
                ('first', models.BigIntegerField()),
                ('last', models.BigIntegerField()),
                ('counted', models.PositiveIntegerField(verbose_name='申请时行数')),
                ('stage', models.CharField(choices=[('asked', '待批准'), ('approved', '正在生成'), ('refused', '未批准'), ('made', '可下载'), ('failed', '没有生成'), ('expired', '已过期删除')], max_length=10)),
                ('decision', models.CharField(blank=True, default='', max_length=200, verbose_name='批复')),
                ('asked_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('made_at', models.DateTimeField(blank=True, null=True)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('written', models.PositiveIntegerField(default=0, verbose_name='已写行数')),
                ('sha256', models.CharField(blank=True, default='', max_length=64)),
                ('failure', models.CharField(blank=True, default='', max_length=200)),
                ('approver', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='exports_decided', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='exports', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('approver__isnull', True), models.Q(('approver', models.F('person')), _negated=True), _connector='OR'), name='export_decided_by_another'), models.CheckConstraint(condition=models.Q(models.Q(('stage', 'made'), _negated=True), models.Q(('expires_at__isnull', False), ('made_at__isnull', False)), _connector='OR'), name='export_made_has_end')],
            },
        ),
        migrations.CreateModel(
            name='Saved',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=30, verbose_name='名称')),
                ('queue', models.CharField(max_length=20)),
                ('filters', models.JSONField(default=dict)),
                ('columns', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), default=list, size=None)),
                ('sort', models.CharField(blank=True, default='', max_length=10)),
                ('dense', models.BooleanField(default=False)),
                ('place', models.PositiveSmallIntegerField(default=0, verbose_name='次序')),
                ('opens_first', models.BooleanField(default=False, verbose_name='打开工作台时先看')),
                ('deleted_at', models.DateTimeField(blank=True, null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='saved', to=settings.AUTH_USER_MODEL)),
                ('unit', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to='people.unit')),
            ],
            options={
                'ordering': ['place', 'id'],
                'indexes': [models.Index(condition=models.Q(('unit__isnull', False)), fields=['unit'], name='saved_by_unit')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('deleted_at__isnull', True), ('opens_first', True)), fields=('person',), name='one_saved_opens_first')],
            },
        ),
        migrations.RunSQL(
            "REVOKE DELETE, TRUNCATE ON desk_export FROM web, worker;"
            "REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON desk_exportlimits FROM web, worker;"
            "INSERT INTO desk_exportlimits (id, rows_most, alone_most, kept_hours)"
            " VALUES (1, 50000, 1000, 72)",
            "GRANT DELETE ON desk_export TO web, worker",
        ),
    ]
