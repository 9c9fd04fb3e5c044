"""What one administrator proposes to do to another: decided once, never rewritten."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


FORWARD = """
REVOKE UPDATE, DELETE, TRUNCATE ON people_proposal FROM web, worker;
GRANT UPDATE (stage, secret, decided_by_id, decided_at) ON people_proposal TO web, worker;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0004_history_kept'),
    ]

    operations = [
        migrations.CreateModel(
            name='Proposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('what', models.CharField(choices=[('deactivate', '停用账号'), ('reactivate', '恢复账号'), ('set_password', '重设密码'), ('remove_second_factor', '解除登录凭证'), ('appoint', '任职或代理'), ('end_appointment', '离任'), ('give_duty', '授予职责'), ('withdraw_duty', '收回职责')], max_length=24, verbose_name='变更事项')),
                ('facts', models.JSONField(default=dict)),
                ('secret', models.CharField(blank=True, default='', max_length=200)),
                ('stage', models.CharField(choices=[('asked', '待批准'), ('done', '已批准并办理'), ('refused', '未批准'), ('withdrawn', '已撤回')], default='asked', max_length=10, verbose_name='状态')),
                ('asked_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('asked_by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('stage', 'asked')), models.Q(models.Q(('stage', 'asked'), _negated=True), ('decided_at__isnull', False), ('secret', '')), _connector='OR'), name='proposal_decided_by_somebody')],
            },
        ),
        migrations.RunSQL(FORWARD, migrations.RunSQL.noop),
    ]
