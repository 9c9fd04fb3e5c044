"""How far a bulk move was when its job was last ordered, so that one that gets on goes on."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('desk', '0005_stopped'),
    ]

    operations = [
        migrations.AddField(
            model_name='batch',
            name='left',
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
    ]
