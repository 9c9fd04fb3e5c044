"""A reporter may read that an approved export held their name."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0008_found_and_looked_at'),
    ]

    operations = [
        migrations.AlterField(
            model_name='look',
            name='purpose',
            field=models.CharField(choices=[('verify', '核实情况'), ('answer', '答复办理结果'), ('on_site', '上门处置需要联系'), ('complaint', '处理投诉或申诉'), ('by_phone', '按来电号码查找案件'), ('export', '经批准导出')], max_length=12, verbose_name='目的'),
        ),
    ]
