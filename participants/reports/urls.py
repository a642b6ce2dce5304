"""Addresses of reports."""

from django.urls import path

from participants.reports import views

urlpatterns = [
    path("reports/", views.reports, name="reports"),
    path("reports/equity/", views.equity, name="equity"),
    path("reports/voluntariness/", views.voluntariness, name="voluntariness"),
    path("reports/demand/", views.demand, name="demand"),
]
