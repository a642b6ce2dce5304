"""Sealed fields: encrypted where the row is saved, decrypted where the value is asked for.

The associated data are table, column, track and row, so a value can be moved neither between rows nor tracks.
A decryption is a reading: the row goes on the list of what the page showed.
"""

import datetime
import json
from uuid import UUID

from django import forms
from django.core import validators
from django.core.exceptions import FieldError
from django.db import models
from django.db.models.lookups import Lookup
from django.db.models.query_utils import DeferredAttribute
from tink import TinkError

from participants.tracks.scope import OtherTrack, RestrictedRecord, Subject, active_scope
from participants.vault import keyring

# Values are filled up to a multiple of so many bytes, so that their length says little about them.
STEP = 64


def fill(data: bytes) -> bytes:
    """Data, a mark and zeros up to the next step (ISO/IEC 7816-4 padding)."""
    return data + b"\x80" + b"\0" * (-(len(data) + 1) % STEP)


def unfill(data: bytes) -> bytes:
    return data.rstrip(b"\0")[:-1]


class Sealed(bytes):
    """A value as it lies in the database."""

    def __repr__(self):
        return "<sealed>"

    __str__ = __repr__


class BrokenSeal(RuntimeError):
    """A stored value does not open: it was altered or moved, or the key is not the one that sealed it. The message
    names the key that the value says sealed it, and the keys there are."""


class SealedWith(Lookup):
    """`name__sealed_with=[marks]`: which key sealed a value, by its first bytes. The values stay where they are."""

    lookup_name = "sealed_with"

    def get_prep_lookup(self):
        return self.rhs

    def as_sql(self, compiler, connection):
        column, params = self.process_lhs(compiler, connection)
        marks = [connection.Database.Binary(mark) for mark in self.rhs]
        places = ", ".join(["%s"] * len(marks))
        return f"SUBSTR({column}, 1, {keyring.PREFIX}) IN ({places})", [*params, *marks]


class Stored(Lookup):
    """`name__stored=sealed`: the bytes as they lie in the database, so that a change in between is noticed."""

    lookup_name = "stored"

    def get_prep_lookup(self):
        return self.rhs

    def as_sql(self, compiler, connection):
        column, params = self.process_lhs(compiler, connection)
        return f"{column} = %s", [*params, connection.Database.Binary(bytes(self.rhs))]


OWN_LOOKUPS = {lookup.lookup_name: lookup for lookup in (SealedWith, Stored)}


def subjects_of(instance) -> set[Subject]:
    """The records that a row belongs to: its own subject, and the case or the person that it points to."""
    found = {instance.audit_subject}
    for kind in ("referral", "participant"):
        if (pk := getattr(instance, f"{kind}_id", None)) is not None:
            found.add((kind, pk))
    return found


def why_broken(track_id: UUID | None, sealed: bytes) -> str:
    """Why a value does not open, with the id of the key that it names and of those there are."""
    whose = "the installation" if track_id is None else f"track {track_id}"
    known = keyring.key_ids(track_id, "seal")
    named = keyring.sealing_key(sealed)
    if not named:
        return f"does not open: it names no key, so it was altered. Keys of {whose}: {', '.join(known)}."
    if named not in known:
        return f"was sealed with key {named}, which is not among the keys of {whose}: {', '.join(known)}."
    return f"does not open with key {named} of {whose}, which it names: it was altered or moved."


def _always(scope) -> bool:
    """For a row that has no `opens_in` of its own: who may open its record may open its values."""
    return True


class SealedAttribute(DeferredAttribute):
    """Opens the value on first use and keeps it on the instance."""

    def __get__(self, instance, cls=None):
        value = super().__get__(instance, cls)
        if isinstance(value, Sealed):
            value = self.field.open(instance, value)
            instance.__dict__[self.field.attname] = value
        return value

    def __set__(self, instance, value):
        # With a setter this is a data descriptor, so the sealed value in `__dict__` is never handed out.
        instance.__dict__[self.field.attname] = value


class SealedField(models.BinaryField):
    """Base of the sealed fields. Cannot be filtered, ordered or updated in bulk; what the value is cannot be asked."""

    descriptor_class = SealedAttribute
    empty_values = list(validators.EMPTY_VALUES)

    def __init__(self, *args, **kwargs):
        kwargs["editable"] = kwargs.get("editable", True)
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("editable", None)
        return name, path, args, kwargs

    # Between plain value and bytes; the kinds of field differ here only.
    def encode(self, value) -> bytes:
        raise NotImplementedError

    def decode(self, data: bytes):
        raise NotImplementedError

    def _place(self, track_id: UUID, pk: UUID) -> bytes:
        return f"{self.model._meta.db_table}|{self.column}|{track_id}|{pk}".encode()

    def open(self, instance, sealed: Sealed):
        scope = active_scope()
        if instance.track_id != scope.track.pk:
            raise OtherTrack("A record of another track cannot be opened here.")
        if scope.hidden and not scope.hidden.isdisjoint(subjects_of(instance)):
            raise RestrictedRecord("This file is restricted.")
        if not getattr(instance, "opens_in", _always)(scope):
            raise RestrictedRecord("This record is privileged.")
        data = self._decrypt(instance.track_id, instance.pk, sealed)
        scope.read.add(instance.audit_subject)
        return self.decode(unfill(data))

    def _decrypt(self, track_id: UUID, pk: UUID, sealed: Sealed) -> bytes:
        try:
            return keyring.sealer(track_id).decrypt(bytes(sealed), self._place(track_id, pk))
        except TinkError as error:
            what = f"{self.model._meta.label}.{self.name} of {pk}"
            raise BrokenSeal(f"{what} {why_broken(track_id, sealed)}") from error

    def seal(self, instance, value) -> Sealed | None:
        if value is None:
            return None
        if isinstance(value, Sealed):
            # Read before the key changed and saved after it: the key before may be gone soon.
            return self.renewed(instance.track_id, instance.pk, value)
        place = self._place(instance.track_id, instance.pk)
        return Sealed(keyring.sealer(instance.track_id).encrypt(fill(self.encode(value)), place))

    def renewed(self, track_id: UUID, pk: UUID, sealed: Sealed) -> Sealed:
        """A stored value under the primary key; the same one where that sealed it. Nobody has read it."""
        keys = keyring.keys_of(track_id)
        if sealed[: keyring.PREFIX] == keys.seal_mark:
            return sealed
        data = self._decrypt(track_id, pk, sealed)
        return Sealed(keys.sealer.encrypt(data, self._place(track_id, pk)))

    def pre_save(self, model_instance, add):
        return self.seal(model_instance, model_instance.__dict__.get(self.attname))

    def from_db_value(self, value, expression, connection):
        return None if value is None else Sealed(value)

    def get_db_prep_value(self, value, connection, prepared=False):
        if value is not None and not isinstance(value, Sealed):
            raise FieldError(f"{self.name} is sealed: save the row, an update in bulk cannot seal it.")
        return super().get_db_prep_value(None if value is None else bytes(value), connection, prepared)

    def get_lookup(self, lookup_name):
        if lookup_name in OWN_LOOKUPS:
            return OWN_LOOKUPS[lookup_name]
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is sealed and cannot be searched; use the search tokens.")
        return super().get_lookup(lookup_name)

    def get_transform(self, lookup_name):
        raise FieldError(f"{self.name} is sealed and cannot be searched; use the search tokens.")

    def to_python(self, value):
        return value

    def value_to_string(self, obj):
        return "<sealed>"

    def value_from_object(self, obj):
        return getattr(obj, self.attname)


class SealedTextField(SealedField):
    """Text. `max_length` bounds the plain text in characters and is checked by forms and `full_clean`."""

    def __init__(self, *args, multiline: bool = False, **kwargs):
        self.multiline = multiline
        super().__init__(*args, **kwargs)

    def get_default(self) -> str:
        # An empty text is sealed too, so that a stolen file does not show who has a note.
        return ""

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        if self.multiline:
            kwargs["multiline"] = True
        return name, path, args, kwargs

    def encode(self, value) -> bytes:
        return str(value).encode()

    def decode(self, data: bytes) -> str:
        return data.decode()

    def formfield(self, **kwargs):
        defaults = {
            "label": self.verbose_name.capitalize(),
            "required": not self.blank,
            "help_text": self.help_text,
            "max_length": self.max_length,
            "widget": forms.Textarea(attrs={"rows": 3}) if self.multiline else forms.TextInput,
        }
        return forms.CharField(**{**defaults, **kwargs})


class SealedDateField(SealedField):
    """A plain date, sealed as ISO text."""

    def encode(self, value) -> bytes:
        return value.isoformat().encode()

    def decode(self, data: bytes) -> datetime.date:
        return datetime.date.fromisoformat(data.decode())

    def formfield(self, **kwargs):
        defaults = {
            "label": self.verbose_name.capitalize(),
            "required": not self.blank,
            "help_text": self.help_text,
        }
        return forms.DateField(**{**defaults, **kwargs})


class SealedBytesField(SealedField):
    """Bytes as they are: a file. Defer it in lists; opening it is a reading like any other."""

    def encode(self, value) -> bytes:
        return bytes(value)

    def decode(self, data: bytes) -> bytes:
        return data


class SealedJSONField(SealedField):
    """Plain lists and dictionaries, sealed as JSON."""

    def encode(self, value) -> bytes:
        return json.dumps(value, ensure_ascii=False, sort_keys=True).encode()

    def decode(self, data: bytes):
        return json.loads(data)
