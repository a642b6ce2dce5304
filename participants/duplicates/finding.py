"""Records that may be the same person or case: found through the blind index, opened, scored, shown to a person.

What is opened here to be scored has been read, and stands in the page's event, whether or not it is shown.
"""

import datetime
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID

from django.db.models import Count, Q, Value

from participants.duplicates import rules as matching
from participants.duplicates.models import Comparison
from participants.duplicates.rules import Likeness, SameAs
from participants.people.models import Participant, SearchToken
from participants.people.restrictions import readable
from participants.referrals.case import known_of, prepare
from participants.referrals.models import Referral
from participants.referrals.queries import same_case
from participants.referrals.rules import NAMELESS, Status
from participants.tracks.scope import active_track_id
from participants.vault import tokens
from participants.vault.tokens import Known

# How many values one statement asks for.
CHUNK = 400
# What more records share than this tells nobody apart: the commonest names, a date that stands for "not known".
COMMON = 200
# How many candidates of one record are opened, and how many matches shown, at most.
MOST_OPENED, MOST_SHOWN = 40, 10
# The likeliest candidates are opened first.
WEIGHT = {tokens.CASE: 8, tokens.BORN: 4, tokens.PHONE: 4, tokens.PAIR: 4, tokens.UNBORN: 1, tokens.SOUND: 1}
# A merged case is found by the one that it is part of; a child's is shown on no other page, and compared with none.
NOT_COMPARED = (Status.MERGED, *NAMELESS)
KINDS = {SearchToken.Kind.REFERRAL: Referral, SearchToken.Kind.PARTICIPANT: Participant}


@dataclass(frozen=True)
class Match:
    """A stored referral that looks like another record, how much, and why."""

    referral: Referral
    score: int
    reasons: tuple[str, ...]


def possible_duplicates(referral: Referral) -> list[Match]:
    """Stored referrals that look like this one, the likeliest first, without those that somebody has compared with
    it. The referral may be stored, or prepared and not saved yet. A fixed number of statements."""
    if referral.status in NOT_COMPARED:
        return []
    rows: dict[UUID, Referral] = {}
    found = alike({referral.pk: known_of(referral)}, kind=SearchToken.Kind.REFERRAL, read=_reader(rows))[referral.pk]
    decided = {other for _, other in _decided(referral)}
    matches = [Match(rows[pk], like.score, like.reasons) for pk, like in found if pk not in decided]
    return matches[:MOST_SHOWN]


def looks_like(*, row_id: UUID, today: datetime.date, **values) -> tuple[Referral, list[Match]]:
    """A case that somebody has typed, as it would be stored, and the stored ones that it looks like.

    What is here already with exactly this content, or was stored from this form, looks like nobody: whoever
    receives it is told so. Raises ValuesRefused.
    """
    values.pop("operation", None)
    referral = prepare(today=today, **values)
    referral.pk = row_id
    if same_case(referral) or Referral.objects.filter(pk=row_id).exists():
        return referral, []
    return referral, possible_duplicates(referral)


@dataclass(frozen=True)
class Decided:
    """What somebody has decided about a case and another one, which `other` is where the actor may open it."""

    comparison: Comparison
    other: Referral


def decided_about(referral: Referral) -> list[Decided]:
    """The standing decisions about a case, as far as the actor may open the other one; the latest first."""
    rows = Comparison.objects.filter(Q(referral=referral) | Q(other=referral), undone_on__isnull=True)
    rows = list(rows.select_related("decided_by").order_by("-decided_on", "-id"))
    ids = {pk for row in rows for pk in (row.referral_id, row.other_id)} - {referral.pk}
    found = Referral.objects.filter(pk__in=ids).exclude(status__in=NAMELESS)
    found = readable(found, referral="pk", participant="enrollment__participant_id")
    others = {row.pk: row for row in found} if ids else {}
    pairs = ((row, row.other_id if row.referral_id == referral.pk else row.referral_id) for row in rows)
    return [Decided(row, others[pk]) for row, pk in pairs if pk in others]


def possible_duplicates_of(prepared: Sequence[Referral]) -> dict[UUID, list[tuple[UUID, int]]]:
    """For each referral of a file that is not stored yet: ids and scores of the stored ones that it looks like, and
    of those above it in the file. A fixed number of statements for each few hundred rows.

    Keys are the ids of the prepared referrals; who looks like nobody, and who is stopped, has an empty list.
    """
    sought = {referral.pk: known_of(referral) for referral in prepared if referral.status not in NOT_COMPARED}
    found = alike(sought, kind=SearchToken.Kind.REFERRAL, read=_reader({}), among=True)
    return {row.pk: [(other, like.score) for other, like in found.get(row.pk, ())] for row in prepared}


def likeness(one: Referral, other: Referral) -> Likeness:
    """How much two stored cases look alike, as the pages say it: with how rare the name is here."""
    found = alike({one.pk: known_of(one)}, kind=SearchToken.Kind.REFERRAL, read=_reader({}))[one.pk]
    return dict(found).get(other.pk) or matching.compare(known_of(one), known_of(other))


def same_person(referral: Referral) -> list[Referral]:
    """Other cases of which somebody has decided that they are this person's, as far as the actor may open them."""
    linked = [other for decision, other in _decided(referral) if decision == SameAs.SAME_PERSON]
    rows = readable(Referral.objects.filter(pk__in=linked), referral="pk", participant="enrollment__participant_id")
    return list(rows.exclude(status__in=NOT_COMPARED).order_by("-received_on", "-id"))


def _decided(referral: Referral) -> Iterator[tuple[str, UUID]]:
    """The standing decisions about a referral: what was decided, about which other one. One statement."""
    pk = referral.pk
    rows = Comparison.objects.filter(Q(referral=pk) | Q(other=pk), undone_on__isnull=True).order_by()
    for decision, one, other in rows.values_list("decision", "referral_id", "other_id"):
        yield decision, other if one == pk else one


Reader = Callable[[Iterable[UUID]], Mapping[UUID, Known]]


def _reader(rows: dict[UUID, Referral]) -> Reader:
    """Opens referrals, as far as the actor may, and keeps their rows."""

    def read(ids: Iterable[UUID]) -> dict[UUID, Known]:
        for chunk in _chunks(ids):
            found = Referral.objects.filter(pk__in=chunk).exclude(status__in=NOT_COMPARED).order_by()
            found = readable(found, referral="pk", participant="enrollment__participant_id")
            rows.update((row.pk, row) for row in found)
        return {pk: known_of(row) for pk, row in rows.items()}

    return read


@dataclass
class _Index:
    """Who stands under each token, and how many; whom too many share a token with is not named under it."""

    records: int = 0
    counts: Counter[bytes] = field(default_factory=Counter)
    under: dict[bytes, set[UUID]] = field(default_factory=lambda: defaultdict(set))

    def add(self, token: bytes, pk: UUID) -> None:
        self.counts[token] += 1
        self.under[token].add(pk)

    def sharing(self, token: bytes) -> set[UUID]:
        return set() if self.counts[token] > COMMON else self.under.get(token, set())

    def candidates(self, sought: Mapping[bytes, str], own: UUID) -> dict[UUID, int]:
        """Who shares a token, with the weight of all that they share."""
        weights: dict[UUID, int] = defaultdict(int)
        for token, kind in sought.items():
            for pk in self.sharing(token):
                weights[pk] += WEIGHT[kind]
        weights.pop(own, None)
        return weights

    def chance(self, sounds: Iterable[bytes], *, counted: bool) -> float:
        """How many others could have a name with these sounds by chance; `counted`: the record itself is among all."""
        return matching.chance_of((self.counts[token] - counted for token in sounds), self.records - counted)


def alike(
    sought: Mapping[UUID, Known], *, kind: str, read: Reader, among: bool = False
) -> dict[UUID, list[tuple[UUID, Likeness]]]:
    """For each record sought the stored ones of a kind that a person should look at, the likeliest first.

    `read` opens candidates by their ids, and leaves out whom the actor may not open. With `among` the records are
    compared with each other too, each with those before it.
    """
    track_id = active_track_id()
    wanted = {pk: tokens.sought_tokens(track_id, known) for pk, known in sought.items()}
    sounds = {pk: tokens.name_sound_tokens(track_id, known) for pk, known in sought.items()}
    index = _stored(
        {token for mine in wanted.values() for token in mine},
        {token for few in sounds.values() for token in few},
        kind,
        {old: new for known in sought.values() for old, new in tokens.former_tokens(track_id, known).items()},
    )
    place = {}
    if among:
        place = {pk: number for number, pk in enumerate(sought)}
        index.records += len(place)
        for pk, known in sought.items():
            for token in tokens.likeness_tokens(track_id, known):
                index.add(token, pk)
    chosen, counted = {}, {}
    for pk, mine in wanted.items():
        counted[pk] = among or any(pk in index.sharing(token) for token in mine)
        weights = index.candidates(mine, pk)
        ahead = [other for other in weights if place.get(other, -1) < place.get(pk, 0)]
        chosen[pk] = sorted(ahead, key=lambda other: (-weights[other], -other.int))[:MOST_OPENED]
    others = dict(read({other for few in chosen.values() for other in few} - set(place)))
    if among:
        others.update(sought)
    return {
        pk: _judged(known, {other: others[other] for other in chosen[pk] if other in others},
                    chance=index.chance(sounds[pk], counted=counted[pk]))
        for pk, known in sought.items()
    }  # fmt: skip


def _judged(known: Known, candidates: Mapping[UUID, Known], *, chance: float) -> list[tuple[UUID, Likeness]]:
    likes = [(pk, matching.compare(known, other, chance=chance)) for pk, other in candidates.items()]
    return sorted((found for found in likes if found[1].asks), key=lambda found: -found[1].score)


def _stored(wanted: set[bytes], sounds: set[bytes], kind: str, former: Mapping[bytes, bytes]) -> _Index:
    """The stored records under each token that is wanted, and how many have each sound. One statement, and two for
    each few hundred tokens. `former` are tokens of keys before today's, each with the one that it stands for."""
    index = _Index(records=KINDS[kind].objects.count())
    rows = SearchToken.objects.filter(kind=kind).order_by()
    olds = defaultdict(list)
    for old, token in former.items():
        olds[token].append(old)
    for chunk in _chunks(wanted | sounds):
        asked = [*chunk, *(old for token in chunk for old in olds[token])] if former else chunk
        counted = Counter()
        for found, number in rows.filter(token__in=asked).values_list("token").annotate(number=Count(Value(1))):
            counted[former.get(bytes(found), bytes(found))] += number
        index.counts.update(counted)
        few = [token for token, number in counted.items() if number <= COMMON and token in wanted]
        few += [old for token in few for old in olds[token]] if former else []
        for found, pk in rows.filter(token__in=few).values_list("token", "subject_id") if few else ():
            index.under[former.get(bytes(found), bytes(found))].add(pk)
    return index


def _chunks(values: Iterable) -> Iterator[list]:
    rest = iter(sorted(values))
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
