"""What the outcome of a reconciliation means for the rows below: the only writer of other apps' rows from here."""

from integrations.models import Mirror


def applied(mirror: Mirror, *, changed: bool) -> None:
    """The remote object is as desired."""


def removed(mirror: Mirror) -> None:
    """The remote object is gone, as desired."""


def refused(mirror: Mirror, error: Exception) -> None:
    """The provider said no for good."""
