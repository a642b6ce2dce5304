"""Addresses of reports."""

from django.urls import path

from participants.reports import views

urlpatterns = [
    path("reports/", views.reports, name="reports"),
]
