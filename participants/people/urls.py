"""Addresses of people."""

from django.urls import path

from participants.people import views

urlpatterns = [
    path("participants/", views.participants, name="participants"),
    path("participants/<str:reference>/", views.participant, name="participant"),
    path("participants/<str:reference>/edit/", views.participant_edit, name="participant_edit"),
    path("participants/<str:reference>/court/", views.participant_court, name="participant_court"),
    path("search/", views.search, name="search"),
]
