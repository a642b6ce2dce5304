"""Addresses of screening."""

from django.urls import path

from participants.screening import views

urlpatterns = [
    path("referrals/<uuid:pk>/screen/", views.screening_new, name="screening_new"),
]
