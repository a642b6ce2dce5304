"""The project: wiring only, no rules."""

from diversion.celery import app as celery_app

__all__ = ["celery_app"]
