"""Addresses of requirements."""

from django.urls import path

from participants.requirements import views

urlpatterns = [
    path("requirements/<uuid:pk>/credit/", views.credit_new, name="credit_new"),
    path("requirements/<uuid:pk>/adjust/", views.requirement_adjust, name="requirement_adjust"),
]
