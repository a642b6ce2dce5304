"""Addresses of court dates."""

from django.urls import path

from participants.court import views

urlpatterns = [
    path("court/", views.court_dates, name="court_dates"),
    path("court/<uuid:pk>/", views.court_result_edit, name="court_result_edit"),
    path("referrals/<uuid:pk>/court/", views.court_result, name="court_result"),
    path("referrals/<uuid:pk>/court/told/", views.court_told, name="court_told"),
]
