"""Impact assessments: decided once, never rewritten, never deleted."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


FORWARD = """
REVOKE UPDATE, DELETE, TRUNCATE ON privacy_assessment FROM web, worker;
GRANT UPDATE (stage, decided_by_id, decided_at, said_id) ON privacy_assessment TO web, worker;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0003_one_of_a_kind'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Assessment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('processing', models.CharField(max_length=20, verbose_name='处理活动')),
                ('purpose', models.TextField(verbose_name='处理目的和方式')),
                ('lawfulness', models.TextField(verbose_name='合法性')),
                ('necessity', models.TextField(verbose_name='必要性')),
                ('effects', models.TextField(verbose_name='对个人权益的影响和安全风险')),
                ('measures', models.TextField(verbose_name='保护措施，是否与风险相适应')),
                ('conclusion', models.CharField(choices=[('go', '可以进行'), ('with_measures', '落实所列措施后可以进行'), ('not', '不得进行')], max_length=14, verbose_name='结论')),
                ('due_on', models.DateField(verbose_name='再次评估')),
                ('stage', models.CharField(choices=[('asked', '待批准'), ('approved', '已批准'), ('returned', '已退回'), ('withdrawn', '已撤回')], default='asked', max_length=10, verbose_name='状态')),
                ('begun_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('said_id', models.BigIntegerField(null=True)),
                ('begun_by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('stage', 'asked')), fields=('processing',), name='one_open_assessment'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('stage', 'asked')), models.Q(models.Q(('stage', 'asked'), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='assessment_decided_by_somebody')],
            },
        ),
        migrations.RunSQL(FORWARD, migrations.RunSQL.noop),
    ]
