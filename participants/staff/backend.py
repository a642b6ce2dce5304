"""Who is signed in, read with whether the account has a second factor: one statement for both."""

from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef

from participants.staff.models import User
from participants.staff.second_factor import FACTORS


class StaffBackend(AuthenticationBackend):
    def get_user(self, user_id) -> User | None:
        factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=FACTORS)
        user = User.objects.annotate(has_second_factor=Exists(factors)).filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
