"""Addresses: health, sign-in, and the program's own pages."""

from django.urls import include, path

urlpatterns = [
    path("account/", include("allauth.account.urls")),
    path("", include("participants.urls")),
]
handler404 = "participants.web.views.not_found"
handler403 = "participants.web.views.forbidden"
handler500 = "participants.web.views.broken"
