"""Addresses of audit."""

from django.urls import path

from participants.audit import history_pages, review_pages, views

urlpatterns = [
    path("audit/", views.audit, name="audit"),
    path("audit/<uuid:pk>/", views.audit_event, name="audit_event"),
    path("audit/export/", views.audit_export, name="audit_export"),
    path("audit/patterns/", review_pages.audit_patterns, name="audit_patterns"),
    path("audit/review/", review_pages.audit_review, name="audit_review"),
    path("participants/<str:reference>/history/", history_pages.participant_history, name="participant_history"),
    path("referrals/<uuid:pk>/history/", history_pages.referral_history, name="referral_history"),
]
