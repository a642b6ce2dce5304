from participants.audit.models import Event
from participants.tracks.scope import in_track


def test_smoke(cast):
    client = cast.client("education_caseworker")
    assert client.get(cast.url(cast.education, "my_day")).status_code == 200
    assert client.get(cast.url(cast.services, "my_day")).status_code == 404
    with in_track(cast.education):
        assert Event.objects.filter(action="page.viewed").count() == 1
