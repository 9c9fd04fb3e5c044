"""An export keeps by which duties its owner saw the rows: without them it is handed out no more."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("desk", "0002_two_approvers")]

    operations = [
        migrations.AddField(model_name="export", name="held", field=models.JSONField(default=list)),
    ]
