"""What a provider is: a table of parts. A part that is absent is a feature that the provider lacks. No Django here.

An adapter turns *facts* (our vocabulary, frozen) into the provider's requests and its answers into *Remote*. It keeps no
state and never retries: `sync` does, by the mirror protocol (docs/architecture.md).
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from integrations.errors import ProviderError, Unsupported

if TYPE_CHECKING:
    from integrations.http import Answer, Http

Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Remote:
    """An object as the provider answered it: its id there, and what we keep of the answer (further ids, URLs).

    Two keys of `data` mean something to everybody. `gaps`: name → [wanted, what is there and the way out], for what the
    provider does not express or did not keep although the rest was applied; shown as drift. `state`: "pending" while the
    provider has not decided yet; then it is asked again later.
    """

    id: str
    data: Mapping[str, Any] = field(default_factory=dict)


# --- facts: what should be there -----------------------------------------------------------------------------------

Windows = tuple[tuple[int, int], ...]  # (start, end) in minutes of the wall clock, 0…1440


@dataclass(frozen=True, slots=True)
class Closure:
    """Local dates on which other windows hold than the weekly ones; none: closed. Dates are inclusive."""

    first: date
    last: date
    windows: Windows
    title: str = ""


@dataclass(frozen=True, slots=True)
class HoursFacts:
    """Weekly hours by weekday (Monday = 0) on the wall clock of `time_zone` (IANA)."""

    time_zone: str
    weekly: Mapping[int, Windows]
    closures: tuple[Closure, ...] = ()


@dataclass(frozen=True, slots=True)
class MeetingTypeFacts:
    """A bookable kind of meeting. Durations in minutes; `channel`: on_site, video or phone."""

    ref: str
    slug: str
    title: str
    description: str
    duration: int
    step: int
    buffer_before: int
    buffer_after: int
    notice: int
    horizon_days: int
    seats: int
    channel: str
    enabled: bool
    location: str = ""


@dataclass(frozen=True, slots=True)
class UserFacts:
    """A professional. `first_type`: what the account starts with. `specialties`: slugs, in her order."""

    ref: str
    email: str
    first_name: str
    last_name: str
    phone: str
    slug: str
    language: str
    hours: HoursFacts
    first_type: MeetingTypeFacts | None = None
    specialties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PageFacts:
    """How a professional's page at the provider looks: the brand's words, and its colours as #rrggbb."""

    ref: str
    headline: str
    subline: str
    colour: str
    dark_colour: str


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """A client who is known by e-mail."""

    ref: str
    email: str
    first_name: str
    last_name: str
    phone: str
    language: str


@dataclass(frozen=True, slots=True)
class BookingFacts:
    """An appointment that should exist at the provider. Instants are aware.

    `stands`: it is agreed here already (entered by the host, even outside her hours), the provider only gets to know it.
    """

    ref: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    channel: str
    location: str
    client_name: str
    client_email: str
    client_phone: str
    client_language: str
    note: str
    stands: bool = False


@dataclass(frozen=True, slots=True)
class ConferenceFacts:
    """The video room of a booking."""

    ref: str
    title: str
    starts_at: datetime
    ends_at: datetime
    host_name: str
    host_email: str
    client_name: str
    client_email: str


Facts = UserFacts | HoursFacts | MeetingTypeFacts | PageFacts | CustomerFacts | BookingFacts | ConferenceFacts


# --- parts ---------------------------------------------------------------------------------------------------------


class CannotFind(Exception):
    """The API has no look-up for this kind of object: after an unknown outcome a person must decide."""


class Resource(ABC):
    """One kind of remote object. `owner` is the mirrored parent (a meeting type's user), where there is one.

    Every method raises the errors of `integrations.errors` only.
    """

    owner_kind: ClassVar[str | None] = None
    # Deleting the owner deletes it as well.
    dies_with_owner: ClassVar[bool] = False
    # Parts of the payload that matter when it is created and never again: they do not count for the digest.
    create_only: ClassVar[tuple[str, ...]] = ()
    # Creating the owner may have made it: look even before the first create.
    find_first: ClassVar[bool] = False

    def __init__(self, provider: "Provider", owner: Remote | None = None) -> None:
        self.provider, self.http, self.owner = provider, provider.http, owner

    @abstractmethod
    def payload(self, facts: Any) -> Payload:
        """Our vocabulary → their body. Pure; the digest is taken from it. Raises Unsupported."""

    @abstractmethod
    def find(self, ref: str, payload: Payload) -> Remote | None:
        """The object that a lost `create` may have left, by our reference or what is unique in the payload.

        Raises CannotFind where the API has no look-up.
        """

    @abstractmethod
    def create(self, ref: str, payload: Payload) -> Remote: ...

    @abstractmethod
    def update(self, remote: Remote, payload: Payload) -> Remote: ...

    @abstractmethod
    def delete(self, remote: Remote) -> None: ...

    def read(self, remote: Remote) -> Remote:
        """The object as it is there now. Raises NotFound. Not every API can: Unsupported."""
        raise Unsupported("This provider cannot read the object back.")

    def differences(self, payload: Payload, observed: Remote) -> dict[str, tuple[Any, Any]]:
        """Fields that are there otherwise than we want them: name → (wanted, observed)."""
        return {}

    def list(self) -> Iterator[Remote]:
        """Every object of this kind, for adoption and drift; empty where the API has no list."""
        return iter(())


@dataclass(frozen=True, slots=True)
class RemoteBooking:
    """A booking as the provider knows it. `cancelled` is read from the object, never from an event's name."""

    id: str
    user_id: str
    meeting_type_id: str
    starts_at: datetime
    ends_at: datetime
    cancelled: bool
    client_name: str
    client_email: str
    client_phone: str = ""
    client_language: str = ""
    client_time_zone: str = ""
    join_url: str = ""
    updated_at: datetime | None = None


class Engine(ABC):
    """A provider that computes free times and knows bookings made on its own pages."""

    def __init__(self, provider: "Provider") -> None:
        self.provider, self.http = provider, provider.http

    @abstractmethod
    def free_starts(
        self, user: Remote, meeting_type: Remote, start: datetime, end: datetime, *, fresh: bool = False
    ) -> list[datetime]:
        """Free starts in [start, end), aware UTC, sorted. `fresh`: bypass the provider's own cache."""

    @abstractmethod
    def read_booking(self, user: Remote, remote_id: str) -> RemoteBooking:
        """Raises NotFound."""

    def read_attendances(self, user: Remote, remote_id: str) -> list[RemoteBooking]:
        """All bookings behind one remote appointment: of a group meeting one per attendee. Raises NotFound.

        Who has left a group is not listed: compare with what is known locally.
        """
        return [self.read_booking(user, remote_id)]

    @abstractmethod
    def bookings(self, user: Remote, start: datetime, end: datetime) -> Iterator[RemoteBooking]:
        """Bookings of a user that start in [start, end), cancelled ones included."""

    @abstractmethod
    def embed_url(self, meeting_type: Remote, *, language: str) -> str:
        """The provider's own booking page, for an iframe; "" where there is none."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What a webhook says: look again at `kind` `remote_id`. `event_id` is theirs, or "" where they send none."""

    type: str
    event_id: str
    kind: str
    remote_id: str
    user_ids: tuple[str, ...] = ()


class Webhook(ABC):
    """Messages from the provider: authentic or not, and what they speak of. Nothing in them is believed."""

    def __init__(self, provider: "Provider") -> None:
        self.provider, self.http = provider, provider.http

    @abstractmethod
    def authentic(self, headers: Mapping[str, str], raw: bytes, now: datetime) -> bool:
        """Beyond the secret path: a signature, where the provider signs. Constant time."""

    @abstractmethod
    def parse(self, headers: Mapping[str, str], raw: bytes) -> Notice:
        """Raises ValueError for what is not JSON of a known envelope; unknown types are a Notice with kind ""."""

    def register(self, url: str) -> str:
        """Make the provider send to `url`; idempotent; returns what was done, in words."""
        raise Unsupported("Webhooks of this provider are set up in its own administration.")


@dataclass(frozen=True, slots=True)
class Option:
    """A setting of a connection, with its default; `choices` where it is a switch."""

    name: str
    default: Any
    help: str
    choices: tuple[str, ...] = ()
    inferred: bool = False


class Provider:
    """One external system. A subclass names its parts; absent parts are features it lacks."""

    slug: ClassVar[str]
    label: ClassVar[str]
    base_url: ClassVar[str]
    secrets: ClassVar[tuple[str, ...]]
    options: ClassVar[tuple[Option, ...]] = ()
    rate: ClassVar[tuple[tuple[int, float], ...]]  # (calls, seconds), all of them hold
    resources: ClassVar[Mapping[str, type[Resource]]] = {}
    engine: ClassVar[type[Engine] | None] = None
    webhook: ClassVar[type[Webhook] | None] = None

    def __init__(self, http: "Http", options: Mapping[str, Any], credentials: Mapping[str, str]) -> None:
        defaults = {option.name: option.default for option in self.options}
        self.http, self.option, self.credentials = http, {**defaults, **options}, credentials

    def headers(self, credentials: Mapping[str, str]) -> dict[str, str]:
        """Authentication headers of every request."""
        raise NotImplementedError

    @classmethod
    def classify(cls, answer: "Answer") -> ProviderError | None:
        """What an answer that is not 2xx means, where this provider says it in its own way; None: as usual (http)."""
        return None

    def check(self) -> str:
        """One harmless call that proves the credentials; says in words what was found. Raises the six errors."""
        raise NotImplementedError

    def resource(self, kind: str, owner: Remote | None = None) -> Resource:
        return self.resources[kind](self, owner)

    @classmethod
    def features(cls) -> list[str]:
        """Names of the parts, for the feature matrix."""
        parts = [f"resource: {kind}" for kind in cls.resources]
        return parts + [name for name in ("engine", "webhook") if getattr(cls, name) is not None]
