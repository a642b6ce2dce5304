"""What one cell says, as text: numbers as people write them, dates as dates, and what a spreadsheet has spoiled."""

import datetime
import math
import re

from participants.files.table import Cell

# Whole numbers beyond this are rounded by spreadsheet programs (15 significant digits).
EXACT = 10**15
# Bare numbers that stand for a day, from 1908 to 9999 as Excel counts. What is smaller is rather a year.
DAYS = range(3_000, 2_958_466)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
LONG_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
               "november", "december")  # fmt: skip
MONTH_OF = {word: number for words in (MONTHS, LONG_MONTHS) for number, word in enumerate(words, start=1)} | {"sept": 9}
BECAME_DATE = "The spreadsheet has made a date of this cell. Format the column as text and type the value again."
ROUNDED = "This number has more than 15 digits, and the spreadsheet has rounded it. Format the column as text."

YEAR_FIRST = re.compile(r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})([T ].*)?", re.DOTALL)
COMPACT = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)")
US = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})( .*)?", re.DOTALL)
DAY_MONTH = re.compile(r"(\d{1,2})[ -]([a-z]{3,9})\.?[ ,-]\s*(\d{4})", re.IGNORECASE)
MONTH_DAY = re.compile(r"([a-z]{3,9})\.? (\d{1,2}),? (\d{4})", re.IGNORECASE)


def as_text(cell: Cell, *, date: bool = False, day_zero: datetime.date | None = None) -> tuple[str, str | None]:
    """The text of a cell, and a sentence where it does not say what its writer meant.

    `date` tells that its column holds dates; there a bare number counts days from `day_zero`.
    """
    if isinstance(cell, str):
        return cell, None
    if isinstance(cell, bool):
        return ("TRUE" if cell else "FALSE"), None
    if isinstance(cell, datetime.date):  # a datetime is one
        day = cell.date() if isinstance(cell, datetime.datetime) else cell
        return day.isoformat(), None if date else BECAME_DATE
    if isinstance(cell, (datetime.time, datetime.timedelta)):
        return str(cell), None if date else BECAME_DATE
    if not math.isfinite(cell) or abs(cell) >= EXACT:
        return repr(cell), ROUNDED
    if date and day_zero and int(cell) in DAYS:
        return (day_zero + datetime.timedelta(days=int(cell))).isoformat(), None
    return str(int(cell) if cell == int(cell) else cell), None


def read_date(text: str) -> datetime.date | None:
    """A date as 2026-03-31, 2026/03/31, 20260331, 3/31/2026, March 31, 2026 or 31-Mar-2026, with or without a time of
    day behind the first and the fourth; None for anything else.

    Numbers with the day first are not read: 3/4/2026 would mean two days.
    """
    if found := YEAR_FIRST.fullmatch(text):
        year, month, day = found[1], found[3], found[4]
    elif found := COMPACT.fullmatch(text):
        year, month, day = found.groups()
    elif found := US.fullmatch(text):
        year, month, day = found[3], found[1], found[2]
    elif found := DAY_MONTH.fullmatch(text):
        year, month, day = found[3], MONTH_OF.get(found[2].lower(), 0), found[1]
    elif found := MONTH_DAY.fullmatch(text):
        year, month, day = found[3], MONTH_OF.get(found[1].lower(), 0), found[2]
    else:
        return None
    try:
        return datetime.date(int(year), int(month), int(day))
    except ValueError:
        return None
