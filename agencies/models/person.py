"""People and their dated roles."""

from datetime import date

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from agencies.choices import AGENCY_ROLES, RoleCode
from agencies.models.agency import Agency, Succession
from cchc_portal.lib.fields import NfcCharField, SearchKeyField
from cchc_portal.lib.sql import instances


class PersonManager(BaseUserManager):
    def create_user(self, username: str, password: str | None = None, **fields) -> "Person":
        person = self.model(username=self.model.normalize_username(username), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def get_by_natural_key(self, username: str) -> "Person":
        return self.get(username=username)


class Person(AbstractBaseUser):
    """Somebody who signs in. What they may do comes from dated roles alone; there is no superuser."""

    username = models.CharField(_("user name"), max_length=60, unique=True, validators=[UnicodeUsernameValidator()])
    full_name = NfcCharField(_("full name"), max_length=120)
    job_title = NfcCharField(_("job title"), max_length=120, blank=True, default="")
    email = models.EmailField(_("e-mail"), blank=True, default="")
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    search_key = SearchKeyField(sources=("username", "full_name"))

    objects = PersonManager()
    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"

    class Meta:
        ordering = ["username"]
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.full_name

    def current_roles(self) -> list["Role"]:
        """Roles held today, with their agencies; read once for the object's life (one request, one task)."""
        return self._roles_today

    def narrow_to(self, agency_id: int) -> None:
        """From here on this object acts at that one agency only: roles held elsewhere do not count (API tokens)."""
        self._roles_today = [role for role in self.current_roles() if role.agency_id == agency_id]

    @cached_property
    def _roles_today(self) -> list["Role"]:
        return Role.objects.held(self.pk, timezone.localdate())

    def has_role(self, *codes: str, agency_id: int | None = None) -> bool:
        """Is one of these roles held today (at that agency, when one is named)?"""
        return any(
            role.code in codes and (agency_id is None or role.agency_id == agency_id) for role in self.current_roles()
        )

    def agencies_as(self, *codes: str) -> list[Agency]:
        """Agencies for which one of these roles is held today, each once."""
        return list({role.agency_id: role.agency for role in self.current_roles() if role.code in codes}.values())

    @cached_property
    def absorbed_below(self) -> dict[int, int]:
        """Successor of every unit absorbed whole into the person's agencies or what lies below; read once."""
        within = Q(pk__in=[])
        for agency in self.agencies_as(*AGENCY_ROLES):
            within |= Q(successor__path__startswith=agency.path)
        return Succession.objects.steps_into(within) if within != Q(pk__in=[]) else {}

    def agency_ids_as(self, *codes: str) -> set[int]:
        """Keys of the agencies for which one of these roles is held, and of all that was absorbed whole into them."""
        ids = {agency.pk for agency in self.agencies_as(*codes)}
        grown = True
        while grown and ids:
            fresh = {gone for gone, successor in self.absorbed_below.items() if successor in ids} - ids
            ids |= fresh
            grown = bool(fresh)
        return ids


# Of a role `r` in a statement by hand: the person holds it on the day. Parameters: person, day, day.
HELD = "r.person_id = %s AND r.valid_from <= %s AND (r.valid_to IS NULL OR r.valid_to >= %s)"


class RoleQuerySet(models.QuerySet):
    def on(self, day: date) -> "RoleQuerySet":
        """Roles held on the day; `valid_to` is the last day."""
        return self.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=day), valid_from__lte=day)

    def held(self, person_id: int, day: date) -> list["Role"]:
        """The person's roles on the day with their agencies, as `on(day).select_related("agency")` gives them.

        Every page of everyone asks it first.
        """
        tail = (
            f"FROM {Role._meta.db_table} r JOIN {Agency._meta.db_table} a ON a.id = r.agency_id "
            f"WHERE {HELD} ORDER BY r.code, r.valid_from"
        )
        held = []
        for role, agency in instances(tail, [person_id, day, day], r=Role, a=Agency):
            role.agency = agency
            held.append(role)
        return held


class Role(models.Model):
    """A dated row: person, role, agency, from, to. Nobody approves what he entered, whatever roles he holds."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="roles")
    code = models.CharField(_("role"), max_length=20, choices=RoleCode)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="roles", verbose_name=_("agency"))
    valid_from = models.DateField(_("from"))
    valid_to = models.DateField(_("to (last day)"), null=True, blank=True)
    granted_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects = RoleQuerySet.as_manager()

    class Meta:
        ordering = ["person", "code", "valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["person", "code", "agency", "valid_from"], name="role_once"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="role_dates_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.code}"
