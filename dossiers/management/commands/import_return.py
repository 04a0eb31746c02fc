from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from agencies.models import Agency, Person
from cchc_portal.lib.errors import Conflict, Refused
from cchc_portal.lib.numbers import format_count
from dossiers.models import Period
from dossiers.permissions import may_enter
from dossiers.workbooks.saving import apply_import, plan_import
from dossiers.workflow import ensure_open_for_entry, open_return


class Command(BaseCommand):
    help = "Takes over a filled workbook of Biểu II.06a into the draft of an agency's return. Dry run unless --write."

    def add_arguments(self, parser):
        parser.add_argument("file", help="XLSX")
        parser.add_argument("--agency", required=True, metavar="CODE")
        parser.add_argument("--period", required=True, metavar="LABEL")
        parser.add_argument("--user", required=True, metavar="NAME", help="whose rights decide, and who is recorded")
        parser.add_argument("--write", action="store_true", help="save; without it nothing is changed")

    def handle(self, *args, **options):
        agency = self._one(Agency, "code", options["agency"])
        period = self._one(Period, "label", options["period"])
        person = self._one(Person, "username", options["user"])
        if not person.is_active:
            raise CommandError(_("The account %(name)s is closed.") % {"name": person.username})
        try:
            with transaction.atomic():
                self._take_over(options, agency, period, person)
                if not options["write"]:
                    transaction.set_rollback(True)
        except PermissionDenied:
            raise CommandError(
                _("%(person)s may not enter figures for %(agency)s.") % {"person": person, "agency": agency.code}
            ) from None
        except (Conflict, Refused) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(_("The file cannot be opened: %(reason)s") % {"reason": error}) from error

    def _one(self, model, name, value):
        found = model.objects.filter(**{name: value}).first()
        if found is None:
            named = {"what": model._meta.verbose_name, "value": value}
            raise CommandError(_("There is no %(what)s “%(value)s”.") % named)
        return found

    def _take_over(self, options, agency, period, person) -> None:
        item, opened = open_return(agency, period, by=person)
        if not may_enter(person, item):
            raise PermissionDenied
        plan = plan_import(item, options["file"])
        for problem in plan.problems:
            self.stderr.write(str(problem))
        if plan.problems:
            raise CommandError(_("%(errors)s errors; nothing was saved.") % {"errors": len(plan.problems)})
        if plan.changes:
            ensure_open_for_entry(item)
        for note in plan.notes:
            self.stdout.write(note)
        if options["verbosity"] > 1:
            for change in plan.changes:
                for cell in change.cells:
                    old, new = format_count(cell.old), format_count(cell.new)
                    self.stdout.write(f"{change.row} {change.code} {cell.name}: {old} → {new}")
        self.stdout.write(
            _("%(lines)s lines read, %(changed)s with changes, %(cells)s cells in all.")
            % {"lines": plan.lines, "changed": len(plan.changes), "cells": plan.cells}
        )
        if opened:
            self.stdout.write(_("The return is opened as a draft."))
        if not options["write"]:
            self.stdout.write(_("This was a dry run; add --write to save."))
        elif apply_import(item, plan, by=person):
            self.stdout.write(_("Saved."))
        else:
            self.stdout.write(_("Nothing to change."))
