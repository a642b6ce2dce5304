"""A view that writes and then refuses leaves nothing, except that it refused."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.test import Client
from django.urls import path

from diversion.urls import urlpatterns as project
from participants.access.gate import requires
from participants.audit.models import Event
from participants.models import Site
from participants.staff.permissions import Permission
from participants.tracks.scope import active_scope_or_none, in_track
from participants.web import views as web


class Broken(Exception):
    pass


ENDINGS = {"denied": PermissionDenied, "missing": Http404, "broken": Broken, "fine": None}


@requires(Permission.OPEN_TRACK)
def write_then(request, ending):
    Site.objects.create(name=f"written by {ending}")
    if ENDINGS[ending]:
        raise ENDINGS[ending]("secret words")
    return HttpResponse("done")


urlpatterns = [path("<slug:program>/<slug:track>/write/<str:ending>/", write_then, name="write"), *project]
handler404 = web.not_found
handler403 = web.forbidden
handler500 = "tests.access.test_refusals.plain_500"


def plain_500(request):
    return HttpResponse("broken", status=500)


@pytest.fixture
def outside_a_test_transaction(standing_cast, live_db):
    """Real commits: the rollback of a refused request must be the request's own."""
    return standing_cast.put()


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(("ending", "status"), [("denied", 403), ("missing", 404), ("broken", 500)])
def test_refused_request_leaves_no_row(outside_a_test_transaction, ending, status):
    cast = outside_a_test_transaction
    client = Client(raise_request_exception=False)
    client.force_login(cast.education_caseworker)
    response = client.post(f"/harbor/education/write/{ending}/")
    assert response.status_code == status
    assert "secret words" not in response.text
    assert active_scope_or_none() is None
    with in_track(cast.education):
        assert not Site.objects.exists()
        refused = list(Event.objects.filter(outcome="refused").values_list("action", flat=True))
        assert refused == ([] if ending == "broken" else ["page.refused"])


@pytest.mark.urls(__name__)
def test_request_that_is_fine_keeps_its_row(outside_a_test_transaction):
    cast = outside_a_test_transaction
    assert cast.client("education_caseworker").post("/harbor/education/write/fine/").status_code == 200
    with in_track(cast.education):
        assert Site.objects.count() == 1
