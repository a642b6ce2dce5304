"""Addresses of referrals."""

from django.urls import path

from participants.referrals import views

urlpatterns = [
    path("referrals/", views.referrals, name="referrals"),
    path("referrals/new/", views.referral_new, name="referral_new"),
    path("referrals/<uuid:pk>/", views.referral, name="referral"),
    path("referrals/<uuid:pk>/edit/", views.referral_edit, name="referral_edit"),
    path("referrals/<uuid:pk>/assign/", views.referral_assign, name="referral_assign"),
]
