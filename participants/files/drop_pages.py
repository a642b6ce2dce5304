"""The page of the drop, outside the tracks. Nothing of a file is kept between two requests."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from participants.access.gate import requires
from participants.files.drop import MOST_LISTED, receive_drop
from participants.files.drop_forms import DropColumnsForm, DropForm
from participants.files.headings import COLUMNS
from participants.files.queries import mapping_of
from participants.files.sheet import Sheet, read, read_date
from participants.files.waiting import too_long
from participants.referrals.rules import HOTLINE
from participants.staff.permissions import Permission
from participants.web.clock import today
from participants.web.forms import page_status


@require_http_methods(["GET", "POST"])
@requires(Permission.SEND_REFERRALS)
def drop(request):
    """Choose a file and send it; the answer is shown at once. Sent again it adds nothing, so a reload does no harm."""
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = DropForm(*sent, user=request.user, track=None)
    if sent and form.is_valid():
        return answered(request, form)
    return page(request, form)


def answered(request, form: DropForm) -> HttpResponse:
    program, agency = request.program, request.program_grants[0].agency
    content, remembered = form.cleaned_data["file"].read(), mapping_of(program, agency)
    sheet = read(content, today=today(), columns=remembered, source=agency)
    columns, said = DropColumnsForm(request.POST, user=request.user, track=None, sheet=sheet), {}
    if columns.of_this_file:
        if not columns.is_valid():
            return page(request, form, columns, sheet)
        said = columns.columns()
        sheet = read(content, today=today(), columns={**remembered, **said}, source=agency)
    if any(read_date(heading) for heading in sheet.headings):
        # Headings are remembered for the agency, and a case must not be.
        form.add_error("file", "The first row seems to hold a case. Put a row of headings above it.")
    elif sheet.missing or ("look" in request.POST and sheet.headings):
        columns = DropColumnsForm(None, user=request.user, track=None, sheet=sheet)
        return page(request, form, columns, sheet)
    elif problem := too_long(sheet.count) or ("" if sheet.count else sheet.refused[0].problem):
        form.add_error("file", problem)
    else:
        answer = receive_drop(sheet=sheet, columns=said, program=program, agency=agency, today=today(), by=request.user)
        context = {"answer": answer, "listed": answer.refused[:MOST_LISTED], "agency": agency, "hotline": HOTLINE}
        return render(request, "files/drop_answer.html", context)
    return page(request, form)


def page(request, form: DropForm, columns: DropColumnsForm | None = None, sheet: Sheet | None = None) -> HttpResponse:
    """The form, and with `columns` a choice for each heading."""
    missing = [COLUMNS[name][0] for name in sheet.missing] if sheet else []
    context = {
        "form": form,
        "columns": columns,
        "missing": missing,
        "agency": request.program_grants[0].agency,
        "needed": [COLUMNS[name][0] for name in ("name", "case_number", "charge", "offense_on")],
    }
    status = 422 if missing or (columns and columns.errors) else page_status(form)
    return render(request, "files/drop.html", context, status=status)
