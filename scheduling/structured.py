"""schema.org data of public pages (features 5.5): one graph, nothing that the page itself does not show."""

from typing import Any

from directory.models import Brand, Professional
from scheduling.models import MeetingType


def profile(professional: Professional, meeting_types: list[MeetingType]) -> dict[str, Any]:
    """ProfilePage with the professional as its main entity, her offers and the way to book."""
    brand = professional.brand
    url = brand.url(professional.get_absolute_url())
    person: dict[str, Any] = {
        "@type": "Person",
        "@id": f"{url}#person",
        "name": professional.person.full_name,
        "jobTitle": professional.title,
        "knowsLanguage": [language.code for language in professional.languages.all()],
        "knowsAbout": [specialty.name for specialty in professional.specialties.all()],
    }
    service: dict[str, Any] = {
        "@type": brand.profile_type,
        "@id": f"{url}#service",
        "name": professional.person.full_name,
        "url": url,
        "employee": {"@id": person["@id"]},
        **_medical(professional),
        "address": [_address(office) for office in professional.offices.all()],
        "makesOffer": [_offer(meeting_type, url) for meeting_type in meeting_types],
        "potentialAction": {
            "@type": "ReserveAction",
            "target": {
                "@type": "EntryPoint",
                "urlTemplate": url,
                "actionPlatform": [
                    "https://schema.org/DesktopWebPlatform",
                    "https://schema.org/MobileWebPlatform",
                ],
            },
            "result": {"@type": "Reservation"},
        },
    }
    if professional.portrait:
        person["image"] = service["image"] = brand.url(professional.portrait.url)
    page = {"@type": "ProfilePage", "@id": url, "url": url, "mainEntity": {"@id": service["@id"]}}
    crumbs = {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": 1, "name": brand.name, "item": brand.url("/")},
            {"@type": "ListItem", "position": 2, "name": professional.person.full_name, "item": url},
        ],
    }
    return {"@context": "https://schema.org", "@graph": [page, service, person, crumbs]}


def _address(office: Any) -> dict[str, str]:
    return {
        "@type": "PostalAddress",
        "streetAddress": office.street,
        "postalCode": office.postcode,
        "addressLocality": office.city,
        "addressCountry": office.country,
    }


def _offer(meeting_type: MeetingType, url: str) -> dict[str, Any]:
    return {
        "@type": "Offer",
        "url": f"{url}book/{meeting_type.slug}/",
        "itemOffered": {"@type": "Service", "name": meeting_type.title},
        "eligibleDuration": {"@type": "QuantitativeValue", "value": meeting_type.duration, "unitCode": "MIN"},
    }


def _medical(professional: Professional) -> dict[str, Any]:
    """medicalSpecialty of those specialties that have a name at schema.org, where members are physicians."""
    if professional.brand.profile_type != Brand.ProfileType.PHYSICIAN:
        return {}
    names = [specialty.schema_type for specialty in professional.specialties.all() if specialty.schema_type]
    return {"medicalSpecialty": [f"https://schema.org/{name}" for name in names]} if names else {}
