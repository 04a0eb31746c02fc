"""Tokens by which a machine acts as one person at one agency."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Case, F, Q, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agencies.choices import TokenScope
from agencies.models.agency import Agency
from agencies.models.person import Person

# Tells a leaked token apart from any other secret, for people and for secret scanners.
PREFIX = "cchc_"
LAST_USED_STEP = timedelta(minutes=1)
# How often one token may call in a minute of the clock: ten times what the largest agency's programme needs.
CALLS_A_MINUTE = 600
MINUTE = timedelta(minutes=1)


def hash_of(secret: str) -> str:
    """What is stored of a token. It is 256 random bits, so one round of SHA-256 cannot be guessed back."""
    return hashlib.sha256(secret.encode()).hexdigest()


class ApiTokenQuerySet(models.QuerySet):
    def usable(self, now: datetime | None = None) -> "ApiTokenQuerySet":
        """Tokens that are neither expired nor revoked, of people who may sign in."""
        return self.filter(revoked_at=None, expires_at__gt=now or timezone.now(), person__is_active=True)

    def for_list(self) -> "ApiTokenQuerySet":
        return self.select_related("person", "agency", "created_by").order_by("-created_at", "-pk")

    def issue(
        self, *, person: Person, agency: Agency, scope: str, expires_at: datetime, by: Person | None
    ) -> tuple["ApiToken", str]:
        """Store a new token and return it with its secret, which is known to nobody afterwards."""
        secret = PREFIX + secrets.token_urlsafe(32)
        token = self.create(
            person=person, agency=agency, scope=scope, expires_at=expires_at, created_by=by, hash=hash_of(secret)
        )
        return token, secret

    def by_secret(self, secret: str) -> "ApiToken | None":
        """The usable token of that secret whose person still holds a role at its agency; None otherwise."""
        token = self.usable().select_related("person", "agency").filter(hash=hash_of(secret)).first()
        if token is None:
            return None
        token.person.narrow_to(token.agency_id)
        return token if token.person.current_roles() else None


class ApiToken(models.Model):
    """The right of a programme to act as a person at one agency, narrowly and until a day.

    The secret itself is never stored. The person stays the one who did it: what came in through a token he entered,
    and cannot approve.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="api_tokens", verbose_name=_("person"))
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="api_tokens", verbose_name=_("agency"))
    scope = models.CharField(_("scope"), max_length=10, choices=TokenScope)
    hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    expires_at = models.DateTimeField(_("expires"))
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    minute = models.DateTimeField(null=True, editable=False)
    calls = models.PositiveIntegerField(default=0, editable=False)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        constraints = [models.CheckConstraint(condition=Q(scope__in=TokenScope.values), name="api_token_scope_known")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.agency_id} {self.scope}"

    @property
    def may_write(self) -> bool:
        return self.scope == TokenScope.RETURNS

    @property
    def is_expired(self) -> bool:
        return self.expires_at <= timezone.now()

    def mark_used(self) -> None:
        """Note when it was last used, to the minute: a read does not cost a write each."""
        now = timezone.now()
        if self.last_used_at is None or now - self.last_used_at >= LAST_USED_STEP:
            type(self).objects.filter(pk=self.pk).update(last_used_at=now)

    def count_call(self) -> int:
        """Count one call in the minute that runs; gives the seconds to wait where that is one too many, else 0.

        Counted in the row, so that all processes count together; one UPDATE, so that none is lost.
        """
        now = timezone.now()
        minute = now.replace(second=0, microsecond=0)
        rows = type(self).objects.filter(pk=self.pk)
        rows.update(calls=Case(When(minute=minute, then=F("calls") + 1), default=1), minute=minute)
        if rows.values_list("calls", flat=True).get() <= CALLS_A_MINUTE:
            return 0
        return max(1, round((minute + MINUTE - now).total_seconds()))
