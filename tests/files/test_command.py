"""`manage.py import_referrals`: exit codes, JSON, and rows sorted to the tracks."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from participants.audit.models import Event
from participants.files.models import Batch, ColumnMapping
from participants.files.sheet import LARGEST
from participants.referrals.models import Referral
from participants.referrals.rules import NOT_HERE
from participants.tracks.scope import in_track
from tests.files.test_import import ANN, BEN, CHILD, EITHER, EVE, HEAD, content
from tests.files.workbooks import written


@pytest.fixture
def file(tmp_path):
    def write(data: bytes):
        path = tmp_path / "cases.csv"
        path.write_bytes(data)
        return str(path)

    return write


def run(*arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output, and what is said of a failure."""
    out = StringIO()
    try:
        call_command("import_referrals", *arguments, "--program", "harbor", stdout=out)
    except CommandError as error:
        return error.returncode, out.getvalue(), str(error)
    return 0, out.getvalue(), ""


def in_json(*arguments: str) -> tuple[int, dict]:
    code, out, _ = run(*arguments, "--json")
    return code, json.loads(out)


def counts(cast) -> dict[str, int]:
    found = {}
    for name, track in cast.tracks.items():
        with in_track(track):
            found[name] = Referral.objects.count()
    return found


def test_rows_are_sorted_to_the_tracks(cast, file):
    path = file(content(ANN, EVE, BEN, EITHER + "services"))
    assert in_json(path, "--commit") == (
        0,
        {"rows": 4, "new": 4, "same": 0, "possible_duplicate": 0, "refused": []},
    )
    assert counts(cast) == {"education": 2, "services": 2, "elsewhere": 0}


def test_without_commit_nothing_is_written(cast, file):
    code, answer = in_json(file(content(ANN, EVE)))
    assert (code, answer["new"], counts(cast)) == (0, 2, {"education": 0, "services": 0, "elsewhere": 0})


def test_check_is_on_record_in_every_track_that_was_asked(cast, file):
    run(file(content(ANN, EVE)))
    for track in (cast.education, cast.services):
        with in_track(track):
            assert Event.objects.get(action="referrals.checked").detail["new"] == 1


def test_twice_adds_nothing(cast, file):
    path = file(content(ANN, EVE))
    in_json(path, "--commit")
    assert in_json(path, "--commit")[1] == {"rows": 2, "new": 0, "same": 2, "possible_duplicate": 0, "refused": []}
    assert counts(cast) == {"education": 1, "services": 1, "elsewhere": 0}


def test_refused_rows_end_with_one_and_the_good_ones_are_in(cast, file):
    code, answer = in_json(file(content(ANN, EITHER, CHILD, "x")), "--commit")
    assert code == 1
    assert (answer["rows"], answer["new"]) == (4, 2)
    assert [(refusal["row"], refusal["column"]) for refusal in answer["refused"]] == [(3, "charge"), (5, "")]
    assert set(answer["refused"][0]) == {"row", "column", "problem"}
    assert counts(cast)["education"] == 2


def test_one_track_refuses_rows_of_the_other(cast, file):
    code, answer = in_json(file(content(ANN, EVE)), "--track", "services", "--commit")
    assert (code, answer["new"]) == (1, 1)
    assert answer["refused"] == [{"row": 2, "column": "charge", "problem": NOT_HERE}]
    assert counts(cast) == {"education": 0, "services": 1, "elsewhere": 0}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"x" * (LARGEST + 1), "larger than 10 MB"),
        (b"name\nAnn", "Columns are missing"),
    ],
)
def test_bad_file_is_refused_with_one_sentence(cast, file, data, words):
    code, answer = in_json(file(data), "--commit")
    assert (code, answer["new"], len(answer["refused"])) == (1, 0, 1)
    assert words in answer["refused"][0]["problem"]
    assert counts(cast) == {"education": 0, "services": 0, "elsewhere": 0}


def test_answer_in_words(cast, file):
    code, out, said = run(file(content(ANN, EITHER)))
    assert code == 1
    assert out.splitlines()[0] == "2 rows: 1 new, 0 already here, 0 of the new ones perhaps here twice."
    assert out.splitlines()[1].startswith("Row 3, charge: ")
    assert said == "A row was refused."


def test_wrong_usage_ends_with_two(cast, file, tmp_path):
    path = file(content(ANN))
    assert run(str(tmp_path / "absent.csv"), "--json")[:2] == (2, "")
    assert run(str(tmp_path), "--json")[:2] == (2, "")
    with pytest.raises(CommandError) as refusal:
        call_command("import_referrals", path, "--program", "nowhere", "--json", stdout=StringIO())
    assert refusal.value.returncode == 2
    with pytest.raises(CommandError):
        call_command("import_referrals", path, "--program", "harbor", "--track", "third")
    assert counts(cast)["education"] == 0


def test_spreadsheet_is_read_and_each_track_has_its_batch(cast, tmp_path):
    path = tmp_path / "cases.xlsx"
    path.write_bytes(written(HEAD.split(","), *(line.split(",") for line in (ANN, BEN, EVE))))
    assert in_json(str(path), "--commit", "--sender", "The Sheriff") == (
        0,
        {"rows": 3, "new": 3, "same": 0, "possible_duplicate": 0, "refused": []},
    )
    for track, rows in ((cast.education, 2), (cast.services, 1)):
        with in_track(track):
            batch = Batch.objects.get()
            assert (batch.sender, batch.rows, batch.new, batch.received_by) == ("The Sheriff", rows, rows, None)


def test_sender_stands_for_a_source_that_the_file_does_not_name(cast, file):
    head, row = HEAD.replace(",source", ""), ANN.replace(",Court", "")
    path = file(f"{head}\n{row}".encode())
    assert in_json(path, "--commit")[1]["refused"][0]["column"] == "source"
    assert in_json(path, "--commit", "--sender", "The Sheriff")[1]["new"] == 1
    with in_track(cast.education):
        assert Referral.objects.get().source == "The Sheriff"


def test_columns_that_were_named_on_the_page_are_known_to_the_command(cast, file):
    ColumnMapping.objects.create(program=cast.harbor, sender="the sheriff", columns={"subject": "name"})
    path = file(content(ANN).replace(b"name,", b"Subject,", 1))
    assert in_json(path)[1]["new"] == 0
    assert in_json(path, "--sender", "The Sheriff")[1]["new"] == 1
