"""Index of the models, lowest concept first. Imports only."""

from participants.tracks.models import Program, Track, TrackRecord  # isort: skip
from participants.audit.models import AuditReview, Event, EventSubject, FieldChange  # isort: skip
from participants.seals.models import Seal  # isort: skip
from participants.staff.models import FailedSignIn, Lockout, ProgramGrant, TrackGrant, UsedCode, User  # isort: skip
from participants.access.models import KeptForm  # isort: skip
from participants.people.models import BreakGlass, FileMerge, Participant, Restriction, SearchToken  # isort: skip
from participants.files.models import Batch, ColumnMapping  # isort: skip
from participants.duplicates.models import Comparison  # isort: skip
from participants.court.models import CourtResult  # isort: skip
from participants.operations.models import Operation  # isort: skip
from participants.referrals.models import Referral  # isort: skip
from participants.files.models import WaitingFile  # isort: skip
from participants.screening.models import CriteriaVersion, Review, Screening  # isort: skip
from participants.handoffs.models import Handoff  # isort: skip
from participants.consent.models import Agreement, ConsentText, MessageConsent, Offer  # isort: skip
from participants.documents.models import Document  # isort: skip
from participants.enrollment.models import Enrollment  # isort: skip
from participants.sessions.models import Attendance, Note, Session, Site  # isort: skip
from participants.requirements.models import Credit, Requirement, RequirementTemplate  # isort: skip
from participants.completion.models import Disposition, ExitProposal, Recommendation  # isort: skip

__all__ = [
    "Agreement",
    "Attendance",
    "AuditReview",
    "Batch",
    "BreakGlass",
    "ColumnMapping",
    "Comparison",
    "ConsentText",
    "CourtResult",
    "Credit",
    "CriteriaVersion",
    "Disposition",
    "Document",
    "Enrollment",
    "Event",
    "EventSubject",
    "ExitProposal",
    "FailedSignIn",
    "FieldChange",
    "FileMerge",
    "Handoff",
    "KeptForm",
    "Lockout",
    "MessageConsent",
    "Note",
    "Offer",
    "Operation",
    "Participant",
    "Program",
    "ProgramGrant",
    "Recommendation",
    "Referral",
    "Requirement",
    "RequirementTemplate",
    "Restriction",
    "Review",
    "Screening",
    "Seal",
    "SearchToken",
    "Session",
    "Site",
    "Track",
    "TrackGrant",
    "TrackRecord",
    "UsedCode",
    "User",
    "WaitingFile",
]
