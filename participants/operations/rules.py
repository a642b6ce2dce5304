"""Rules of operations."""

from django.db.models import TextChoices


class PlaceKind(TextChoices):
    """Where an operation was held."""

    STREET = "street", "Street"
    HOTEL = "hotel", "Hotel or motel"
    ONLINE = "online", "Online advertisement"
    BUSINESS = "business", "Massage or other business"
    OTHER = "other", "Elsewhere"
