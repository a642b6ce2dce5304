"""Addresses of sessions."""

from django.urls import path

from participants.sessions import keeper_pages, views

urlpatterns = [
    path("sessions/", views.sessions, name="sessions"),
    path("sessions/new/", views.session_new, name="session_new"),
    path("sessions/log/", views.session_log, name="session_log"),
    path("sessions/<uuid:pk>/", views.session, name="session"),
    path("sessions/<uuid:pk>/book/", views.session_book, name="session_book"),
    path("sessions/<uuid:pk>/cancel/", views.session_cancel, name="session_cancel"),
    path("sites/", views.sites, name="sites"),
    path("notes/keepers/", keeper_pages.note_keepers, name="note_keepers"),
    path("participants/<str:reference>/notes/new/", views.note_new, name="note_new"),
]
