"""Six ways in which a provider says no. Every failure is classified once, in `http`, and means the same everywhere.

Two questions decide: will trying again help, and does the object exist over there?
"""

from collections.abc import Mapping


class ProviderError(Exception):
    """`str()` is the provider's own words, without credentials; `status` the HTTP status, None without an answer."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message[:2000])
        self.status = status


class Transient(ProviderError):
    """It did not arrive, or the provider is busy: 429, 502–504, refused connection. Again later."""

    def __init__(self, message: str, *, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(message, status=status)
        self.retry_after = retry_after


class OutcomeUnknown(ProviderError):
    """A write was sent and no clear answer came: it may have happened. Look before trying again."""


class NotFound(ProviderError):
    """The object is not there. Done when deleting; create anew when updating."""


class Conflict(ProviderError):
    """It exists already, or the time is taken."""


class Rejected(ProviderError):
    """Refused as it stands; trying again does not help. `fields`: messages by field, where the provider names them."""

    def __init__(
        self, message: str, *, status: int | None = None, fields: Mapping[str, list[str]] | None = None
    ) -> None:
        super().__init__(message, status=status)
        self.fields = dict(fields or {})


class Unsupported(Rejected):
    """The provider has no way to express it. The text is for the operator and names the way out."""


class Unauthorised(ProviderError):
    """Credentials wrong, expired or not allowed. The whole connection rests, not only this object."""
