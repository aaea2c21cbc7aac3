"""SIGN_IN_PROVIDERS as django-allauth wants it. docs/sign-in.md explains the keys."""

from typing import Any

OURS = {"id", "name", "server", "client_id", "secret", "brands", "link_by_email", "scope"}
WELL_KNOWN = {
    "google": ("Google", "https://accounts.google.com"),
    "microsoft": ("Microsoft", "https://login.microsoftonline.com/common/v2.0"),
}


def apps(providers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """SIGN_IN_PROVIDERS → apps of django-allauth. KeyError or ValueError for what would not work, at start."""
    found = []
    for provider in providers:
        unknown = set(provider) - OURS
        if unknown:
            raise ValueError(f"SIGN_IN_PROVIDERS: unknown keys {sorted(unknown)}")
        name, server = WELL_KNOWN.get(provider["id"], (provider["id"], ""))
        options = {
            "server_url": provider.get("server") or server,
            "brands": provider.get("brands", []),
            "link_by_email": provider.get("link_by_email", True),
            "scope": provider.get("scope", ["openid", "profile", "email"]),
            # PKCE: a code that is caught on its way is worth nothing.
            "oauth_pkce_enabled": True,
        }
        if not options["server_url"]:
            raise ValueError(f"SIGN_IN_PROVIDERS: {provider['id']} needs its server")
        found.append(
            {
                "provider_id": provider["id"],
                "name": provider.get("name", name),
                "client_id": provider["client_id"],
                "secret": provider.get("secret", ""),
                "settings": options,
            }
        )
    if len({app["provider_id"] for app in found}) != len(found):
        raise ValueError("SIGN_IN_PROVIDERS: each id once")
    return found
