"""The one file of a remedy becomes the first of its files; keys of proposals and addressees are worked out."""

from django.db import migrations


def keep_files(apps, schema_editor):
    Remedy = apps.get_model("inspections", "Remedy")
    Evidence = apps.get_model("inspections", "Evidence")
    for remedy in Remedy.objects.filter(evidence__isnull=False).order_by("pk"):
        Evidence.objects.create(remedy=remedy, file_id=remedy.evidence_id)


def compute_keys(apps, schema_editor):
    for name in ("Proposal", "ProposalAddressee"):
        for row in apps.get_model("inspections", name).objects.all():
            row.save()


class Migration(migrations.Migration):

    dependencies = [
        ("inspections", "0003_follow_up"),
    ]

    operations = [
        migrations.RunPython(keep_files, migrations.RunPython.noop),
        migrations.RunPython(compute_keys, migrations.RunPython.noop),
    ]
