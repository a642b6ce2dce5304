"""The program as a Django app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class ParticipantsConfig(AppConfig):
    name = "participants"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from participants.people import restrictions
        from participants.staff import sign_in
        from participants.tracks import scope, walls

        pre_migrate.connect(walls.before_migration, sender=self)
        post_migrate.connect(walls.after_migration, sender=self)
        sign_in.connect()
        scope.HIDING.append(restrictions.hidden_from)
