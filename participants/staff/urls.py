"""Addresses of staff."""

from django.urls import path

from participants.staff import views

urlpatterns = [
    path("staff/", views.staff, name="staff"),
    path("staff/new/", views.staff_new, name="staff_new"),
    path("staff/<uuid:pk>/end/", views.staff_end, name="staff_end"),
]
