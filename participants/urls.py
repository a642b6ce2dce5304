"""Index of the addresses. Everything that can show a person lies under /<program>/<track>/."""

from django.urls import include, path

from participants.web import views as web

CONCEPTS = (
    "my_day",
    "people",
    "referrals",
    "screening",
    "consent",
    "enrollment",
    "sessions",
    "requirements",
    "completion",
    "reports",
    "audit",
    "staff",
)

in_track = [path("", include(f"participants.{concept}.urls")) for concept in CONCEPTS]

urlpatterns = [
    path("", web.home, name="home"),
    path("health/", web.health, name="health"),
    path("<slug:program>/<slug:track>/", include(in_track)),
]
