"""Pages by keyset: every row once, in order, whatever is added meanwhile."""

import pytest
from django.test import RequestFactory

from participants.models import Site
from participants.tracks.scope import in_track
from participants.web.paging import page_of


def walk(order, size, after=""):
    rows, url = [], f"/?{after}"
    while url:
        page = page_of(Site.objects.all(), RequestFactory().get("/" + url.lstrip("/")), order=order, size=size)
        rows += [row.name for row in page.rows]
        url = page.next_url
    return rows


@pytest.mark.parametrize("order", ["name", "-name", "id", "-id"])
@pytest.mark.parametrize("size", [1, 2, 5, 9])
def test_every_row_once_and_in_order(cast, order, size):
    with in_track(cast.education):
        Site.objects.bulk_create(Site(name=f"Room {n}") for n in range(5))
        expected = [f"Room {n}" for n in range(5)]
        assert walk(order, size) == (expected[::-1] if order.startswith("-") else expected)


@pytest.mark.parametrize(
    "after", ["after=nonsense", "after=~", "after=2026-99-99~x", "after=%00", "after=" + "9" * 300]
)
def test_key_that_cannot_be_read_starts_at_the_beginning(cast, after):
    with in_track(cast.education):
        Site.objects.create(name="Room")
        assert walk("name", 5, after) == ["Room"]


def test_a_page_is_one_statement(cast, django_assert_num_queries):
    with in_track(cast.education):
        Site.objects.bulk_create(Site(name=f"Room {n}") for n in range(5))
        with django_assert_num_queries(1):
            page_of(Site.objects.all(), RequestFactory().get("/"), size=2)
