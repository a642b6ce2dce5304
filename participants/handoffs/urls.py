"""Addresses of hand-offs."""

from django.urls import path

from participants.handoffs import views

urlpatterns = [
    path("referrals/<uuid:pk>/hand-off/", views.handoff, name="handoff"),
    path("hand-offs/", views.handoff_list, name="handoffs"),
]
