"""What a provider is: a table of parts. A part that is absent is a feature that the provider lacks. No Django here.

An adapter turns *facts* (our vocabulary, frozen) into the provider's requests and its answers into *Remote*. It keeps no
state and never retries: `sync` does, by the mirror protocol (docs/architecture.md). The whole contract is one module.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from integrations.errors import ProviderError, Unsupported
from integrations.past import Memory

if TYPE_CHECKING:
    from integrations.http import Answer, Http

Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Remote:
    """An object as the provider answered it: its id there, and what we keep of the answer (further ids, URLs).

    Two keys of `data` mean something to everybody. `gaps`: name → [wanted, what is there, the reason or way out if
    one is known (marked for translation)], for what the provider does not express or did not keep although the rest was
    applied; shown as drift. `state`: "pending" while the
    provider has not decided yet; then it is asked again later, after `again` seconds where it is named.
    """

    id: str
    data: Mapping[str, Any] = field(default_factory=dict)


# --- facts: what should be there -----------------------------------------------------------------------------------

Windows = tuple[tuple[int, int], ...]  # (start, end) in minutes of the wall clock, 0…1440


@dataclass(frozen=True, slots=True)
class Closure:
    """Local dates on which other windows hold than the weekly ones; none: closed. Dates are inclusive.

    `holiday`: a public holiday that she keeps, which a provider may know by itself.
    """

    first: date
    last: date
    windows: Windows
    title: str = ""
    holiday: bool = False


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
    rooms: tuple[str, ...] = ()  # one of these is needed


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
    `hold`: what `Engine.hold` gave for it, as texts; `client_ref` names the client for ever. `client_category`: "known"
    whose appointment at this host has taken place before, else "new".
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
    title: str = ""
    client_ref: str = ""
    client_category: str = "new"
    hold: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody in a video room. `ref` is ours: HOST, or the booking's uid; `person` the same for all rooms of a human."""

    ref: str
    name: str
    email: str
    person: str = ""


@dataclass(frozen=True, slots=True)
class ConferenceFacts:
    """The video room of a booking, or of all bookings of a group session. `options`: the meeting type's wishes, by the
    names in the provider's `room_options`."""

    ref: str
    title: str
    starts_at: datetime
    ends_at: datetime
    host: Attendee
    guests: tuple[Attendee, ...]
    description: str = ""
    language: str = ""
    is_group: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)


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
    # False: `find` raises CannotFind. Then only an attempt of which nothing can have come is ever repeated.
    can_find: ClassVar[bool] = True
    # Passcodes and personal links are kept sealed beside the mirror, in `secrets`.
    keeps_secrets: ClassVar[bool] = False

    def __init__(self, provider: "Provider", owner: Remote | None = None) -> None:
        self.provider, self.http, self.owner = provider, provider.http, owner
        self.secrets: dict[str, str] = {}

    def draw(self, payload: Payload) -> None:  # noqa: B027  (most need none)
        """Add to `secrets` what a create needs: committed before the call, because its answer may be lost."""

    @abstractmethod
    def payload(self, facts: Any) -> Payload:
        """Our vocabulary → their body. Pure; the digest is taken from it. Raises Unsupported."""

    def unmapped(self, facts: Any) -> list[str]:
        """What of these facts the provider will not show although it takes the rest; in words, known before any call."""
        return []

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

    @classmethod
    def features(cls, kind: str) -> list[str]:
        """Names for the feature matrix."""
        return [f"resource: {kind}"]

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


class Reader(ABC):
    """A provider that knows bookings made on its own pages."""

    def __init__(self, provider: "Provider") -> None:
        self.provider, self.http = provider, provider.http

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


@dataclass(frozen=True, slots=True)
class HoldFacts:
    """A time that a visitor keeps. `token` is hers: with the same one, another time replaces the former."""

    token: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class HeldThere:
    """A time that the provider keeps, under its own id, until an instant."""

    token: str
    slot: str
    until: datetime
    room: str = ""


class Engine(Reader):
    """A provider that computes free times as well."""

    # It can keep a time for a visitor who is still typing.
    can_hold: ClassVar[bool] = False

    def hold(self, user: Remote, meeting_type: Remote, wanted: HoldFacts) -> HeldThere:
        """Keep a time, or keep it longer; may be repeated. Raises Conflict where it is taken."""
        raise Unsupported("This provider keeps no times.")

    @abstractmethod
    def free_starts(
        self, user: Remote, meeting_type: Remote, start: datetime, end: datetime, *, fresh: bool = False
    ) -> list[datetime]:
        """Free starts in [start, end), aware UTC, sorted. `fresh`: bypass the provider's own cache."""

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
    optional_secrets: ClassVar[tuple[str, ...]] = ()
    options: ClassVar[tuple[Option, ...]] = ()
    # What a meeting type may wish of its video rooms.
    room_options: ClassVar[tuple[Option, ...]] = ()
    # Where the provider has no https, and says so.
    plain_http: ClassVar[bool] = False
    rate: ClassVar[tuple[tuple[int, float], ...]]  # (calls, seconds), all of them hold
    resources: ClassVar[Mapping[str, type[Resource]]] = {}
    engine: ClassVar[type[Engine] | None] = None
    # Reads bookings made there, where free times are ours.
    reader: ClassVar[type[Reader] | None] = None
    webhook: ClassVar[type[Webhook] | None] = None
    # Reports of feedback and usage by month (reports.py).
    reports: ClassVar[type[Any] | None] = None

    def __init__(self, http: "Http", options: Mapping[str, Any], credentials: Mapping[str, str]) -> None:
        defaults = {option.name: option.default for option in self.options}
        self.http, self.option, self.credentials = http, {**defaults, **options}, credentials
        # All live sets, the preferred one first; and what may be known of the connection's past.
        self.live: Sequence[Mapping[str, str]] = [credentials]
        self.memory = Memory()

    def headers(self, credentials: Mapping[str, str]) -> dict[str, str]:
        """Authentication headers of every request."""
        raise NotImplementedError

    @classmethod
    def classify(cls, answer: "Answer") -> ProviderError | None:
        """What an answer that is not 2xx means, where this provider says it in its own way; None: as usual (http)."""
        return None

    def allowances(self) -> list[str]:
        """What the account may have in all and how much of it is used, in words. Reads what we counted, calls nothing."""
        return []

    def warnings(self) -> list[str]:
        """What a person should know beforehand, in words. No call."""
        return []

    def reading(self) -> Reader | None:
        """Who reads bookings: the engine, or the reader where there is none."""
        part = self.engine or self.reader
        return part(self) if part else None

    def member_page(self, email: str, type_slug: str, *, name: str = "", visitor: str = "") -> str:
        """A booking page of her own at the provider, where a meeting type of ours is booked there; "" for none.

        `name`, `visitor`: the visitor's name and e-mail address, to be filled in.
        """
        return ""

    def check(self) -> str:
        """One harmless call that proves the credentials; says in words what was found. Raises the six errors."""
        raise NotImplementedError

    def resource(self, kind: str, owner: Remote | None = None) -> Resource:
        return self.resources[kind](self, owner)

    @classmethod
    def features(cls) -> list[str]:
        """Names of the parts, for the feature matrix."""
        parts = [name for kind, resource in cls.resources.items() for name in resource.features(kind)]
        holds = ["engine: hold"] if cls.engine is not None and cls.engine.can_hold else []
        found = [name for name in ("engine", "reader", "webhook", "reports") if getattr(cls, name) is not None]
        return parts + holds + found
