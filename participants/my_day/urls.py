"""Addresses of my day."""

from django.urls import path

from participants.my_day import views

urlpatterns = [
    path("", views.my_day, name="my_day"),
]
