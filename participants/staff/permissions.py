"""What staff may do, in plain words. Roles hand these out; `@requires` asks for them."""

from enum import Enum


class Permission(Enum):
    """Value: what the permission lets a person do."""

    OPEN_TRACK = "enter the track and see their own day"
    SEARCH = "search the track by name or case number"
    VIEW_REFERRALS = "read referrals"
    RECEIVE_REFERRALS = "record a referral, change it, and import a file of them"
    SCREEN = "screen a referral against the written criteria"
    MAKE_OFFERS = "make an offer, record the decision and the agreement"
    PLACE = "place a person who has agreed into the track"
    VIEW_PARTICIPANTS = "open participants' files"
    EDIT_PARTICIPANTS = "change names, contact and court details of a participant"
    WRITE_NOTES = "write notes on a file"
    KEEP_PRIVILEGED = "keep privileged notes of their own (counselling, advocacy)"
    READ_PRIVILEGED = "read privileged notes of others (clinical supervision)"
    VIEW_SESSIONS = "see the schedule and rosters"
    SCHEDULE_SESSIONS = "schedule sessions, book people, manage sites"
    TAKE_ATTENDANCE = "record attendance of a session"
    LOG_SESSIONS = "log an individual session"
    RECORD_CREDITS = "record hours, payments and other credits"
    ADJUST_REQUIREMENTS = "reduce or waive a requirement"
    PROPOSE_EXITS = "propose how a stay ends, and record a withdrawal"
    APPROVE_EXITS = "decide a proposed exit that someone else proposed"
    RECOMMEND = "record the program's recommendation to the prosecutor"
    VIEW_CASES_SENT = "see the office's own cases with one status word, and record its disposition"
    VIEW_REPORTS = "see the track's figures"
    VIEW_AUDIT = "read the audit trail"
    MANAGE_STAFF = "grant and end access to the track"
