"""Template tags for pages inside a track."""

from django import template

from participants.staff.permissions import Permission
from participants.tracks.scope import active_scope
from participants.web.urls import track_url as address

register = template.Library()


@register.simple_tag
def track_url(name, **kwargs):
    """`{% track_url 'participant' reference=participant.reference %}`"""
    return address(name, **kwargs)


@register.simple_tag
def may_open(row) -> bool:
    """`{% may_open referral as open %}{% if open %}…`: whether the page's reader may open a record."""
    return row.audit_subject not in active_scope().hidden


@register.simple_tag(takes_context=True)
def may(context, permission: str) -> bool:
    """`{% may 'PLACE' as may_place %}{% if may_place %}…`"""
    return context["request"].may(Permission[permission])
