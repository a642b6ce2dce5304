"""Addresses of people."""

from django.urls import path

from participants.people import break_glass_pages, merge_pages, restriction_pages, views

urlpatterns = [
    path("participants/", views.participants, name="participants"),
    path("participants/<str:reference>/", views.participant, name="participant"),
    path("participants/<str:reference>/edit/", views.participant_edit, name="participant_edit"),
    path("participants/<str:reference>/court/", views.participant_court, name="participant_court"),
    path("participants/<str:reference>/restrict/", restriction_pages.participant_restrict, name="participant_restrict"),
    path("referrals/<uuid:pk>/restrict/", restriction_pages.referral_restrict, name="referral_restrict"),
    path("participants/<str:reference>/merge/", merge_pages.participant_merge, name="participant_merge"),
    path("participants/merges/<uuid:pk>/undo/", merge_pages.merge_undo, name="merge_undo"),
    path("break-glass/", break_glass_pages.break_glass, name="break_glass"),
    path("break-glass/<uuid:pk>/end/", break_glass_pages.break_glass_end, name="break_glass_end"),
    path("audit/break-glass/", break_glass_pages.break_glass_log, name="break_glass_log"),
    path("audit/break-glass/<uuid:pk>/", break_glass_pages.break_glass_seen, name="break_glass_seen"),
    path("search/", views.search, name="search"),
]
