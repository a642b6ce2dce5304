"""Pages of completion: how a stay ends, who decides, what is recommended and what the prosecutor decided."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from participants.access.gate import requires
from participants.completion import actions, rules
from participants.completion.forms import (
    CompletionForm,
    DecisionForm,
    DispositionForm,
    NeutralForm,
    RecommendationForm,
    StatementForm,
    TerminationForm,
    WithdrawForm,
)
from participants.completion.models import ExitProposal
from participants.completion.queries import (
    as_cases,
    cases_sent,
    outcome_of,
    waiting_proposal,
    waiting_proposals,
)
from participants.enrollment.queries import current_enrollment
from participants.errors import ProgramError
from participants.people.queries import participant_or_404
from participants.people.restrictions import readable
from participants.requirements.queries import progress_of
from participants.staff.permissions import Permission
from participants.web.clock import today
from participants.web.forms import page_status, posted
from participants.web.paging import page_of
from participants.web.urls import track_url


@require_http_methods(["GET", "POST"])
@requires(Permission.PROPOSE_EXITS)
def completion_propose(request, reference):
    stay = _stay_or_404(reference)
    form = CompletionForm(posted(request), user=request.user, track=request.track)
    if request.method == "POST" and form.is_valid():
        try:
            actions.propose_completion(enrollment=stay, today=today(), by=request.user, row_id=form.row_id)
        except ProgramError as error:
            form.apply_error(error)
        else:
            return _proposed(request, reference)
    requirements = progress_of([stay])[stay.pk]
    context = {
        "requirements": requirements,
        "gaps": rules.completion_gaps(requirements),
        "waiting": waiting_proposal(stay),
    }
    return _page(request, "completion/propose.html", stay, form, **context)


@require_http_methods(["GET", "POST"])
@requires(Permission.PROPOSE_EXITS)
def withdraw(request, reference):
    stay = _stay_or_404(reference)
    form = WithdrawForm(posted(request), user=request.user, track=request.track)
    if request.method == "POST" and form.is_valid():
        day = today()
        try:
            actions.withdraw(
                enrollment=stay,
                on=form.cleaned_data["on"] or day,
                lapsed=form.cleaned_data.get("lapsed", False),
                today=day,
                by=request.user,
            )
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, "The stay has ended. No reason was asked, and none is on file.")
            return redirect(track_url("participant", reference=reference))
    word = request.track.rules.status_word(rules.Exit.WITHDREW)
    return _page(request, "completion/withdraw.html", stay, form, word=word, waiting=waiting_proposal(stay))


@require_http_methods(["GET", "POST"])
@requires(Permission.PROPOSE_EXITS)
def neutral_propose(request, reference):
    stay = _stay_or_404(reference)
    form = NeutralForm(posted(request), user=request.user, track=request.track)
    if request.method == "POST" and form.is_valid():
        try:
            actions.propose_neutral(
                enrollment=stay, **form.values(), today=today(), by=request.user, row_id=form.row_id
            )
        except ProgramError as error:
            form.apply_error(error)
        else:
            return _proposed(request, reference)
    return _page(request, "completion/neutral.html", stay, form, waiting=waiting_proposal(stay))


@require_http_methods(["GET", "POST"])
@requires(Permission.PROPOSE_EXITS)
def termination_propose(request, reference):
    if not request.track.rules.may_terminate:
        raise Http404
    stay = _stay_or_404(reference)
    form = TerminationForm(posted(request), user=request.user, track=request.track, initial={"notice_on": today()})
    if request.method == "POST" and form.is_valid():
        try:
            actions.give_termination_notice(
                enrollment=stay, **form.values(), today=today(), by=request.user, row_id=form.row_id
            )
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, "The notice is on file. The person may contest until the day you named.")
            return redirect(track_url("participant", reference=reference))
    return _page(request, "completion/terminate.html", stay, form, waiting=waiting_proposal(stay))


@require_http_methods(["GET", "POST"])
@requires(Permission.PROPOSE_EXITS)
def exit_statement(request, pk):
    if not request.track.rules.may_terminate:
        raise Http404
    proposal = _proposal_or_404(pk)
    reference = proposal.participant.reference
    form = StatementForm(posted(request), user=request.user, track=request.track)
    if request.method == "POST" and form.is_valid():
        try:
            actions.record_statement(proposal=proposal, **form.values(), today=today(), by=request.user)
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, "The statement is on file.")
            return redirect(track_url("participant", reference=reference))
    return _page(request, "completion/statement.html", proposal.enrollment, form, proposal=proposal)


@require_GET
@requires(Permission.APPROVE_EXITS)
def approvals(request):
    day = today()
    page = page_of(waiting_proposals(), request, order="proposed_on")
    waits = [
        {
            "proposal": proposal,
            "days": (day - proposal.proposed_on).days,
            "mine": proposal.proposed_by_id == request.user.pk,
            "ready": _ready(proposal, day),
        }
        for proposal in page.rows
    ]
    return render(request, "completion/approvals.html", {"waits": waits, "page": page})


@require_http_methods(["GET", "POST"])
@requires(Permission.APPROVE_EXITS)
def approval(request, pk):
    proposal = _proposal_or_404(pk)
    form = DecisionForm(posted(request), proposal=proposal, user=request.user, track=request.track)
    if request.method == "POST" and form.is_valid():
        try:
            actions.decide_exit(
                proposal=proposal,
                approve=form.approves,
                reason=form.cleaned_data["reason"],
                today=today(),
                by=request.user,
            )
        except ProgramError as error:
            form.apply_error(error)
        else:
            done = "Approved. The stay has ended." if form.approves else "Returned. The stay goes on."
            messages.success(request, done)
            return redirect(track_url("approvals"))
    stay = proposal.enrollment
    context = {
        "proposal": proposal,
        "reason_codes": [rules.Reason(code).label for code in proposal.reason_codes],
        "requirements": progress_of([stay])[stay.pk],
        "mine": proposal.proposed_by_id == request.user.pk,
        "waits": proposal.decision == rules.Decision.WAITING,
        "ready": _ready(proposal, today()),
    }
    return _page(request, "completion/approval.html", stay, form, **context)


@require_http_methods(["GET", "POST"])
@requires(Permission.RECOMMEND)
def recommend(request, reference):
    stay = _stay_or_404(reference)
    track_rules = request.track.rules
    reported = track_rules.status_word(stay.status) != track_rules.no_report
    choices = rules.recommendations(stay.status, reported=reported)
    outcome = outcome_of(stay)
    initial = {"recommended": outcome.recommendation.recommended} if outcome.recommendation else None
    form = RecommendationForm(posted(request), choices=choices, initial=initial, user=request.user, track=request.track)
    if request.method == "POST" and form.is_valid():
        try:
            actions.recommend(enrollment=stay, **form.values(), made_on=today(), by=request.user)
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, "The recommendation is on file.")
            return redirect(track_url("participant", reference=reference))
    return _page(request, "completion/recommend.html", stay, form, choices=choices, outcome=outcome)


@require_GET
@requires(Permission.VIEW_CASES_SENT)
def cases(request):
    page = page_of(cases_sent(), request, order="-received_on")
    return render(request, "completion/cases.html", {"cases": as_cases(page.rows), "page": page})


@require_http_methods(["GET", "POST"])
@requires(Permission.VIEW_CASES_SENT)
def case_disposition(request, pk):
    referral = get_object_or_404(cases_sent(), pk=pk)
    (case,) = as_cases([referral])
    initial = (
        {"disposed": case.disposition.disposed, "decided_on": case.disposition.decided_on} if case.disposition else None
    )
    form = DispositionForm(posted(request), initial=initial, user=request.user, track=request.track)
    if request.method == "POST" and form.is_valid():
        try:
            actions.record_disposition(referral=referral, **form.values(), today=today(), by=request.user)
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, "The disposition is on file.")
            return redirect(track_url("cases"))
    return render(request, "completion/case.html", {"case": case, "form": form}, status=page_status(form))


def _stay_or_404(reference):
    stay = current_enrollment(participant_or_404(reference))
    if stay is None:
        raise Http404
    return stay


def _proposal_or_404(pk) -> ExitProposal:
    proposals = ExitProposal.objects.select_related(
        "participant", "enrollment__participant", "enrollment__caseworker", "proposed_by", "decided_by"
    )
    return get_object_or_404(readable(proposals, participant="participant_id"), pk=pk)


def _ready(proposal, day) -> bool:
    return rules.may_be_approved(exit_type=proposal.exit_type, contest_by=proposal.contest_by, today=day)


def _proposed(request, reference):
    messages.success(request, "Proposed. Another person decides.")
    return redirect(track_url("participant", reference=reference))


def _page(request, template, stay, form, **context):
    context |= {"stay": stay, "participant": stay.participant, "form": form}
    return render(request, template, context, status=page_status(form))
