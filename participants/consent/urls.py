"""Addresses of consent."""

from django.urls import path

from participants.consent import views

urlpatterns = [
    path("referrals/<uuid:pk>/offer/", views.offer_new, name="offer_new"),
    path("offers/<uuid:pk>/decision/", views.offer_decision, name="offer_decision"),
    path("offers/<uuid:pk>/agreement/", views.agreement_new, name="agreement_new"),
]
