"""How often somebody lately failed to sign in, so that guessing is slow and nobody can be locked out on purpose."""

import math
from datetime import timedelta

from django.db import models, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

# Failures of one account from one address. The first ones cost nothing, whoever mistypes is not kept waiting.
FREE = 5
# Seconds of waiting after the fifth, sixth … failure of the last hour; from the twentieth on the last one.
WAITS = (1, 2, 4, 8, 16, *[25] * 9)
LONG_WAIT = 180
KEPT = timedelta(hours=1)
# An office shares one address, so that a whole address is refused only far above what an office does.
ADDRESS_CEILING = 300
ADDRESS_WINDOW = timedelta(minutes=1)


def _wait_after(failures: int) -> int:
    """Seconds to wait after that many failures within an hour."""
    if failures < FREE:
        return 0
    return WAITS[failures - FREE] if failures - FREE < len(WAITS) else LONG_WAIT


class SignInAttemptQuerySet(models.QuerySet):
    def of(self, username: str, address: str) -> "SignInAttemptQuerySet":
        return self.filter(account=account_key(username), address=address)

    def seconds_to_wait(self, username: str, address: str) -> int:
        """How long the account is refused from this address, in whole seconds; 0 when it may try.

        Another address is another matter: whoever guesses elsewhere keeps nobody out at the usual place.
        """
        now = timezone.now()
        times = list(self.of(username, address).filter(at__gt=now - KEPT).order_by("-at").values_list("at", flat=True))
        until = times[0] + timedelta(seconds=_wait_after(len(times))) if times else now
        crowd = self.filter(address=address, at__gt=now - ADDRESS_WINDOW).order_by("-at")
        if oldest := crowd.values_list("at", flat=True)[ADDRESS_CEILING - 1 : ADDRESS_CEILING].first():
            until = max(until, oldest + ADDRESS_WINDOW)
        return max(math.ceil((until - now).total_seconds()), 0)

    @transaction.atomic
    def begin(self, username: str, address: str) -> int:
        """Take down a try and return 0, or the seconds to wait, and then nothing is taken down.

        Asked before the password is looked at, so that tries at the same time count each other.
        """
        self.filter(at__lte=timezone.now() - KEPT).delete()
        seconds = self.seconds_to_wait(username, address)
        if not seconds:
            self.create(account=account_key(username), address=address)
        return seconds

    def forgive(self, username: str, address: str) -> None:
        """The right password ends the count."""
        self.of(username, address).delete()


def account_key(username: str) -> str:
    """A user name as it is kept: by a keyed hash, for people type passwords into the wrong field."""
    return salted_hmac("agencies.SignInAttempt", username).hexdigest()


class SignInAttempt(models.Model):
    """One try that has not led to a sign-in. Kept for an hour; unknown user names count like known ones."""

    account = models.CharField(max_length=40)
    address = models.CharField(max_length=45)
    at = models.DateTimeField(default=timezone.now)

    objects = SignInAttemptQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["address", "account", "at"], name="sign_in_account"),
            models.Index(fields=["address", "at"], name="sign_in_address"),
            models.Index(fields=["at"], name="sign_in_old"),
        ]

    def __str__(self) -> str:
        return f"{self.address} {self.at:%Y-%m-%d %H:%M:%S}"
