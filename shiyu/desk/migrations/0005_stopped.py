"""A bulk move whose job was given up is stopped, no longer running for ever."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('desk', '0004_limits_by_versions'),
    ]

    operations = [
        migrations.AlterField(
            model_name='batch',
            name='state',
            field=models.CharField(choices=[('chosen', '待确认'), ('running', '正在办理'), ('done', '办完'), ('stopped', '中断')], default='chosen', max_length=10),
        ),
    ]
