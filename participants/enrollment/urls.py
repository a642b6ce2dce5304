"""Addresses of enrollment."""

from django.urls import path

from participants.enrollment import views

urlpatterns = [
    path("referrals/<uuid:pk>/place/", views.placement_new, name="placement_new"),
    path("participants/<str:reference>/caseworker/", views.caseworker_change, name="caseworker_change"),
]
