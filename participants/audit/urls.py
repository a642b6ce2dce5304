"""Addresses of audit."""

from django.urls import path

from participants.audit import views

urlpatterns = [
    path("audit/", views.audit, name="audit"),
]
