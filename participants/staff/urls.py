"""Addresses of staff."""

from django.urls import path

from participants.staff import views

urlpatterns = [
    path("staff/", views.staff, name="staff"),
    path("staff/new/", views.staff_new, name="staff_new"),
    path("staff/<uuid:pk>/end/", views.staff_end, name="staff_end"),
    path("staff/<uuid:pk>/unlock/", views.staff_unlock, name="staff_unlock"),
    path("staff/<uuid:pk>/second-factor/", views.staff_second_factor, name="staff_second_factor"),
]
