"""Making a program with both its tracks, ready to use."""

import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from participants.audit.actions import record
from participants.errors import ProgramError
from participants.tracks.models import RULES, Program, Track
from participants.tracks.scope import in_track
from participants.vault import keyring


@transaction.atomic
def create_program(*, slug: str, name: str, time_zone: str, on: datetime.date, office: str = "", by=None) -> Program:
    """A program with both tracks, their keys, default criteria, requirement templates and texts.

    Raises ProgramError when the slug is taken or a value is not valid.
    """
    from participants.consent.versions import install_default_texts
    from participants.requirements.actions import install_default_templates
    from participants.screening.criteria import install_default_criteria

    program = Program(slug=slug, name=name, time_zone=time_zone, office=office)
    try:
        program.full_clean()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise ProgramError(messages[0], field=field) from error
    program.save()
    record("program.created", by=by, detail={"slug": slug})
    for kind in RULES:
        track = Track.objects.create(program=program, kind=kind)
        keyring.create_keys(track.pk)
        with in_track(track, by=by, write=True):
            install_default_criteria(on=on, by=by)
            install_default_templates(by=by)
            install_default_texts(by=by)
    return program
