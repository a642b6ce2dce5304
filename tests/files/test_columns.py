"""Which column is which: usual headings, what an uploader has said, and what is missing."""

import datetime

import pytest

from participants.files.headings import COLUMNS, FIELD_OF
from participants.files.sheet import Refusal, plain_heading, read

TODAY = datetime.date(2026, 4, 1)
HEAD = "name,date_of_birth,case_number,charge,offense_date,received_on,source"
ROW = "Ann Foxglen,1990-02-28,F26-1,796.07(2)(f),2026-03-01,2026-03-03,Court"


def sheet(*rows: str, head: str = HEAD, **said):
    return read("\n".join([head, *rows]).encode(), today=TODAY, **said)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Número_de-CASO:", "numero de caso"),
        ("  Date  of\nBirth ", "date of birth"),
        ("ＮＡＭＥ", "name"),
        ("Case #", "case"),
        ("!?", ""),
        ("Straße", "strasse"),
    ],
)
def test_plain_heading(text, plain):
    assert plain_heading(text) == plain
    assert plain_heading(plain) == plain


def test_every_usual_heading_is_plain_and_means_one_field():
    aliases = [alias for names in COLUMNS.values() for alias in names]
    assert [plain_heading(alias) for alias in aliases] == aliases
    assert len(FIELD_OF) == len(aliases)


def test_spanish_headings():
    head = "Nombre;Apellidos;Fecha de nacimiento;Número de caso;Cargo;Fecha del delito;Referido por"
    read_ = sheet("Ann;Foxglen;1990-02-28;F26-1;796.07(2)(f);2026-03-01;Court", head=head)
    assert (read_.refused, read_.unused) == ([], [])
    values = read_.rows[0].values
    assert (values["name"], values["case_number"], values["source"]) == ("Ann Foxglen", "F26-1", "Court")


def test_nombre_alone_is_the_whole_name():
    assert sheet(ROW, head=HEAD.replace("name", "Nombre", 1)).rows[0].values["name"] == "Ann Foxglen"


def test_missing_columns_are_named_and_told_by_field():
    read_ = sheet("Ann,Court", head="Name,Reference, ,Source")
    assert (read_.headings, read_.columns) == (
        ["Name", "Reference", "Source"],
        {"name": "Name", "source": "Source"},
    )
    assert (read_.missing, read_.unused) == (["case_number", "charge", "offense_on"], ["Reference"])
    sentence = "Columns are missing: case number, charge, offense date. The first row must hold the headings."
    assert (read_.rows, read_.refused) == ([], [Refusal(1, "case number", sentence)])


def test_what_the_uploader_says_wins():
    head = HEAD.replace("name", "Suspect", 1).replace("case_number", "Our Référence") + ",Name,Case"
    said = {"suspect": "name", "our reference": "case_number", "case": ""}
    read_ = sheet(f"{ROW},the clerk,9", head=head, columns=said)
    assert (read_.refused, read_.missing, read_.unused) == ([], [], ["Name", "Case"])
    values = read_.rows[0].values
    assert (values["name"], values["case_number"]) == ("Ann Foxglen", "F26-1")
    assert read_.column("case_number") == "Our Référence"


def test_column_that_is_not_to_be_used_is_left_aside():
    read_ = sheet(ROW, columns={"date of birth": ""})
    assert read_.rows[0].values["date_of_birth"] is None
    assert read_.unused == ["date_of_birth"]


def test_needed_column_that_is_not_to_be_used_is_missing():
    assert sheet(ROW, columns={"charge": ""}).missing == ["charge"]


def test_field_that_no_longer_exists_is_not_listened_to():
    assert sheet(ROW, columns={"charge": "offence_code"}).refused == []


@pytest.mark.parametrize("said", [{}, {"aka": "name", "name": "name"}])
def test_two_columns_of_the_same_meaning_are_refused(said):
    head = HEAD + (",AKA" if said else ",Full Name")
    (refusal,) = sheet(ROW + ",Annie", head=head, columns=said).refused
    assert (refusal.row, refusal.column) == (1, "AKA" if said else "Full Name")
    assert "mean the same" in refusal.problem


def test_source_stands_for_a_missing_column_and_an_empty_cell():
    without = sheet(ROW.removesuffix(",Court"), head=HEAD.removesuffix(",source"), source="Harbor Police")
    empty = sheet(ROW.replace("Court", ""), source="Harbor Police")
    named = sheet(ROW, source="Harbor Police")
    assert [read_.rows[0].values["source"] for read_ in (without, empty, named)] == [
        "Harbor Police",
        "Harbor Police",
        "Court",
    ]
    assert sheet(ROW.removesuffix(",Court"), head=HEAD.removesuffix(",source")).missing == ["source"]


def test_original_cells_of_every_row_are_kept_for_who_gives_them_back():
    read_ = sheet(ROW, "Ann, x", ROW.replace("Ann", " Ben").replace("2026-03-01", "soon"))
    assert read_.header == HEAD.split(",")
    assert read_.cells == {
        2: ROW.split(","),
        3: ["Ann", " x"],
        4: ROW.replace("Ann", " Ben").replace("2026-03-01", "soon").split(","),
    }
