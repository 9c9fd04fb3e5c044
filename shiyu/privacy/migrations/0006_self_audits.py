"""Self-audits: counted once, never rewritten, never deleted."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


FORWARD = """
REVOKE UPDATE, DELETE, TRUNCATE ON privacy_selfaudit FROM web, worker;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0005_under_fourteen'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SelfAudit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since', models.DateField(verbose_name='从')),
                ('until', models.DateField(verbose_name='到')),
                ('points', models.JSONField()),
                ('sha256', models.CharField(max_length=64)),
                ('made_at', models.DateTimeField()),
                ('made_by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('since__lte', models.F('until'))), name='self_audit_of_a_time')],
            },
        ),
        migrations.RunSQL(FORWARD, migrations.RunSQL.noop),
    ]
