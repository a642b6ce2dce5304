"""Addresses of duplicates."""

from django.urls import path

from participants.duplicates import views

urlpatterns = [
    path("referrals/<uuid:pk>/compare/<uuid:other>/", views.referral_compare, name="referral_compare"),
    path("referrals/comparisons/<uuid:pk>/undo/", views.comparison_undo, name="comparison_undo"),
]
