"""Pages of screening: the written criteria, the questions, the letter, and looking again."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from participants.access.gate import requires
from participants.errors import ProgramError
from participants.referrals.models import Referral
from participants.referrals.queries import referral_or_404
from participants.referrals.rules import Status
from participants.screening import rules
from participants.screening.actions import NO_CRITERIA, ScreeningChanged, screen
from participants.screening.criteria import OtherVersion, publish_criteria
from participants.screening.criteria_forms import CriteriaForm
from participants.screening.forms import PREFIX, OverrideForm, ReviewForm, ScreeningForm, SecondLookForm
from participants.screening.letter import letter_to
from participants.screening.models import Review, Screening
from participants.screening.queries import (
    criteria_versions,
    current_criteria,
    deciders_before,
    review_or_404,
    screening_of,
)
from participants.screening.reviews import ask_for_second_look, decide_review, override
from participants.staff.permissions import Permission
from participants.web.clock import today
from participants.web.forms import page_status, posted
from participants.web.urls import track_url


@require_http_methods(["GET", "POST"])
@requires(Permission.SCREEN)
def screening_new(request, pk):
    referral = referral_or_404(pk)
    if referral.status != Status.RECEIVED:
        messages.info(request, f"This referral stands at “{referral.get_status_display()}”: it is not screened now.")
        return _back(referral)
    criteria = current_criteria(today())
    if criteria is None:
        messages.error(request, NO_CRITERIA)
        return _back(referral)
    begun, conflicts = screening_of(referral), []
    form = ScreeningForm(posted(request), user=request.user, track=request.track, criteria=criteria, begun=begun)
    if request.method == "POST" and form.is_valid():
        try:
            screening = screen(referral=referral, criteria=criteria, **form.values(), today=today(), by=request.user)
        except ProgramError as error:
            form.apply_error(error)
            if isinstance(error, ScreeningChanged):
                begun = error.screening
                conflicts = _differences(begun, form)
                form.renew(begun.version)
        else:
            _say(request, screening)
            return _back(referral)
    context = {"form": form, "referral": referral, "criteria": criteria, "begun": begun, "conflicts": conflicts}
    return render(request, "screening/new.html", context, status=page_status(form))


def _say(request, screening: Screening | None) -> None:
    if screening is None:  # stopped: the page says what to do
        return
    if screening.eligible is None:
        count = len(screening.open_questions)
        words = "question is" if count == 1 else "questions are"
        messages.info(request, f"Kept open: {count} {words} still to be found out.")
    else:
        messages.success(request, "Eligible." if screening.eligible else "Not eligible; the reasons are below.")


def _differences(stored: Screening, form: ScreeningForm) -> list[dict]:
    """What is stored now, where it differs from what was typed."""
    found = []
    for criterion in stored.criteria_version.criteria:
        now = stored.answers.get(criterion["key"])
        if now != form.cleaned_data.get(PREFIX + criterion["key"]):
            found.append({"label": criterion["question"], "value": rules.Answer(now).label if now else ""})
    return found


@require_GET
@requires(Permission.SCREEN)
def criteria(request):
    versions = criteria_versions()
    current = current_criteria(today())
    context = {
        "current": current,
        "others": [version for version in versions if version != current],
        "fixed": request.track.rules.fixed_criteria,
    }
    return render(request, "screening/criteria.html", context)


@require_http_methods(["GET", "POST"])
@requires(Permission.EDIT_CRITERIA)
def criteria_new(request):
    versions = criteria_versions()
    form = CriteriaForm(posted(request), user=request.user, track=request.track, versions=versions, today=today())
    overtaken = None
    if request.method == "POST" and form.is_valid():
        try:
            version = publish_criteria(**form.values(), today=today(), by=request.user, row_id=form.row_id)
        except ProgramError as error:
            form.apply_error(error)
            if isinstance(error, OtherVersion):
                overtaken = error.latest
                form.renew(overtaken.number)
        else:
            messages.success(request, f"Version {version.number} is published. Decisions made before stay as they are.")
            return redirect(track_url("criteria"))
    context = {"form": form, "overtaken": overtaken}
    return render(request, "screening/criteria_new.html", context, status=422 if form.has_problems else 200)


@require_GET
@requires(Permission.SCREEN)
def screening_letter(request, pk):
    referral, screening = _decided_or_404(pk)
    return render(request, "screening/letter.html", {"referral": referral, "letter": letter_to(referral, screening)})


@require_http_methods(["GET", "POST"])
@requires(Permission.REVIEW_SCREENINGS)
def screening_override(request, pk):
    referral, screening = _decided_or_404(pk)
    form = OverrideForm(posted(request), user=request.user, track=request.track, screening=screening)
    if request.method == "POST" and form.is_valid():
        try:
            override(screening=screening, **form.values(), today=today(), by=request.user, row_id=form.row_id)
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, "The decision is changed. The reason stands on the referral's page.")
            return _back(referral)
    context = {"form": form, "referral": referral, "screening": screening}
    return render(request, "screening/override.html", context, status=page_status(form))


@require_http_methods(["GET", "POST"])
@requires(Permission.SCREEN)
def second_look_new(request, pk):
    referral, screening = _decided_or_404(pk)
    form = SecondLookForm(posted(request), user=request.user, track=request.track)
    if request.method == "POST" and form.is_valid():
        try:
            ask_for_second_look(
                screening=screening, **form.values(), today=today(), by=request.user, row_id=form.row_id
            )
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, "On record. Somebody who has not decided on this case looks at it again.")
            return _back(referral)
    waits = any(review.eligible_after is None for review in screening.reviews.all())
    refusal = rules.request_refusal(status=referral.status, waiting=waits)
    context = {"form": form, "referral": referral, "screening": screening, "refusal": refusal}
    return render(request, "screening/second_look.html", context, status=page_status(form))


@require_http_methods(["GET", "POST"])
@requires(Permission.REVIEW_SCREENINGS)
def review_decide(request, pk):
    review = review_or_404(pk)
    screening, referral = review.screening, review.screening.referral
    form = ReviewForm(posted(request), user=request.user, track=request.track, screening=screening)
    if request.method == "POST" and form.is_valid():
        try:
            decide_review(review=review, **form.values(), today=today(), by=request.user)
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, "Decided. The person can be given the letter.")
            return _back(referral)
    mine = review.kind == Review.Kind.SECOND_LOOK and request.user.pk in deciders_before(screening)
    context = {"form": form, "referral": referral, "screening": screening, "review": review, "mine": mine}
    return render(request, "screening/review.html", context, status=page_status(form))


def _decided_or_404(pk) -> tuple[Referral, Screening]:
    """A referral whose screening is decided, with its screening. Raises Http404."""
    referral = referral_or_404(pk)
    screening = screening_of(referral)
    if screening is None or screening.eligible is None:
        raise Http404
    return referral, screening


def _back(referral: Referral):
    return redirect(track_url("referral", pk=referral.pk))
