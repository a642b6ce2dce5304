"""Addresses of consent."""

from django.urls import path

from participants.consent import message_pages, print_pages, text_pages, views

urlpatterns = [
    path("referrals/<uuid:pk>/offer/", views.offer_new, name="offer_new"),
    path("offers/<uuid:pk>/decision/", views.offer_decision, name="offer_decision"),
    path("offers/<uuid:pk>/print/", print_pages.offer_print, name="offer_print"),
    path("offers/<uuid:pk>/agreement/", views.agreement_new, name="agreement_new"),
    path("offers/<uuid:pk>/agreement/paper/", print_pages.agreement_to_sign, name="agreement_to_sign"),
    path("agreements/<uuid:pk>/amend/", views.agreement_amend, name="agreement_amend"),
    path("agreements/<uuid:pk>/print/", print_pages.agreement_print, name="agreement_print"),
    path("texts/", text_pages.texts, name="texts"),
    path("texts/new/", text_pages.text_new, name="text_new"),
    path("texts/<uuid:pk>/", text_pages.text, name="text"),
    path("texts/<uuid:pk>/certify/", text_pages.text_certify, name="text_certify"),
    path("referrals/<uuid:pk>/messages/", message_pages.message_consent_new, name="message_consent_new"),
    path(
        "message-consents/<uuid:pk>/withdraw/",
        message_pages.message_consent_withdraw,
        name="message_consent_withdraw",
    ),
]
