"""Every address stands behind the gate, or is named here."""

from pathlib import Path

import pytest

from participants.access.context import FAMILIES, PAGES
from participants.staff.permissions import Permission
from participants.staff.roles import PROGRAM_ROLES, ROLES
from tests.world import oversight_patterns, patterns, program_patterns, track_patterns

SIGNED_IN = {"home"}
OVERSIGHT = {pattern.name for pattern in oversight_patterns()}
PUBLIC = {"health"}
SIGN_IN = {
    "account_login",
    "account_logout",
    "account_inactive",
    "account_signup",
    "account_reauthenticate",
    "account_change_password",
    "mfa_index",
    "mfa_authenticate",
    "mfa_reauthenticate",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
    "mfa_login_webauthn",
    "mfa_reauthenticate_webauthn",
    "mfa_edit_webauthn",
    "mfa_remove_webauthn",
}


@pytest.mark.parametrize(
    "pattern", track_patterns() + program_patterns() + oversight_patterns(), ids=lambda pattern: pattern.name
)
def test_view_asks_for_a_permission(pattern):
    assert isinstance(getattr(pattern.callback, "permission", None), Permission)


def test_addresses_outside_the_tracks_are_named():
    outside = {pattern.name for route, pattern in patterns() if not route.startswith("<slug:program>/")}
    assert outside == SIGNED_IN | PUBLIC | SIGN_IN | OVERSIGHT


def test_permissions_of_a_program_and_of_a_track_do_not_mix():
    """Whoever sends from outside holds nothing that opens a page of a track, and the other way round."""
    outside = frozenset().union(*(role.permissions for role in PROGRAM_ROLES.values()))
    inside = frozenset().union(*(role.permissions for role in ROLES.values()))
    assert not outside & inside
    assert {pattern.callback.permission for pattern in program_patterns() + oversight_patterns()} == outside
    assert not {pattern.callback.permission for pattern in track_patterns()} & outside


def test_public_pages_need_no_sign_in():
    views = {pattern.name: pattern.callback for _, pattern in patterns()}
    assert {name for name in SIGNED_IN | PUBLIC if not getattr(views[name], "login_required", True)} == PUBLIC


def test_every_permission_is_asked_for_and_given():
    """Some are asked for on a view, some where a choice or a note is made ready."""
    sources = "".join(
        path.read_text(encoding="utf-8")
        for path in (Path(__file__).parent.parent.parent / "participants").rglob("*.py")
        if path.name not in {"roles.py", "permissions.py"}
    )
    asked = {permission for permission in Permission if f"Permission.{permission.name}" in sources}
    given = frozenset().union(*(role.permissions for role in [*ROLES.values(), *PROGRAM_ROLES.values()]))
    assert asked == set(Permission) == given


def test_names_are_unique():
    names = [pattern.name for _, pattern in patterns()]
    assert len(names) == len(set(names))


def test_every_page_stands_under_one_entry_of_the_menu():
    entries = [{key, *FAMILIES.get(key, ())} for key, _, _ in PAGES]
    for pattern in track_patterns():
        if pattern.name != "search":  # stands in the header
            assert sum(pattern.name in entry for entry in entries) == 1, pattern.name
