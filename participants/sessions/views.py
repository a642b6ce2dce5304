"""Pages of sessions: schedule, booking, roster, sites, the log of an individual session, notes."""

from itertools import groupby

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from participants.access.gate import requires
from participants.enrollment.queries import caseload, current_enrollment
from participants.errors import ProgramError
from participants.people.queries import participant_or_404
from participants.sessions import actions, queries
from participants.sessions.forms import BookForm, LogForm, NoteForm, SessionForm, SiteForm
from participants.sessions.models import Site
from participants.sessions.roster import RosterForm, key_hints
from participants.sessions.rules import State
from participants.staff.permissions import Permission
from participants.web.clock import now, today
from participants.web.forms import page_status, posted
from participants.web.paging import page_of
from participants.web.urls import track_url


@require_GET
@requires(Permission.VIEW_SESSIONS)
def sessions(request):
    day = today()
    past = request.GET.get("tab") == "past"
    own = queries.only_of(request.user, request.permissions)
    listed = queries.past_sessions(day, own) if past else queries.schedule(day, own)
    page = page_of(listed, request, order="-starts_at" if past else "starts_at")
    for session in page.rows:
        session.may_take = (
            session.waiting
            and session.held_on <= day
            and session.state != State.CANCELLED
            and queries.may_take(session, request.user, request.permissions)
        )
    days = [(held_on, list(rows)) for held_on, rows in groupby(page.rows, key=lambda session: session.held_on)]
    return render(request, "sessions/schedule.html", {"days": days, "page": page, "past": past, "today": day})


@require_http_methods(["GET", "POST"])
@requires(Permission.SCHEDULE_SESSIONS)
def session_new(request):
    day = today()
    form = SessionForm(posted(request), user=request.user, track=request.track, today=day)
    if request.method == "POST" and form.is_valid():
        try:
            session = actions.schedule_session(**form.values(), today=day, by=request.user, row_id=form.row_id)
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, f"{session.name} is scheduled. Now book people into it.")
            return redirect(track_url("session", pk=session.pk))
    return render(request, "sessions/new.html", {"form": form}, status=page_status(form))


@require_http_methods(["GET", "POST"])
@requires(Permission.SCHEDULE_SESSIONS)
def sites(request):
    form = SiteForm(posted(request), user=request.user, track=request.track)
    if request.method == "POST" and form.is_valid():
        try:
            site = actions.add_site(**form.values(), by=request.user, row_id=form.row_id)
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, f"{site.name} is added.")
            return redirect(track_url("sites"))
    return render(
        request,
        "sessions/sites.html",
        {"form": form, "sites": Site.objects.order_by("name", "id")},
        status=page_status(form),
    )


@require_http_methods(["GET", "POST"])
@requires(Permission.VIEW_SESSIONS)
def session(request, pk):
    """The roster: read by who schedules sessions or runs this one, filled in by who may take its attendance."""
    session = queries.session_or_404(pk, queries.only_of(request.user, request.permissions))
    may_take = queries.may_take(session, request.user, request.permissions)
    if request.method == "POST" and not may_take:
        raise PermissionDenied("TAKE_ATTENDANCE")
    day = today()
    form = RosterForm(
        posted(request),
        user=request.user,
        track=request.track,
        session=session,
        attendances=queries.roster(session),
    )
    if request.method == "POST" and form.is_valid():
        try:
            changed = actions.take_attendance(
                session=session,
                version=form.cleaned_data["version"],
                entries=form.entries(),
                today=day,
                now=now(),
                by=request.user,
            )
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, _saved(len(changed)))
            return redirect(track_url("session", pk=session.pk))
    if form.is_bound:
        form.show_again()
    closed = queries.closed_seats(session)
    context = {
        "session": session,
        "form": form,
        "rows": form.rows,
        "closed": closed,
        "open": may_take and session.state != State.CANCELLED and session.held_on <= day,
        "to_come": session.held_on > day,
        "taken": sum(row.holds_a_seat for row in [*(row.attendance for row in form.rows), *closed]),
        "key_hints": key_hints(request.track.rules.missed_word),
    }
    return render(request, "sessions/roster.html", context, status=page_status(form))


def _saved(count: int) -> str:
    if not count:
        return "Nothing had changed."
    return f"Attendance is saved: {count} {'person' if count == 1 else 'people'}."


@require_http_methods(["GET", "POST"])
@requires(Permission.SCHEDULE_SESSIONS)
def session_book(request, pk):
    session = queries.session_or_404(pk)
    stays = queries.by_name(queries.bookable(session))
    form = BookForm(posted(request), user=request.user, track=request.track, stays=stays)
    if request.method == "POST" and form.is_valid():
        try:
            booked = actions.book(session=session, enrollments=form.cleaned_data["people"], by=request.user)
        except ProgramError as error:
            form.apply_error(error)
        else:
            count = len(booked)
            messages.success(request, f"{count} {'person is' if count == 1 else 'people are'} booked.")
            return redirect(track_url("session", pk=session.pk))
    context = {"session": session, "form": form, "stays": stays, "taken": queries.seats_taken(session)}
    return render(request, "sessions/book.html", context, status=page_status(form))


@require_http_methods(["GET", "POST"])
@requires(Permission.SCHEDULE_SESSIONS)
def session_cancel(request, pk):
    session = queries.session_or_404(pk)
    if request.method == "POST":
        try:
            actions.cancel_session(session=session, now=now(), by=request.user)
        except ProgramError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, f"{session.name} is cancelled.")
        return redirect(track_url("session", pk=session.pk))
    return render(request, "sessions/cancel.html", {"session": session, "taken": queries.seats_taken(session)})


@require_http_methods(["GET", "POST"])
@requires(Permission.LOG_SESSIONS)
def session_log(request):
    day = today()
    stays, participant, everyone = _loggable(request)
    if participant is not None and not stays:
        messages.warning(request, "This person's stay has ended, so there is no session to log.")
        return redirect(track_url("participant", reference=participant.reference))
    form = LogForm(
        posted(request),
        user=request.user,
        track=request.track,
        stays=stays,
        today=day,
        keeps_privileged=request.may(Permission.KEEP_PRIVILEGED),
    )
    if request.method == "POST" and form.is_valid():
        try:
            session = actions.log_individual(**form.values(), today=day, now=now(), by=request.user, row_id=form.row_id)
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(
                request, f"The session is logged: {session.name.lower()}, {session.planned_minutes} minutes."
            )
            if "another" in request.POST:
                return redirect(track_url("session_log"))
            stay = form.cleaned_data["person"]
            return redirect(track_url("participant", reference=stay.participant.reference))
    context = {"form": form, "participant": participant, "everyone": everyone, "stays": stays}
    return render(request, "sessions/log.html", context, status=page_status(form))


def _loggable(request):
    """Whom the log offers: the person asked for, one's own caseload, or everyone active (asked for, or none own)."""
    if reference := request.GET.get("participant"):
        participant = participant_or_404(reference)
        stay = current_enrollment(participant)
        return ([stay] if stay is not None and stay.is_active else []), participant, False
    if "everyone" not in request.GET and (own := queries.by_name(caseload(request.user))):
        return own, None, False
    return queries.by_name(caseload()), None, True


@require_http_methods(["GET", "POST"])
@requires(Permission.WRITE_NOTES)
def note_new(request, reference):
    participant = participant_or_404(reference)
    form = NoteForm(
        posted(request),
        user=request.user,
        track=request.track,
        keeps_privileged=request.may(Permission.KEEP_PRIVILEGED),
    )
    if request.method == "POST" and form.is_valid():
        try:
            actions.write_note(participant=participant, **form.values(), now=now(), by=request.user, row_id=form.row_id)
        except ProgramError as error:
            form.apply_error(error)
        else:
            messages.success(request, "The note is saved.")
            return redirect(track_url("participant", reference=participant.reference))
    context = {"form": form, "participant": participant}
    return render(request, "sessions/note_new.html", context, status=page_status(form))
