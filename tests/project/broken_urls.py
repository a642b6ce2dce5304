"""The addresses of the project, and pages that fail while they hold what a record says."""

from django.core.exceptions import PermissionDenied
from django.urls import path

from diversion import urls
from participants.access.gate import requires
from participants.people.models import Participant
from participants.staff.permissions import Permission

FAULTS = {"value": ValueError, "denied": PermissionDenied}


@requires(Permission.VIEW_PARTICIPANTS)
def broken(request, fault: str):
    """Reads a person and fails with the name in a local variable and in the text of the exception."""
    person = Participant.objects.get()
    name = person.name
    raise FAULTS[fault](f"{name} {request.POST.get('typed', '')}")


urlpatterns = [
    path("<slug:program>/<slug:track>/broken/<str:fault>/", broken, name="broken"),
    *urls.urlpatterns,
]
handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500
