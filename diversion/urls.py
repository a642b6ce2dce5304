"""Addresses: sign-in, and the program's own pages."""

from allauth.account import views as account
from django.urls import include, path

# Only what works without mail: accounts are made, and passwords given anew, by an administrator.
sign_in = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("signup/", account.signup, name="account_signup"),  # closed; allauth links to it by name
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
]

urlpatterns = [
    path("account/", include(sign_in)),
    path("", include("participants.urls")),
]
handler404 = "participants.web.views.not_found"
handler403 = "participants.web.views.forbidden"
handler500 = "participants.web.views.broken"
