"""Addresses of files of referrals. The drop stands outside the tracks (participants/urls.py)."""

from django.urls import path

from participants.files import batch_pages, views

urlpatterns = [
    path("referrals/import/", views.referral_import, name="referral_import"),
    path("referrals/import/<uuid:pk>/", views.import_preview, name="import_preview"),
    path("referrals/import/<uuid:pk>/columns/", views.import_columns, name="import_columns"),
    path("referrals/import/<uuid:pk>/refused/", views.import_refused, name="import_refused"),
    path("referrals/files/", batch_pages.batches, name="batches"),
    path("referrals/files/<uuid:pk>/", batch_pages.batch, name="batch"),
    path("referrals/files/<uuid:pk>/undo/", batch_pages.batch_undo, name="batch_undo"),
    path("referrals/files/<uuid:pk>/close/", batch_pages.batch_close, name="batch_close"),
]
