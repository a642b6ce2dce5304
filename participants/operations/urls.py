"""Addresses of operations, and of working the people of an operation or a file together."""

from django.urls import path

from participants.operations import group_pages, views

urlpatterns = [
    path("operations/", views.operations, name="operations"),
    path("operations/new/", views.operation_new, name="operation_new"),
    path("operations/<uuid:pk>/", views.operation, name="operation"),
    path("operations/<uuid:pk>/edit/", views.operation_edit, name="operation_edit"),
    path("operations/<uuid:pk>/work/", group_pages.operation_work, name="operation_work"),
    path("referrals/files/<uuid:pk>/work/", group_pages.batch_work, name="batch_work"),
]
