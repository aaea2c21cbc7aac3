"""Telephone numbers that regulators keep free for fiction (Bundesnetzagentur, Ofcom); they reach nobody."""

from collections import defaultdict

ASCII = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "ı": "i", "ł": "l", "Ł": "L"}
)

_OFFICES = {
    "Köln": "+49 221 4710 {:03d}",
    "Berlin": "+49 30 23125 {:03d}",
    "Hamburg": "+49 40 66969 {:03d}",
    "München": "+49 89 99998 {:03d}",
    "Frankfurt am Main": "+49 69 90009 {:03d}",
    "London": "+44 20 7946 0{:03d}",
    "Manchester": "+44 161 496 0{:03d}",
    "Bristol": "+44 117 496 0{:03d}",
    "Leeds": "+44 113 496 0{:03d}",
    "Edinburgh": "+44 131 496 0{:03d}",
    "Birmingham": "+44 121 496 0{:03d}",
    "Cardiff": "+44 29 2018 0{:03d}",
}
_ELSEWHERE = "+49 171 39200 {:02d}"


class Numbers:
    """A new number each time."""

    def __init__(self) -> None:
        self.used: dict[str, int] = defaultdict(int)

    def office(self, city: str) -> str:
        pattern = _OFFICES.get(city, "+44 1632 960{:03d}" if city == "Dublin" else _ELSEWHERE)
        self.used[pattern] += 1
        return pattern.format(10 + self.used[pattern])


def mobile(language: str, number: int) -> str:
    """A client's number; `number` from 0."""
    return f"+49 171 39200 {number % 100:02d}" if language == "de" else f"+44 7700 900{number % 1000:03d}"
