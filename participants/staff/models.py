"""People who work in the program, and their grants."""

import datetime

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac

from participants.staff.permissions import Permission
from participants.staff.roles import PROGRAM_ROLE_CHOICES, PROGRAM_ROLES, ROLE_CHOICES, ROLES, Role
from participants.tracks.models import Program, Track, new_id


class UserManager(BaseUserManager):
    def create_user(self, email: str, password: str | None = None, **fields) -> "User":
        """Save and return a user; the e-mail address is kept in lower case."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A member of staff; signs in with the e-mail address. There is no superuser: access is a grant."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField("e-mail address", unique=True)
    name = models.CharField(max_length=150)
    is_active = models.BooleanField(default=True)
    # Set where an administrator has seen the first password: until it is changed no track opens.
    must_change_password = models.BooleanField(default=False)
    # From when the days without a sign-in count: the making of the account, or its being let in again.
    active_since = models.DateTimeField(default=timezone.now)
    # Set where the account was disabled because nobody signed in for 90 days (`is_active` is False then).
    idle_since = models.DateTimeField(null=True)
    # Counted up to end every open session of the account (`end_sessions`).
    session_epoch = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        ordering = ("name", "id")
        constraints = (models.UniqueConstraint(Lower("email"), name="one_user_per_email"),)

    def __str__(self):
        return self.name

    def _get_session_auth_hash(self, secret=None) -> str:
        """What a session must hold to stay open: a keyed hash of the password, as Django has it, and of the epoch.

        Django asks by this method for both secrets, the one in use and a former one (SECRET_KEY_FALLBACKS).
        """
        text = f"{self.session_epoch}:{self.password}"
        return salted_hmac("participants.staff.session", text, secret=secret, algorithm="sha256").hexdigest()

    def end_sessions(self) -> None:
        """Close every session in which this user is signed in, wherever sessions are kept, with its next request."""
        User.objects.filter(pk=self.pk).update(session_epoch=F("session_epoch") + 1)
        self.refresh_from_db(fields=("session_epoch",))


class GrantQuerySet(models.QuerySet):
    def live(self, on: datetime.date) -> "GrantQuerySet":
        """Grants in force on a day: both halves in one filter, so that they are of the same row."""
        return self.filter(
            Q(valid_until__isnull=True) | Q(valid_until__gte=on), valid_from__lte=on, user__is_active=True
        )


class Grant(models.Model):
    """A right in force from one day until another (both included), by the calendar of its program."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    objects = GrantQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ("user__name", "valid_from", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="%(class)s_ends_after_it_starts",
            ),
        )

    def __str__(self):
        return f"{self.role} {self.id}"

    def is_live(self, now: datetime.datetime) -> bool:
        """Whether the grant is in force at an instant."""
        on = now.astimezone(self.calendar.zone).date()
        return self.valid_from <= on and (self.valid_until is None or on <= self.valid_until)


class TrackGrant(Grant):
    """The right of one user to enter one track in one role, from one day until another (both included)."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="grants")
    track = models.ForeignKey(Track, on_delete=models.PROTECT, related_name="grants")
    role = models.CharField(max_length=30, choices=ROLE_CHOICES)

    class Meta(Grant.Meta):
        constraints = (
            *Grant.Meta.constraints,
            models.CheckConstraint(condition=Q(role__in=list(ROLES)), name="grant_role_known"),
            models.UniqueConstraint(fields=("user", "track", "role", "valid_from"), name="one_grant_per_role_and_day"),
        )

    @property
    def calendar(self) -> Program:
        return self.track.program

    @property
    def as_role(self) -> Role:
        return ROLES[self.role]


class ProgramGrant(Grant):
    """The right of one user in a program as a whole, outside its tracks; who sends does so in the name of an agency."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="program_grants")
    program = models.ForeignKey("participants.Program", on_delete=models.PROTECT, related_name="grants")
    role = models.CharField(max_length=30, choices=PROGRAM_ROLE_CHOICES)
    agency = models.CharField(max_length=150)

    class Meta(Grant.Meta):
        constraints = (
            *Grant.Meta.constraints,
            models.CheckConstraint(condition=Q(role__in=list(PROGRAM_ROLES)), name="program_grant_role_known"),
            models.UniqueConstraint(
                fields=("user", "program", "role", "valid_from"), name="one_program_grant_per_role_and_day"
            ),
        )

    @property
    def calendar(self) -> Program:
        return self.program

    @property
    def place(self) -> str | None:
        """Where the grant leads: to the program by its slug, or, None, to what belongs to no track."""
        return None if Permission.VIEW_OVERSIGHT in self.as_role.permissions else self.program.slug

    def opens(self, slug: str | None) -> bool:
        """Whether the grant opens the addresses of a program, or with None those that belong to no track."""
        return self.place == slug

    @property
    def as_role(self) -> Role:
        return PROGRAM_ROLES[self.role]


def permissions_of(grants: list[Grant]) -> frozenset[Permission]:
    """What several grants of one user for one track, or for one program, allow together."""
    return frozenset().union(*(grant.as_role.permissions for grant in grants))


class FailedSignIn(models.Model):
    """One failed sign-in. `account` is a keyed hash of the address that was typed, whether it exists or not."""

    account = models.BinaryField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("account", "at"), name="failed_sign_in_by_account"),)

    def __str__(self):
        return f"failed sign-in {self.pk}"


class Lockout(models.Model):
    """An address that may not sign in until an administrator or `manage.py unlock` releases it.

    The row is there from the first failure on, to be held while failures are counted; `at` is set with the lock.
    """

    account = models.BinaryField(max_length=32, unique=True)
    at = models.DateTimeField(null=True)

    def __str__(self):
        return f"lockout {self.pk}"


class UsedCode(models.Model):
    """A code of an authenticator app that was accepted once: a keyed hash of user and code. Taken once by the
    database, so that two processes cannot accept it both."""

    code = models.BinaryField(max_length=32, unique=True)
    at = models.DateTimeField()

    def __str__(self):
        return f"used code {self.pk}"
