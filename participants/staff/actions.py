"""Accounts and grants."""

import datetime
import secrets

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from participants.audit.actions import record
from participants.errors import ProgramError
from participants.staff.models import ProgramGrant, TrackGrant, User
from participants.staff.roles import PROGRAM_ROLES, ROLES
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
