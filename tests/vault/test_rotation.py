"""A change of keys: everything opens afterwards, nothing is left of the key before, and nobody is lost meanwhile."""

import datetime
import secrets
from uuid import UUID

import pytest

from participants.audit.models import Event
from participants.duplicates.actions import merge_referrals, undo_comparison
from participants.enrollment.queries import find
from participants.errors import ProgramError
from participants.models import Participant, Referral
from participants.people.actions import change_participant
from participants.referrals.actions import AlreadyReceived
from participants.tracks.models import TrackRecord
from participants.tracks.scope import in_track
from participants.vault import holders, keyfiles, keyring, rotation
from participants.vault.fields import BrokenSeal, Sealed
from participants.vault.keyring import KeyMissing
from tests.builders import RECEIVED, make_ended, make_enrollment, make_referral, staff
from tests.vault.turning import NAMES, begin, clear, half_way, held, keys_of_cases, lying, opened, rotate

TODAY = RECEIVED + datetime.timedelta(days=3)


@pytest.fixture
def track(cast):
    """Education with people in every state, and one of them in the other track too."""
    for number, name in enumerate(NAMES):
        make_referral(cast, cast.education, name=name, case_number=f"R-{number}", phone=f"305-555-010{number}")
        make_enrollment(cast, cast.education, name=f"{name} Placed", case_number=f"P-{number}")
    make_ended(cast, cast.education)
    make_enrollment(cast, cast.services, name=NAMES[0], case_number="R-0")
    return cast.education


def found(track, text) -> list:
    with in_track(track):
        findings = find(text)
        return [(row.pk, row.found_by) for row in (*findings.participants, *findings.referrals)]


def test_everything_opens_and_nothing_is_left_of_the_keys_before(cast, track):
    before, plain, said = lying(track), opened(track), clear(track)
    former = {purpose: keyring.key_ids(track.pk, purpose) for purpose in keyring.OF_TRACK}
    hashed = set(keys_of_cases(track))
    turns = rotate(track, by=cast.education_administrator)
    assert opened(track) == plain
    assert len(plain) > 60
    assert clear(track) == said  # no version, no date moved
    after = lying(track)
    assert after.keys() == before.keys()
    assert not set(after.values()) & set(before.values())
    assert not set(keys_of_cases(track)) & hashed
    for purpose in ("seal", "search"):
        (new,) = keyring.key_ids(track.pk, purpose)
        assert [new] != former[purpose]
        assert turns[purpose].destroyed
        assert (turns[purpose].left, turns[purpose].told) == (0, [])
        assert held(track, purpose)[""] == 0
    assert turns["seal"].written == len(before)
    assert keyring.key_ids(track.pk, "audit")[1:] == former["audit"]  # stays, to verify what it sealed


def test_other_track_is_not_touched(cast, track):
    before = lying(cast.services), keys_of_cases(cast.services), keyring.key_file(cast.services.pk).read_bytes()
    rotate(track)
    assert (
        lying(cast.services),
        keys_of_cases(cast.services),
        keyring.key_file(cast.services.pk).read_bytes(),
    ) == before


def test_it_is_on_record_with_keys_and_numbers_only(cast, track):
    (former,) = keyring.key_ids(track.pk, "seal")
    rotate(track, by=cast.education_administrator, purposes=["seal"])
    with in_track(track):
        begun, ended = (Event.objects.get(action=action) for action in ("keys.rotation_begun", "keys.rotated"))
    assert begun.detail == {"purposes": ["seal"], "former": {"seal": [former]}}
    assert ended.actor_id == begun.actor_id == cast.education_administrator.pk
    (turn,) = ended.detail["purposes"].values()
    assert turn == {
        "primary": keyring.key_ids(track.pk, "seal")[0],
        "former": [former],
        "written": len(lying(track)),
        "left": 0,
        "destroyed": True,
    }


TEXTS = ("jose", "hernandes", "birch ana", "R-2", "P-1", "305-555-0103", "5550101", "nobody", "desir placed")


def test_search_finds_the_same_before_during_and_after(track, django_assert_num_queries):
    before = {text: found(track, text) for text in TEXTS}
    assert all(before[text] for text in TEXTS if text != "nobody")
    half_way(track)
    stale = held(track, "search")
    assert all(stale[key_id] for key_id in keyring.key_ids(track.pk, "search"))  # really half way
    assert {text: found(track, text) for text in TEXTS} == before
    with in_track(track), django_assert_num_queries(4):
        find("jose")
    rotate(track)
    assert len(keyring.key_ids(track.pk, "search")) == 1
    assert {text: found(track, text) for text in TEXTS} == before


def test_what_is_written_during_a_change_is_found_and_opens(cast, track):
    half_way(track)
    stay = make_enrollment(cast, track, name="Newly Placed", case_number="N-1", phone="305-555-0199")
    assert [pk for pk, _ in found(track, "555-0199")] == [stay.participant_id]
    rotate(track)
    assert [pk for pk, _ in found(track, "newly")] == [stay.participant_id]


@pytest.mark.parametrize("when", ["before", "begun", "half", "after"])
def test_same_case_again_is_recognised(cast, track, when):
    with in_track(track):
        known = [
            {name: getattr(row, name) for name in ("case_number", "name", "date_of_birth", "charge", "offense_on")}
            for row in Referral.objects.filter(enrollment__isnull=True)
        ]
    {"before": lambda _: None, "begun": begin, "half": half_way, "after": rotate}[when](track)
    for values in known:
        with pytest.raises(AlreadyReceived):
            make_referral(cast, track, **values)
    with in_track(track):
        assert Referral.objects.filter(enrollment__isnull=True).count() == len(known)


@pytest.mark.parametrize("take", [(), ("name", "case_number")])
def test_cases_made_one_are_known_under_both_contents_and_can_be_parted(cast, track, take):
    clerk = staff(cast, track, "intake_clerk")
    contents = [{"name": "Ora Pine", "case_number": "M-1"}, {"name": "Ora Pyne", "case_number": "M-2"}]
    one, two = (make_referral(cast, track, **values) for values in contents)
    with in_track(track, by=clerk, write=True):
        comparison = merge_referrals(
            kept=one, absorbed=two, versions=(one.version, two.version), take=take, today=TODAY, by=clerk
        )
    assert rotate(track)["search"].told == []
    for values in contents:
        with pytest.raises(AlreadyReceived):
            make_referral(cast, track, **values)
    with in_track(track, by=clerk, write=True):
        undo_comparison(comparison=comparison, today=TODAY, by=clerk)
        assert [Referral.objects.get(pk=row.pk).name for row in (one, two)] == ["Ora Pine", "Ora Pyne"]
    rotate(track)
    for values in contents:
        with pytest.raises(AlreadyReceived):
            make_referral(cast, track, **values)


def test_case_received_twice_in_the_very_moment_stands_twice(cast, track):
    """One process wrote with the key before, the other with the new one, and neither saw the other's."""
    one = make_referral(cast, track, name="Ora Pine", case_number="M-1")
    with in_track(track, write=True):
        Referral.objects.filter(pk=one.pk).update(fingerprint=secrets.token_bytes(20))
    begin(track)
    two = make_referral(cast, track, name="Ora Pine", case_number="M-1")
    with in_track(track, write=True):
        Referral.objects.filter(pk=one.pk).update(fingerprint=one.fingerprint)
    turn = rotate(track)["search"]
    assert turn.destroyed
    with in_track(track):
        assert Referral.objects.get(pk=two.pk).fingerprint == two.fingerprint
        assert Referral.objects.get(pk=one.pk).fingerprint not in (one.fingerprint, two.fingerprint)


def test_run_again_after_a_stop_goes_on_with_the_same_key(track):
    half_way(track)
    begun = {purpose: keyring.key_ids(track.pk, purpose) for purpose in ("seal", "search")}
    turns = rotate(track)
    for purpose, (primary, _) in begun.items():
        assert keyring.key_ids(track.pk, purpose) == [primary]
        assert not turns[purpose].added
    assert len(keyring.key_ids(track.pk, "audit")) == 1


def test_edit_between_reading_and_writing_is_not_overwritten(cast, track):
    begin(track)
    fields = next(fields for model, fields in holders.sealed_models() if model is Participant)
    rows = rotation._stale(track, Participant, fields, UUID(int=0), 100)
    with in_track(track, by=cast.education_caseworker, write=True):
        person = Participant.objects.get(pk=rows[0][0])
        change_participant(
            participant=person, version=person.version, phone="305-555-0777", by=cast.education_caseworker
        )
    written, told = rotation._reseal_rows(track, Participant, fields, rows)
    assert told == []
    assert written < sum(value is not None for row in rows for value in row[1:])
    with in_track(track):
        assert Participant.objects.get(pk=person.pk).phone == "305-555-0777"
    rotate(track)
    with in_track(track):
        assert Participant.objects.get(pk=person.pk).phone == "305-555-0777"


def test_row_read_before_and_saved_after_does_not_bring_the_key_back(track):
    with in_track(track, write=True):
        person = Participant.objects.first()
    rotate_begun = keyring.key_ids(track.pk, "seal")
    begin(track, "seal")
    with in_track(track, write=True):
        person.save()
    assert {keyring.sealing_key(value) for (_, pk, _), value in lying(track).items() if pk == person.pk} == {
        keyring.key_ids(track.pk, "seal")[0]
    }
    assert keyring.key_ids(track.pk, "seal")[1:] == rotate_begun


def test_row_read_before_and_saved_when_the_key_is_gone_fails_loudly(track):
    with in_track(track, write=True):
        person = Participant.objects.first()
    rotate(track)
    with in_track(track, write=True), pytest.raises(BrokenSeal, match="is not among the keys"):
        person.save()
    with in_track(track):
        assert Participant.objects.get(pk=person.pk).name


def test_value_still_belongs_to_its_row_and_column(track):
    rotate(track)
    with in_track(track, write=True):
        one, two = Participant.objects.order_by("pk")[:2]
        Participant.objects.filter(pk=two.pk).update(name=vars(one)["name"])
        with pytest.raises(BrokenSeal, match=r"does not open with key [0-9a-f]{8} .* altered or moved"):
            _ = Participant.objects.get(pk=two.pk).name


def test_damaged_value_is_named_and_keeps_the_key(track):
    with in_track(track, write=True):
        person = Participant.objects.first()
        sealed = bytearray(vars(person)["name"])
        sealed[-1] ^= 1
        Participant.objects.filter(pk=person.pk).update(name=Sealed(bytes(sealed)))
    former = keyring.key_ids(track.pk, "seal")
    turn = rotate(track, purposes=["seal"])["seal"]
    assert not turn.destroyed
    assert turn.left > 0
    assert keyring.key_ids(track.pk, "seal")[1:] == former
    assert [sentence for sentence in turn.told if str(person.pk) in sentence and former[0] in sentence]


def test_wrong_key_file_is_told_with_both_keys(cast, track):
    """The file of another installation: what is stored names a key that is not there."""
    (sealed_with,) = keyring.key_ids(track.pk, "seal")
    path = keyring.key_file(track.pk)
    path.unlink()
    keyring.create_keys(track.pk)
    (there,) = keyring.key_ids(track.pk, "seal")
    with in_track(track), pytest.raises(BrokenSeal, match=f"with key {sealed_with}, .*{there}"):
        _ = Participant.objects.first().name


@pytest.mark.parametrize("content", ["", "{", "[]", "{}"])
def test_damaged_key_file_is_told(track, content):
    keyring.key_file(track.pk).write_text(content)
    with in_track(track), pytest.raises(KeyMissing, match=str(track.pk)):
        _ = Participant.objects.first().name


def test_one_change_at_a_time(track):
    with keyfiles.changing(keyring.folder()), pytest.raises(ProgramError, match="changing keys at this moment"):
        rotate(track)
    assert len(keyring.key_ids(track.pk, "seal")) == 1


def test_replaced_file_is_whole_private_and_alone(track):
    path = keyring.key_file(track.pk)
    path.with_name(f".{path.name}.new").write_text("half a file that a power cut left")
    begin(track)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir() if "new" in entry.name] == []
    with in_track(track):
        assert Participant.objects.first().name


def test_no_wall_stands_before_a_sealed_column():
    """What can never be written again could never be sealed with another key."""
    for model, fields in holders.sealed_models():
        assert issubclass(model, TrackRecord)
        columns = {field.column for field in fields}
        assert not columns & {*model.fixed, *model.settled}
        assert not getattr(model, "append_only", False)


def test_every_keyed_hash_is_known_to_the_rotation(track):
    """Looked for in all that is stored: what begins with the id of the search key stands in a field that is known."""
    mark = bytes.fromhex(keyring.key_ids(track.pk, "search")[0])
    found = set()
    with in_track(track):
        for model in {model for model in TrackRecord.__subclasses__() if not model._meta.abstract}:
            fields = [f for f in model._meta.concrete_fields if f.get_internal_type() == "BinaryField"]
            for row in model.objects.order_by("pk").values_list(*(field.name for field in fields)) if fields else ():
                pairs = zip(fields, row, strict=True)
                found |= {(model, field.name) for field, value in pairs if value and bytes(value)[:4] == mark}
    assert found == {(model, name) for model, names in holders.HASHED.items() for name in names}
