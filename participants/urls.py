"""Index of the addresses. Everything that can show a person lies under /<program>/<track>/."""

from django.urls import include, path

from participants.audit import oversight_pages
from participants.files import drop_pages
from participants.web import views as web

CONCEPTS = (
    "my_day",
    "people",
    "referrals",
    "files",
    "duplicates",
    "court",
    "operations",
    "screening",
    "handoffs",
    "consent",
    "enrollment",
    "sessions",
    "requirements",
    "completion",
    "documents",
    "reports",
    "audit",
    "staff",
)

in_track = [path("", include(f"participants.{concept}.urls")) for concept in CONCEPTS]

urlpatterns = [
    path("", web.home, name="home"),
    path("health/", web.health, name="health"),
    # What belongs to no track.
    path("oversight/", oversight_pages.oversight, name="oversight"),
    path("oversight/export/", oversight_pages.oversight_export, name="oversight_export"),
    path("oversight/review/", oversight_pages.oversight_review, name="oversight_review"),
    # Outside the tracks; a track is never named so.
    path("<slug:program>/drop/", drop_pages.drop, name="drop"),
    path("<slug:program>/<slug:track>/", include(in_track)),
]
