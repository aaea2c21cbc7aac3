"""Who is there: brands, people, professionals."""

from directory.models.brands import Brand, Domain, LegalPage
from directory.models.people import Person, User
from directory.models.professionals import Office, Professional, Specialty, SpokenLanguage

__all__ = [
    "Brand",
    "Domain",
    "LegalPage",
    "Office",
    "Person",
    "Professional",
    "Specialty",
    "SpokenLanguage",
    "User",
]
