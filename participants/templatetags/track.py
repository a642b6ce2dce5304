"""Template tags for pages inside a track."""

from django import template

from participants.staff.permissions import Permission
from participants.web.urls import track_url as address

register = template.Library()


@register.simple_tag
def track_url(name, **kwargs):
    """`{% track_url 'participant' reference=participant.reference %}`"""
    return address(name, **kwargs)


@register.simple_tag(takes_context=True)
def may(context, permission: str) -> bool:
    """`{% may 'PLACE' as may_place %}{% if may_place %}…`"""
    return context["request"].may(Permission[permission])
