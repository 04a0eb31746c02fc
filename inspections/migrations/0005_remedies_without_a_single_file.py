from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ("inspections", "0004_keep_evidence_as_files"),
    ]

    operations = [
        migrations.RemoveField(model_name="remedy", name="evidence"),
    ]
