"""meetergo: professionals become platform users with their hours, meeting types and bookings."""

from integrations.providers.meetergo.provider import Meetergo

__all__ = ["Meetergo"]
