"""What a new account does before it reaches anything: its own password, then a second factor."""

from django.shortcuts import redirect

from participants.staff.second_factor import must_enroll

# Reached by whoever is signed in, so that nobody is shut in.
ALWAYS = {"health", "account_login", "account_logout", "account_inactive", "account_signup", "account_reauthenticate"}
PASSWORD = ALWAYS | {"account_change_password"}
# Proving again who one is, by password: an account without a second factor has no other way.
FACTOR = PASSWORD | {
    "mfa_index",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_list_webauthn",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
}


class EnrolmentMiddleware:
    """Leads to the next step of the enrolment whoever has one before them. Stands before the gate of the tracks."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if not request.user.is_authenticated:
            return None
        name = request.resolver_match.url_name
        if request.user.must_change_password:
            return None if name in PASSWORD else redirect("account_change_password")
        if must_enroll(request.user) and name not in FACTOR:
            return redirect("mfa_index")
        return None
