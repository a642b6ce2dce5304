"""Every form of a track gives back what was typed into it before the session locked."""

import re
import time
from pathlib import Path

from participants.audit.models import Event
from tests.access.again import SENTENCE, at_browser, lock, move_stamps
from tests.world import build_world, track_patterns


def test_forms_bind_to_what_was_posted_or_kept():
    """`posted(request)`; a form that binds to `request.POST` alone is never shown on a GET."""
    past = re.compile(r"request\.POST (or None|if request\.method)|\(\s*request\.POST,")
    folder = Path(__file__).parent.parent.parent / "participants"
    found = {path for path in folder.rglob("*.py") if past.search(path.read_text(encoding="utf-8"))}
    assert {path.relative_to(folder).as_posix() for path in found} == {
        "files/drop_pages.py",  # outside the tracks, where nothing is kept
        "files/views.py",  # the ticks beside the rows of a preview
    }


def test_every_form_of_a_track_comes_back_with_what_was_typed(cast):
    """Whatever page it is: locked, kept, shown again with the text in it, and nothing written by showing it."""
    world = build_world(cast, cast.education, "Edgar Buyerson")
    seen = {}
    for pattern in track_patterns():
        url = cast.url(cast.education, pattern.name, **world.kwargs.get(pattern.name, {}))
        member = next(
            (
                name
                for name in (
                    "manager",
                    "caseworker",
                    "administrator",
                    "privacy_officer",
                    "clinical_supervisor",
                    "overseer",
                )
                if f"education_{name}" in cast.people and _opens(cast, name, url)
            ),
            None,
        )
        if member is None:
            continue
        client = at_browser(cast, f"education_{member}")
        form = client.get(url).text
        fields = text_fields(form)
        if not fields:
            continue
        lock(client)
        client.post(url, {**hidden_fields(form), **dict.fromkeys(fields, "Quillfeather")})
        move_stamps(client, seen=time.time())
        before = written(cast)
        page = client.get(url)
        assert page.status_code == 200, pattern.name
        assert written(cast) == before, pattern.name
        seen[pattern.name] = page.text.count("Quillfeather") >= len(fields) and SENTENCE in page.text
    assert len(seen) > 20
    assert [name for name, comes_back in seen.items() if not comes_back] == []


def _opens(cast, role: str, url: str) -> bool:
    client = at_browser(cast, f"education_{role}")
    return client.get(url).status_code == 200


def text_fields(page: str) -> list[str]:
    """The names of the text fields inside the page's own form."""
    main = page.partition("<main")[2]
    forms = re.findall(r'<form[^>]*method="post".*?</form>', main, flags=re.DOTALL)
    found = re.findall(r'<textarea name="([^"]+)"', " ".join(forms))
    found += re.findall(r'<input type="text" name="([^"]+)"', " ".join(forms))
    return found


def hidden_fields(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.partition("<main")[2]))


def written(cast) -> int:
    """How many events say that something was done, besides that a page was seen."""
    return Event.objects.exclude(action__in=("page.viewed", "sign_in.again", "form.kept")).count()
