"""What units hold against a standard: nothing of it is rewritten but how it ended."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


FORWARD = """
REVOKE UPDATE, DELETE, TRUNCATE ON catalogue_objection FROM web, worker;
GRANT UPDATE (stage, answer, ended_by_id, ended_at) ON catalogue_objection TO web, worker;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0004_procedure_kept'),
        ('people', '0004_history_kept'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Objection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('said', models.CharField(max_length=500, verbose_name='异议')),
                ('raised_at', models.DateTimeField(verbose_name='提出时间')),
                ('stage', models.CharField(choices=[('raised', '待答复'), ('adopted', '已采纳'), ('declined', '未采纳'), ('withdrawn', '已撤回')], default='raised', max_length=12, verbose_name='状态')),
                ('answer', models.CharField(blank=True, default='', max_length=500, verbose_name='答复')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='答复时间')),
                ('ended_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('raised_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('standard', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='objections', to='catalogue.standard')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.unit')),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('stage', 'raised')), fields=('standard', 'unit'), name='one_open_objection_of_a_unit'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('stage', 'raised')), models.Q(models.Q(('stage', 'raised'), _negated=True), ('ended_at__isnull', False)), _connector='OR'), name='objection_ended_with_its_stage')],
            },
        ),
        migrations.RunSQL(FORWARD, migrations.RunSQL.noop),
    ]
