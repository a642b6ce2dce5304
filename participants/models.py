"""Index of the models, lowest concept first. Imports only."""

from participants.tracks.models import Program, Track, TrackRecord  # isort: skip
from participants.audit.models import Event, EventSubject  # isort: skip
from participants.staff.models import TrackGrant, User  # isort: skip
from participants.people.models import Participant, SearchToken  # isort: skip
from participants.referrals.models import Operation, Referral  # isort: skip
from participants.screening.models import CriteriaVersion, Screening  # isort: skip
from participants.consent.models import Agreement, ConsentText, Offer  # isort: skip
from participants.enrollment.models import Enrollment  # isort: skip
from participants.sessions.models import Attendance, Note, Session, Site  # isort: skip
from participants.requirements.models import Credit, Requirement, RequirementTemplate  # isort: skip
from participants.completion.models import Disposition, ExitProposal, Recommendation  # isort: skip

__all__ = [
    "Agreement",
    "Attendance",
    "ConsentText",
    "Credit",
    "CriteriaVersion",
    "Disposition",
    "Enrollment",
    "Event",
    "EventSubject",
    "ExitProposal",
    "Note",
    "Offer",
    "Operation",
    "Participant",
    "Program",
    "Recommendation",
    "Referral",
    "Requirement",
    "RequirementTemplate",
    "Screening",
    "SearchToken",
    "Session",
    "Site",
    "Track",
    "TrackGrant",
    "TrackRecord",
    "User",
]
