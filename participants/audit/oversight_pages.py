"""What belongs to no track: sign-ins, lock-outs, refusals, accounts, keys. No reference and no address of a record."""

from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from participants.access.fresh import fresh
from participants.access.gate import requires
from participants.audit.forms import OversightFilterForm
from participants.audit.review_pages import reviewed
from participants.audit.views import downloaded, listed
from participants.staff.permissions import Permission
from participants.staff.queries import everybody


@require_GET
@requires(Permission.VIEW_OVERSIGHT)
def oversight(request):
    return listed(request, filter_form(request), "audit/oversight.html", export_url=reverse("oversight_export"))


@require_GET
@requires(Permission.VIEW_OVERSIGHT)
@fresh
def oversight_export(request):
    form = filter_form(request)
    return downloaded(request, form, "oversight") or listed(
        request, form, "audit/oversight.html", export_url=reverse("oversight_export")
    )


@require_http_methods(["GET", "POST"])
@requires(Permission.VIEW_OVERSIGHT)
def oversight_review(request):
    return reviewed(request, "audit/oversight_review.html", reverse("oversight_review"), with_patterns=False)


def filter_form(request) -> OversightFilterForm:
    return OversightFilterForm(request.GET, user=request.user, track=None, people=everybody())
