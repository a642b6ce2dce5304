"""Pages of people: the list, the file, its edit pages, and the search."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from participants.access.gate import requires
from participants.documents.queries import documents_of
from participants.enrollment.queries import ENDED, by_name, caseload, current_enrollment, has_caseload
from participants.enrollment.rules import Status
from participants.errors import ProgramError
from participants.people.actions import EDITABLE, ChangedMeanwhile, change_participant
from participants.people.actions import search as search_track
from participants.people.file import file_of, rows_of
from participants.people.forms import CourtForm, ParticipantForm
from participants.people.joining import merges_of
from participants.people.merge_pages import merged_file
from participants.people.queries import participant_or_404
from participants.referrals.actions import ChangedMeanwhile as CaseChangedMeanwhile
from participants.referrals.actions import update_court_details
from participants.staff.permissions import Permission
from participants.web import clock
from participants.web.forms import page_status, posted
from participants.web.paging import Page, page_of
from participants.web.urls import track_url

COURT = ("next_court_on", "must_appear", "counsel_name", "counsel_contact")


@require_GET
@requires(Permission.VIEW_PARTICIPANTS)
def participants(request):
    """My caseload by name, or everybody's stays, latest first."""
    asked = request.GET.get("list") or ("mine" if has_caseload(request.user) else "all")
    mine = asked == "mine"
    status = ENDED if request.GET.get("status") == ENDED else Status.ACTIVE
    stays = caseload(request.user if mine else None, status)
    if mine and status == Status.ACTIVE:
        page = Page(by_name(stays), None)
    else:
        page = page_of(stays, request, order="-placed_on")
    context = {
        "rows": rows_of(page.rows, address=track_url("participant", reference="REFERENCE"), now=clock.now()),
        "next_url": page.next_url,
        "mine": mine,
        "status": str(status),
    }
    return render(request, "people/list.html", context)


@require_GET
@requires(Permission.VIEW_PARTICIPANTS)
def participant(request, reference: str):
    """A participant's file. One that is part of another leads there."""
    person = participant_or_404(reference, merged=True)
    if person.merged_into_id:
        return merged_file(request, person)
    file = file_of(person, reader=request.user, permissions=request.permissions, now=clock.now())
    cases = [stay.referral_id for stay in (file.stay, *file.earlier)]
    papers = documents_of(cases) if request.may(Permission.VIEW_DOCUMENTS) else []
    context = {"file": file, "today": clock.today(), "papers": papers, "merges": merges_of(person)}
    return render(request, "people/participant.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_PARTICIPANTS)
def participant_edit(request, reference: str):
    """Name, contact, language and what the person says about themselves."""
    person = participant_or_404(reference)
    stored = {name: getattr(person, name) for name in (*EDITABLE, "version")}
    form = ParticipantForm(posted(request), initial=stored, user=request.user, track=request.track)
    meanwhile = []
    if request.method == "POST" and form.is_valid():
        try:
            change_participant(participant=person, **form.values(), by=request.user)
        except ChangedMeanwhile as error:
            form.apply_error(error)
            form.renew(error.participant.version)
            meanwhile = stored_now(error.participant, error.changes.fields, form)
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, "Saved.")
            return redirect(track_url("participant", reference=person.reference))
    context = {"form": form, "participant": person, "meanwhile": meanwhile}
    return render(request, "people/edit.html", context, status=page_status(form))


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_PARTICIPANTS)
def participant_court(request, reference: str):
    """Next court date, whether the person must appear, and counsel."""
    person = participant_or_404(reference)
    referral = current_enrollment(person).referral
    stored = {name: getattr(referral, name) for name in (*COURT, "version")}
    form = CourtForm(posted(request), initial=stored, user=request.user, track=request.track)
    meanwhile = []
    if request.method == "POST" and form.is_valid():
        try:
            update_court_details(referral=referral, **form.values(), by=request.user)
        except CaseChangedMeanwhile as error:
            form.apply_error(error)
            form.renew(error.referral.version)
            meanwhile = stored_now(error.referral, COURT, form)
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, "Saved.")
            return redirect(track_url("participant", reference=person.reference))
    context = {"form": form, "participant": person, "meanwhile": meanwhile}
    return render(request, "people/court.html", context, status=page_status(form))


def stored_now(row, names, form) -> list[dict]:
    """What a row holds now in some fields of a form, as facts to compare with what was typed."""
    facts = []
    for name in names:
        display = getattr(row, f"get_{name}_display", None)
        facts.append({"label": form.fields[name].label, "value": display() if display else getattr(row, name)})
    return facts


@require_http_methods(["GET", "POST"])
@requires(Permission.SEARCH)
def search(request):
    """Find people by name or case number. What is typed comes by POST, so that it stands in no address or log."""
    text = request.POST.get("q", "").strip()[:100]
    findings = None
    if text:
        findings = search_track(
            text=text,
            participants=request.may(Permission.VIEW_PARTICIPANTS),
            referrals=request.may(Permission.VIEW_REFERRALS),
            by=request.user,
        )
    return render(request, "people/search.html", {"text": text, "findings": findings})
