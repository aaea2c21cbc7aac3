"""The shape of the demo content."""

from dataclasses import dataclass, field

from django.utils.text import slugify

from scheduling.demo.phones import ASCII
from scheduling.demo.portraits.shapes import Recipe


@dataclass(frozen=True)
class Place:
    """An address; the people of a city share its places in turn. Streets are common names, numbers are invented."""

    street: str
    postcode: str
    latitude: float
    longitude: float
    name: str = ""
    access: str = ""


@dataclass(frozen=True)
class Offer:
    """A meeting type. Minutes throughout; `prices` are taken in turn, so that not everybody costs the same."""

    slug: str
    title: str
    channel: str
    duration: int
    prices: tuple[str, ...]
    description: str = ""
    preparation: str = ""
    rules: dict[str, int] = field(default_factory=dict)
    visibility: str = "public"


@dataclass(frozen=True)
class Entry:
    """One professional. `special` names a state worth seeing: away, full, paused, draft, submitted."""

    first: str
    last: str
    title: str
    specialties: tuple[str, ...]
    languages: tuple[str, ...]
    cities: tuple[str, ...]
    hours: str
    offers: tuple[str, ...]
    about: str
    portrait: Recipe | None = None
    prefix: str = ""
    special: str = ""
    time_zone: str = ""

    @property
    def key(self) -> str:
        """ASCII: file name of the portrait, slug and local part of the e-mail."""
        return slugify(f"{self.first} {self.last}".translate(ASCII))


def man(
    skin: str, hair: str, colour: str, clothes: str, cloth: str, second: str, background: str, **more: object
) -> Recipe:
    return Recipe(skin, hair, colour, clothes, cloth, second, background, broad=True, **more)  # type: ignore[arg-type]


def woman(
    skin: str, hair: str, colour: str, clothes: str, cloth: str, second: str, background: str, **more: object
) -> Recipe:
    return Recipe(skin, hair, colour, clothes, cloth, second, background, lips=True, **more)  # type: ignore[arg-type]
