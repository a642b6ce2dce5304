"""The program as a Django app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class ParticipantsConfig(AppConfig):
    name = "participants"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from participants.access import kept, lock
        from participants.people import restrictions
        from participants.staff import sign_in
        from participants.tracks import policies, scope, walls

        for made in (walls, policies):
            pre_migrate.connect(made.before_migration, sender=self)
            post_migrate.connect(made.after_migration, sender=self)
        sign_in.connect()
        lock.connect()
        kept.connect()
        scope.HIDING.append(restrictions.hidden_from)
