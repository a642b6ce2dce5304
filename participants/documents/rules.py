"""Rules of papers: which cases take one, and how much a case holds."""

from participants.errors import ProgramError
from participants.referrals.rules import SHUT, Status

MOST_PAPERS = 40
MOST_BYTES = 60 * 1024 * 1024
ENDINGS = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}


def takes_papers(status: str) -> bool:
    """Whether papers are added to a case: none to a child's, and none to one that goes on under another."""
    return status not in SHUT


def check_case(status: str) -> None:
    if not takes_papers(status):
        raise ProgramError(f"This referral stands at “{Status(status).label}”: no papers are added to it any more.")


def check_room(papers: int, held: int, size: int) -> None:
    """Whether one more paper of `size` bytes has room beside what the case holds. Raises ProgramError."""
    if papers >= MOST_PAPERS:
        raise ProgramError(f"This case holds {MOST_PAPERS} papers, which is the most. Remove one first.", field="file")
    if held + size > MOST_BYTES:
        left = max(MOST_BYTES - held, 0) / (1024 * 1024)
        raise ProgramError(
            f"The papers of one case may take {MOST_BYTES // (1024 * 1024)} MB together. {left:.1f} MB are left, this "
            f"one takes {size / (1024 * 1024):.1f} MB. Scan it in gray or with fewer dots, or remove a paper.",
            field="file",
        )
