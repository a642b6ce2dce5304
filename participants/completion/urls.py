"""Addresses of completion."""

from django.urls import path

from participants.completion import views

urlpatterns = [
    path("participants/<str:reference>/complete/", views.completion_propose, name="completion_propose"),
    path("participants/<str:reference>/withdraw/", views.withdraw, name="withdraw"),
    path("participants/<str:reference>/terminate/", views.termination_propose, name="termination_propose"),
    path("participants/<str:reference>/close/", views.neutral_propose, name="neutral_propose"),
    path("approvals/", views.approvals, name="approvals"),
    path("approvals/<uuid:pk>/", views.approval, name="approval"),
    path("approvals/<uuid:pk>/statement/", views.exit_statement, name="exit_statement"),
    path("participants/<str:reference>/recommend/", views.recommend, name="recommend"),
    path("cases/", views.cases, name="cases"),
    path("cases/<uuid:pk>/", views.case_disposition, name="case_disposition"),
]
