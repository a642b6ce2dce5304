"""Pages by keyset: the next page starts after the last row shown, whatever the table's size."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

PAGE_SIZE = 50


@dataclass(frozen=True)
class Page:
    rows: list
    next_url: str | None


def page_of(queryset: QuerySet, request, *, order: str = "-id", size: int = PAGE_SIZE) -> Page:
    """One page of a queryset, in one statement.

    `order` is "-id", "id", or a clear non-null field with or without "-" ("-received_on"); the id breaks ties.
    A key that cannot be read starts at the first page.
    """
    field = order.lstrip("-")
    descending = order.startswith("-")
    sign = "-" if descending else ""
    ordered = queryset.order_by(order) if field == "id" else queryset.order_by(order, f"{sign}id")
    after = request.GET.get("after", "")
    if after:
        ordered = _after(ordered, field, after, "lt" if descending else "gt")
    rows = list(ordered[: size + 1])
    if len(rows) <= size:
        return Page(rows, None)
    last = rows[size - 1]
    key = str(last.pk) if field == "id" else f"{getattr(last, field)}~{last.pk}"
    query = request.GET.copy()
    query["after"] = key
    return Page(rows[:size], "?" + urlencode(query))


def _after(queryset: QuerySet, field: str, after: str, than: str) -> QuerySet:
    value, _, pk = after.rpartition("~")
    try:
        pk = UUID(pk)
        if field == "id":
            return queryset.filter(**{f"id__{than}": pk})
        value = queryset.model._meta.get_field(field).to_python(value)
    except (ValueError, ValidationError):
        return queryset
    return queryset.filter(Q(**{f"{field}__{than}": value}) | Q(**{field: value, f"id__{than}": pk}))
