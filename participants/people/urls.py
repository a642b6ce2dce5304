"""Addresses of people."""

from django.urls import path

from participants.people import merge_pages, restriction_pages, views

urlpatterns = [
    path("participants/", views.participants, name="participants"),
    path("participants/<str:reference>/", views.participant, name="participant"),
    path("participants/<str:reference>/edit/", views.participant_edit, name="participant_edit"),
    path("participants/<str:reference>/court/", views.participant_court, name="participant_court"),
    path("participants/<str:reference>/restrict/", restriction_pages.participant_restrict, name="participant_restrict"),
    path("referrals/<uuid:pk>/restrict/", restriction_pages.referral_restrict, name="referral_restrict"),
    path("participants/<str:reference>/merge/", merge_pages.participant_merge, name="participant_merge"),
    path("participants/merges/<uuid:pk>/undo/", merge_pages.merge_undo, name="merge_undo"),
    path("search/", views.search, name="search"),
]
