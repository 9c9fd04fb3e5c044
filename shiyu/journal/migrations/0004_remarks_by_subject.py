"""Remarks are found by their whole subject only."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('journal', '0003_partitions_by_worker'),
    ]

    operations = [
        migrations.AlterField(
            model_name='remark',
            name='id',
            field=models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID'),
        ),
        migrations.AlterField(
            model_name='remark',
            name='subject',
            field=models.CharField(max_length=60),
        ),
        migrations.AddIndex(
            model_name='remark',
            index=models.Index(fields=['subject'], name='remark_by_subject'),
        ),
    ]
