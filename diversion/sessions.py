"""Sessions in the database, under a hash of their key: who reads the table cannot sign in with what stands there."""

import hashlib

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone


def stored(session_key: str) -> str:
    """The key under which a session lies: the first 160 bits of the SHA-256 of what the browser holds, as 40 digits.

    The browser's key has 160 random bits itself, so nobody finds it by trying.
    """
    return hashlib.sha256(session_key.encode()).hexdigest()[:40]


class SessionStore(DatabaseStore):
    """Django's own, except that the browser's key never reaches the database."""

    def _get_session_from_db(self):
        row = self.model.objects.filter(session_key=stored(self.session_key), expire_date__gt=timezone.now()).first()
        if row is None:
            self._session_key = None
        return row

    def exists(self, session_key: str) -> bool:
        return super().exists(stored(session_key))

    def create_model_instance(self, data):
        row = super().create_model_instance(data)
        row.session_key = stored(row.session_key)
        return row

    def delete(self, session_key: str | None = None) -> None:
        if key := session_key or self.session_key:
            super().delete(stored(key))
