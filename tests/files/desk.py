"""A clerk at the pages of a file of referrals."""

from django.core.files.uploadedfile import SimpleUploadedFile

from participants.files.models import Batch, WaitingFile
from participants.referrals.models import Referral
from participants.tracks.scope import in_track
from tests.sending import csv_of, row
from tests.words import text_of

BUYER, SELLER, EITHER = "796.07(2)(f)", "796.07(2)(e)", "796.07(2)(g)"
GOOD = row(1, BUYER)
CHILD = row(2, BUYER, name="Kim Young", born="2010-07-01")
THEIRS = row(3, SELLER, name="Eve Larkspurn")
UNSURE = row(4, EITHER, name="Sam Either")
WRONG = row(5, BUYER, name="Bea Wrongdate", born="31/31/1990")


class Desk:
    """A clerk of the education track at the pages of a file."""

    def __init__(self, cast, name="education_intake_clerk"):
        self.cast, self.client, self.track = cast, cast.client(name), cast.education

    def url(self, name, **kwargs):
        return self.cast.url(self.track, name, **kwargs)

    def upload(self, content: bytes, sender="Harbor Police", name="cases.csv", **options):
        data = {"file": SimpleUploadedFile(name, content), "sender": sender}
        return self.client.post(self.url("referral_import"), data, **options)

    def keep(self, *rows, **options) -> str:
        """Send a file; the address of its preview."""
        response = self.upload(csv_of(*rows), **options)
        assert response.status_code == 302, text_of(response)
        return response.url

    def stored(self) -> tuple[int, int, int]:
        with in_track(self.track):
            return Referral.objects.count(), Batch.objects.count(), WaitingFile.objects.count()


def tabs(response) -> dict[str, int]:
    return {tab["label"]: tab["count"] for tab in response.context["tabs"]}
