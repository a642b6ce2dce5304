"""Addresses of papers."""

from django.urls import path

from participants.documents import views

urlpatterns = [
    path("referrals/<uuid:pk>/papers/new/", views.document_new, name="document_new"),
    path("papers/<uuid:pk>/", views.document, name="document"),
    path("papers/<uuid:pk>/remove/", views.document_remove, name="document_remove"),
]
