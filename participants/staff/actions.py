"""Accounts and grants."""

import datetime
import secrets

from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q

from participants.audit.actions import record
from participants.errors import ProgramError
from participants.staff import lockout
from participants.staff.models import ProgramGrant, TrackGrant, User
from participants.staff.roles import OVERSEER, PROGRAM_ROLES, ROLES
from participants.staff.rules import CHECKS, IDLE, is_idle
from participants.tracks.models import Program, Track


@transaction.atomic
def create_user(*, email: str, name: str, password: str | None, by: User | None) -> User:
    """A new account without any grant. Raises ProgramError when the address is taken or the password weak."""
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise ProgramError("Enter a valid e-mail address.", field="email") from error
    if User.objects.filter(email=email).exists():
        raise ProgramError("Someone with this e-mail address has an account.", field="email")
    if not name.strip():
        raise ProgramError("Enter the person's name.", field="name")
    if password is not None:
        try:
            validate_password(password, User(email=email, name=name))
        except ValidationError as error:
            raise ProgramError(" ".join(error.messages), field="password") from error
    user = User.objects.create_user(email=email, password=password, name=name.strip())
    lockout.release(email)  # whoever guessed at the address before it had an account does not keep its owner out
    record("account.created", by=by, subjects=[("user", user.pk)])
    return user


@transaction.atomic
def grant_access(
    *,
    user: User,
    track: Track,
    role: str,
    valid_from: datetime.date,
    valid_until: datetime.date | None = None,
    by: User | None,
) -> TrackGrant:
    """Let a user into a track in a role. Raises ProgramError when the dates are reversed or it exists already."""
    if role not in ROLES:
        raise ProgramError(f"{role} is not a role. Roles: {', '.join(ROLES)}.", field="role")
    if valid_until is not None and valid_until < valid_from:
        raise ProgramError("The last day is before the first day.", field="valid_until")
    if by is not None and by.pk == user.pk:
        raise ProgramError("Nobody grants access to themselves. Ask another administrator.", field="email")
    overlapping = TrackGrant.objects.live(valid_from).filter(user=user, track=track, role=role)
    if overlapping.exists():
        raise ProgramError(f"{user.name} has this role in the track already.", field="role")
    grant = TrackGrant.objects.create(
        user=user, track=track, role=role, valid_from=valid_from, valid_until=valid_until, granted_by=by
    )
    record("access.granted", by=by, subjects=[("user", user.pk)], detail={"role": role, "track": str(track)})
    return grant


@transaction.atomic
def grant_drop(
    *,
    user: User,
    program: Program,
    agency: str,
    role: str = "sender",
    valid_from: datetime.date,
    valid_until: datetime.date | None = None,
    by: User | None,
) -> ProgramGrant:
    """Let a user send referrals to a program in the name of an agency. Raises ProgramError as `grant_access` does,
    and without an agency: files and batches are known by it."""
    if role not in PROGRAM_ROLES:
        raise ProgramError(f"{role} is not a role outside the tracks. Roles: {', '.join(PROGRAM_ROLES)}.", field="role")
    agency = " ".join(agency.split())
    longest = ProgramGrant._meta.get_field("agency").max_length
    if not agency or len(agency) > longest:
        raise ProgramError(f"Name the agency, in at most {longest} characters.", field="agency")
    if valid_until is not None and valid_until < valid_from:
        raise ProgramError("The last day is before the first day.", field="valid_until")
    if by is not None and by.pk == user.pk:
        raise ProgramError("Nobody grants access to themselves. Ask another administrator.", field="email")
    if ProgramGrant.objects.live(valid_from).filter(user=user, program=program, role=role).exists():
        raise ProgramError(f"{user.name} sends referrals to the program already.", field="role")
    grant = ProgramGrant.objects.create(
        user=user, program=program, role=role, agency=agency, valid_from=valid_from, valid_until=valid_until,
        granted_by=by,
    )  # fmt: skip
    record("access.granted", by=by, subjects=[("user", user.pk)], detail={"role": role, "program": program.slug})
    return grant


@transaction.atomic
def grant_oversight(
    *,
    user: User,
    program: Program,
    valid_from: datetime.date,
    valid_until: datetime.date | None = None,
    by: User | None,
) -> ProgramGrant:
    """Let a user read what belongs to no track. Raises ProgramError as `grant_access` does."""
    if valid_until is not None and valid_until < valid_from:
        raise ProgramError("The last day is before the first day.", field="valid_until")
    if by is not None and by.pk == user.pk:
        raise ProgramError("Nobody grants access to themselves. Ask another administrator.", field="email")
    if ProgramGrant.objects.live(valid_from).filter(user=user, program=program, role=OVERSEER).exists():
        raise ProgramError(f"{user.name} oversees the program already.", field="role")
    days = {"valid_from": valid_from, "valid_until": valid_until}
    grant = ProgramGrant.objects.create(user=user, program=program, role=OVERSEER, granted_by=by, **days)
    record("access.granted", by=by, subjects=[("user", user.pk)], detail={"role": OVERSEER, "program": program.slug})
    return grant


@transaction.atomic
def admit(
    *,
    email: str,
    name: str,
    track: Track,
    role: str,
    valid_from: datetime.date,
    valid_until: datetime.date | None = None,
    by: User | None,
) -> tuple[TrackGrant, str | None]:
    """Grant access to the account of an address, making the account if there is none.

    Returns the grant and, for a new account, the password drawn for it, which is kept nowhere.
    Raises ProgramError as `create_user` and `grant_access` do.
    """
    user = User.objects.filter(email=email.strip().lower()).first()
    password = None
    if user is None:
        password = secrets.token_urlsafe(15)
        user = create_user(email=email, name=name, password=password, by=by)
        # An administrator who knows a password could act under another name.
        user.must_change_password = by is not None
        user.save(update_fields=("must_change_password",))
    grant = grant_access(user=user, track=track, role=role, valid_from=valid_from, valid_until=valid_until, by=by)
    return grant, password


@transaction.atomic
def end_access(*, grant: TrackGrant | ProgramGrant, on: datetime.date, by: User | None) -> TrackGrant | ProgramGrant:
    """End a grant so that `on` is the first day without it. Raises ProgramError when it has ended already."""
    last_day = on - datetime.timedelta(days=1)
    if grant.valid_until is not None and grant.valid_until <= last_day:
        raise ProgramError("This access has ended already.")
    if by is not None and by.pk == grant.user_id:
        raise ProgramError("Nobody ends their own access. Ask another administrator.")
    if last_day < grant.valid_from:
        grant.delete()  # it never came into force, or starts today and is taken back
    else:
        grant.valid_until = last_day
        grant.save(update_fields=("valid_until",))
    record("access.ended", by=by, subjects=[("user", grant.user_id)], detail={"role": grant.role})
    return grant


@transaction.atomic
def unlock(*, user: User, now: datetime.datetime, by: User | None) -> User:
    """Let an account sign in again that is locked, or was disabled because nobody had signed in for 90 days.

    Raises ProgramError when it is neither, and for one's own account.
    """
    if by is not None and by.pk == user.pk:
        raise ProgramError("Nobody releases their own account. Ask another administrator.")
    user = User.objects.select_for_update().get(pk=user.pk)
    locked = lockout.release(user.email)
    idle = is_idle(last_login=user.last_login, active_since=user.active_since, now=now)
    if not locked and not idle and user.idle_since is None:
        raise ProgramError("This account is neither locked nor disabled.")
    why = [name for name, true in (("locked", locked), ("idle", idle or user.idle_since is not None)) if true]
    if "idle" in why:
        user.active_since, user.idle_since, user.is_active = now, None, True
        user.save(update_fields=("active_since", "idle_since", "is_active"))
    record("account.unlocked", by=by, subjects=[("user", user.pk)], detail={"was": why})
    return user


@transaction.atomic
def reset_second_factor(*, user: User, checked: str, by: User | None) -> User:
    """Remove a lost second factor, with its recovery codes, and end every session of the account, which may be open
    on the lost device; the person sets up a new one at the next sign-in.

    `checked` says how who asks was verified (CJIS 5.9.5 IA-5). Raises ProgramError without that, when there is
    nothing to remove, and for one's own account.
    """
    if checked not in dict(CHECKS):
        raise ProgramError("Say how you made sure who is asking.", field="checked")
    if by is not None and by.pk == user.pk:
        raise ProgramError("Nobody removes their own second factor here. Ask another administrator.")
    removed, _ = Authenticator.objects.filter(user_id=user.pk).delete()
    if not removed:
        raise ProgramError("This account has no second factor.")
    user.end_sessions()
    record("second_factor.reset", by=by, subjects=[("user", user.pk)], detail={"checked": checked})
    return user


@transaction.atomic
def new_password(*, user: User, checked: str, by: User | None) -> str:
    """Give a new password in place of a forgotten one; returns it, and it is kept nowhere. Every session ends.

    Whoever hands it over has seen it: it opens nothing but its own change. The second factor stays, so the password
    alone signs nobody in. `checked` as in `reset_second_factor`; raises ProgramError without that and for one's own.
    """
    if checked not in dict(CHECKS):
        raise ProgramError("Say how you made sure who is asking.", field="checked")
    if by is not None and by.pk == user.pk:
        raise ProgramError("Nobody gives themselves a new password here. Change it in your menu.")
    password = secrets.token_urlsafe(15)
    user.set_password(password)
    user.must_change_password = True
    user.save(update_fields=("password", "must_change_password"))
    user.end_sessions()
    record("password.renewed", by=by, subjects=[("user", user.pk)], detail={"checked": checked})
    return password


@transaction.atomic
def disable_idle_accounts(*, now: datetime.datetime) -> int:
    """Disable every account that nobody has signed in to for 90 days (CJIS 5.9.5 AC-2); returns how many."""
    before = now - IDLE
    never_or_long_ago = Q(last_login__isnull=True) | Q(last_login__lte=before)
    idle = User.objects.select_for_update().filter(never_or_long_ago, is_active=True, active_since__lte=before)
    users = list(idle.order_by("pk"))
    for user in users:
        user.is_active, user.idle_since = False, now
        user.save(update_fields=("is_active", "idle_since"))
        user.end_sessions()
        record("account.disabled", subjects=[("user", user.pk)], detail={"was": ["idle"]})
    return len(users)
