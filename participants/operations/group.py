"""The people of one operation or one file, worked as a batch: assigned, screened, offered the program in one go.

Every decision is a row of the person's own with an event of its own, written by the same actions that write it one
by one. Whoever needs a look of their own is singled out with the reason and left alone.
"""

import datetime
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from participants.consent.models import ConsentText
from participants.consent.offers import make_offers
from participants.consent.queries import current_texts
from participants.duplicates.finding import possible_duplicates_of
from participants.duplicates.models import Comparison
from participants.errors import ProgramError
from participants.files.models import Batch
from participants.operations.models import Operation
from participants.people.languages import language_name
from participants.people.restrictions import readable
from participants.referrals.assignment import assign_all
from participants.referrals.models import Referral
from participants.referrals.rules import ADULT, Status
from participants.screening.actions import screen_all
from participants.screening.models import CriteriaVersion, Screening
from participants.staff.models import User

WAITING = (Status.RECEIVED, Status.ELIGIBLE)
# How many people stand on one page; the next follow when these are worked.
AT_ONCE = 200

NO_BIRTH_DATE = "No date of birth: without it nobody can be screened."
UNDER_AGE = "Under 18: hand over to the abuse hotline. No screening, no offer."
BEGUN = "Screening is begun and an answer is still to be found out."
LOOKS_ALIKE = "Possibly here twice: decide first whether it is the same person or case."
ONE_BY_ONE = "No text in {language}: the offer is made one by one, with an interpreter."
NOT_SCREENED = "Not screened yet, so no offer was made."
MOVED_ON = "Worked on already: it stands at “{status}”."


@dataclass(frozen=True)
class Case:
    """One person of the group. With a `reason` they are singled out; `page` is where somebody goes on with them.

    `remark` is what the batch leaves to do one by one for a person who is in it.
    """

    referral: Referral
    reason: str = ""
    page: str = "referral"
    remark: str = ""


@dataclass(frozen=True)
class Group:
    """`people` can be worked together, `singled_out` not. `more`: others follow when these are worked."""

    people: list[Case]
    singled_out: list[Case]
    more: bool


@dataclass(frozen=True)
class Terms:
    """How the offers were made, the same for everybody."""

    place: str
    present: str
    explained_by: User
    made_at: datetime.datetime
    decide_by: datetime.date


@dataclass(frozen=True)
class Plan:
    """What is done with everybody who is ticked; None leaves a step out. `answers` are to `criteria`, by key."""

    assign_to: User | None = None
    criteria: CriteriaVersion | None = None
    answers: Mapping[str, str] | None = None
    offer: Terms | None = None


@dataclass
class Done:
    """What was done, in numbers; `left` counts the people who were left, by the reason."""

    assigned: int = 0
    eligible: int = 0
    ineligible: int = 0
    offered: int = 0
    left: Counter[str] = field(default_factory=Counter)

    @property
    def nothing(self) -> bool:
        return not (self.assigned or self.eligible or self.ineligible or self.offered)


def members(source: Operation | Batch) -> QuerySet[Referral]:
    """The referrals of an operation or of a file that the reader may open."""
    field_name = "operation" if isinstance(source, Operation) else "batch"
    return readable(Referral.objects.filter(**{field_name: source}), referral="pk")


def group_of(source: Operation | Batch) -> Group:
    """Who waits for a step, and who is singled out. A fixed number of statements for each two hundred."""
    found = members(source).select_related("assigned_to").order_by("received_on", "id")
    adult, not_adult = Q(age_at_offense__gte=ADULT), Q(age_at_offense__isnull=True) | Q(age_at_offense__lt=ADULT)
    waiting = found.filter(adult, status__in=WAITING)
    others = list(found.filter(Q(status=Status.STOPPED) | Q(status__in=WAITING) & not_adult)[:AT_ONCE])
    start, more, cases = 0, True, []
    # Whoever is singled out stays where they are, and must not stand in the way of those behind them.
    while more and all(case.reason for case in cases):
        rows = list(waiting[start : start + AT_ONCE + 1])
        cases += classify([*rows[:AT_ONCE], *(others if start == 0 else ())])
        start, more = start + AT_ONCE, len(rows) > AT_ONCE
    return Group(
        people=[case for case in cases if not case.reason],
        singled_out=[case for case in cases if case.reason],
        more=more,
    )


def classify(referrals: Iterable[Referral]) -> list[Case]:
    """Who of these can be worked together, and why the others cannot. A fixed number of statements."""
    rows = list(referrals)
    languages = {text.language for text in current_texts(ConsentText.Kind.OFFER)}
    waiting = {row.pk for row in rows if row.status in WAITING}
    begun = Screening.objects.filter(referral__in=waiting, eligible__isnull=True).order_by()
    begun = set(begun.values_list("referral_id", flat=True))
    alike = undecided_duplicates([row for row in rows if row.pk in waiting])
    return [_case(row, begun=row.pk in begun, alike=row.pk in alike, languages=languages) for row in rows]


def _case(row: Referral, *, begun: bool, alike: bool, languages: Collection[str]) -> Case:
    if row.status == Status.STOPPED or (row.age_at_offense is not None and row.age_at_offense < ADULT):
        return Case(row, UNDER_AGE)
    if row.status not in WAITING:
        return Case(row, MOVED_ON.format(status=row.get_status_display()))
    if row.age_at_offense is None:
        return Case(row, NO_BIRTH_DATE, "referral_edit")
    if alike:
        return Case(row, LOOKS_ALIKE)
    if begun:
        return Case(row, BEGUN, "screening_new")
    if row.language in languages:
        return Case(row)
    sentence = ONE_BY_ONE.format(language=language_name(row.language))
    if row.status == Status.ELIGIBLE:
        return Case(row, sentence, "offer_new")
    return Case(row, remark=sentence)


def undecided_duplicates(referrals: Sequence[Referral]) -> set[UUID]:
    """Those that look like another referral of the track, with nobody having decided about the pair yet."""
    found = possible_duplicates_of(referrals)
    pairs = {frozenset((pk, other)) for pk, others in found.items() for other, _ in others}
    ids = list(found)
    standing = Comparison.objects.filter(Q(referral__in=ids) | Q(other__in=ids), undone_on__isnull=True).order_by()
    pairs -= {frozenset(pair) for pair in standing.values_list("referral_id", "other_id")}
    return {pk for pair in pairs for pk in pair} & found.keys()


@transaction.atomic
def work_group(
    *,
    source: Operation | Batch,
    chosen: Collection[UUID],
    plan: Plan,
    today: datetime.date,
    now: datetime.datetime,
    by: User,
) -> Done:
    """Take the planned steps with the chosen people of a group, each as far as they go.

    Whoever is singled out, or was worked by somebody else in the meantime, is left and counted with the reason; the
    same form sent twice does nothing twice. Raises ProgramError, with nothing done, where what was typed holds for
    nobody: the place, the times, who explained it, the criteria.
    """
    # In one order, so that two people who work the same group wait for each other and do not collide.
    locked = members(source).filter(pk__in=chosen).select_for_update(of=("self",)).order_by("pk")
    locked = locked.select_related("assigned_to")
    done = Done()
    cases = []
    for case in classify(locked):
        if case.reason:
            done.left[case.reason] += 1
        else:
            cases.append(case)
    if plan.assign_to is not None:
        _assign(cases, plan.assign_to, done, today=today, by=by)
    if plan.answers is not None:
        cases = _screen(cases, plan, done, today=today, by=by)
    if plan.offer is not None:
        _offer(cases, plan.offer, done, now=now, by=by)
    return done


def _assign(cases: list[Case], to: User, done: Done, *, today: datetime.date, by: User) -> None:
    outcome = assign_all(referrals=[case.referral for case in cases], to=to, today=today, by=by)
    done.assigned = len(outcome.changed)
    done.left.update(sentence for _, sentence in outcome.refused)


def _screen(cases: list[Case], plan: Plan, done: Done, *, today: datetime.date, by: User) -> list[Case]:
    """The cases as they stand after the screening."""
    received = [case.referral for case in cases if case.referral.status == Status.RECEIVED]
    outcome = screen_all(
        referrals=received,
        answers={referral.pk: plan.answers for referral in received},
        criteria=plan.criteria,
        today=today,
        by=by,
    )
    done.eligible, done.ineligible = len(outcome.eligible), len(outcome.ineligible)
    done.left.update(UNDER_AGE for _ in outcome.stopped)
    done.left.update(sentence for _, sentence in outcome.refused)
    after = {row.pk: row for row in (*outcome.eligible, *outcome.ineligible, *outcome.stopped)}
    return [replace(case, referral=after.get(case.referral.pk, case.referral)) for case in cases]


def _offer(cases: list[Case], terms: Terms, done: Done, *, now: datetime.datetime, by: User) -> None:
    ready = []
    for case in cases:
        if case.referral.status == Status.RECEIVED:
            done.left[NOT_SCREENED] += 1
        elif case.referral.status == Status.ELIGIBLE and case.remark:
            done.left[case.remark] += 1
        elif case.referral.status == Status.ELIGIBLE:
            ready.append(case.referral)
    if not ready:
        return
    outcome = make_offers(referrals=ready, **vars(terms), now=now, by=by)
    done.offered = len(outcome.offers)
    for (name, sentence), number in Counter((name, sentence) for _, name, sentence in outcome.refused).items():
        if name and number == len(ready):  # it lies in what was typed, not in the people
            raise ProgramError(sentence, field=name)
        done.left[sentence] += number
