"""Addresses of screening."""

from django.urls import path

from participants.screening import views

urlpatterns = [
    path("referrals/<uuid:pk>/screen/", views.screening_new, name="screening_new"),
    path("referrals/<uuid:pk>/letter/", views.screening_letter, name="screening_letter"),
    path("referrals/<uuid:pk>/override/", views.screening_override, name="screening_override"),
    path("referrals/<uuid:pk>/second-look/", views.second_look_new, name="second_look_new"),
    path("second-looks/<uuid:pk>/", views.review_decide, name="review_decide"),
    path("criteria/", views.criteria, name="criteria"),
    path("criteria/new/", views.criteria_new, name="criteria_new"),
]
