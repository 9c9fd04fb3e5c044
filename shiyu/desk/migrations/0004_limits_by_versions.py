"""Limits of exports are set by adding a version; what held stays."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


FORWARD = """
GRANT INSERT, UPDATE (id) ON desk_exportlimits TO web, worker;
SELECT setval(pg_get_serial_sequence('desk_exportlimits', 'id'), (SELECT max(id) FROM desk_exportlimits));
"""


class Migration(migrations.Migration):

    dependencies = [
        ('desk', '0003_held_when_written'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='exportlimits',
            options={'ordering': ['-id']},
        ),
        migrations.AddField(
            model_name='exportlimits',
            name='set_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='exportlimits',
            name='set_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='exportlimits',
            constraint=models.CheckConstraint(condition=models.Q(('alone_most__lte', models.F('rows_most'))), name='alone_within_what_anybody_exports'),
        ),
        migrations.RunSQL(FORWARD, migrations.RunSQL.noop),
    ]
