"""What the keys hold: found by looking at the models, counted by the key that each value names in its first bytes.

Everything here is asked inside a track, except what begins with `outside`.
"""

import base64
from collections import Counter
from collections.abc import Iterator

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db.models import Q

from participants.people.models import SearchToken
from participants.referrals.models import Referral
from participants.seals.models import Seal
from participants.staff.second_factor import SECRETS
from participants.tracks.models import TrackRecord
from participants.vault import keyring
from participants.vault.fields import SealedField

# Fields that hold a token or another hash made with the search key (see participants/referrals/case.py).
HASHED = {SearchToken: ("token",), Referral: ("fingerprint", "case_key", "person_key")}


def sealed_models() -> Iterator[tuple[type[TrackRecord], list[SealedField]]]:
    """Every model with sealed fields, and those fields."""
    for model in apps.get_app_config("participants").get_models():
        fields = [field for field in model._meta.local_concrete_fields if isinstance(field, SealedField)]
        if fields:
            yield model, fields


def mark(key_id: str) -> bytes:
    """How a value begins that the key with these hexadecimal digits has sealed."""
    return keyring.MARK + bytes.fromhex(key_id)


def sealed_with_others(fields: list[SealedField], primary: str) -> Q:
    """Rows of which some value is not sealed with the primary key."""
    found = Q()
    for field in fields:
        found |= Q(**{f"{field.name}__isnull": False}) & ~Q(**{f"{field.name}__sealed_with": [mark(primary)]})
    return found


def begins(field: str, start: bytes) -> Q:
    """Rows whose bytes in a field begin so; by its index where there is one."""
    return Q(**{f"{field}__gte": start, f"{field}__lte": start + b"\xff" * 32})


def hashed_with(model: type[TrackRecord], ids: list[str]) -> Q:
    """Rows of which some hash was made with one of these search keys."""
    found = Q(pk__in=[])
    for field in HASHED[model]:
        for key_id in ids:
            found |= begins(field, bytes.fromhex(key_id))
    return found


def values_by_key(ids: list[str]) -> tuple[Counter[str], int]:
    """How many sealed values of the track each of these keys has sealed, and how many none of them."""
    held, total = Counter(dict.fromkeys(ids, 0)), 0
    for model, fields in sealed_models():
        for field in fields:
            rows = model.objects.order_by()
            total += rows.filter(**{f"{field.name}__isnull": False}).count()
            for key_id in ids:
                held[key_id] += rows.filter(**{f"{field.name}__sealed_with": [mark(key_id)]}).count()
    return held, total - held.total()


def hashes_by_key(ids: list[str]) -> tuple[Counter[str], int]:
    """How many search tokens and hashes of the track each of these keys has made, and how many tokens none of them.

    A hash that no key has made is drawn: it stands in a case that was erased.
    """
    held = Counter(dict.fromkeys(ids, 0))
    for model, fields in HASHED.items():
        for field in fields:
            for key_id in ids:
                held[key_id] += model.objects.order_by().filter(begins(field, bytes.fromhex(key_id))).count()
    ours = SearchToken.objects.order_by().filter(hashed_with(SearchToken, ids)).count()
    return held, SearchToken.objects.order_by().count() - ours


def seals_by_key(ids: list[str]) -> tuple[Counter[str], int]:
    """How many seals over the audit trail each of these keys has made, and how many none of them. Inside a track of
    its trail, outside of the trail that belongs to none."""
    held = Counter({key_id: Seal.objects.order_by().filter(begins("mac", mark(key_id))).count() for key_id in ids})
    return held, Seal.objects.order_by().count() - held.total()


COUNTED = {"seal": values_by_key, "search": hashes_by_key, "audit": seals_by_key}


def outside_values_by_key(ids: list[str]) -> tuple[Counter[str], int]:
    """The same as `values_by_key` for what is sealed with the key of the installation: secrets of second factors."""
    held, unknown = Counter(dict.fromkeys(ids, 0)), 0
    rows = Authenticator.objects.filter(type__in=list(SECRETS)).order_by("pk")
    for kind, data in rows.values_list("type", "data").iterator(chunk_size=500):
        key_id = keyring.sealing_key(base64.b64decode(data[SECRETS[kind]]))
        if key_id in held:
            held[key_id] += 1
        else:
            unknown += 1
    return held, unknown


OUTSIDE_COUNTED = {"seal": outside_values_by_key, "audit": seals_by_key}
