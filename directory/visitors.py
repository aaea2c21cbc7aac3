"""Where a request comes from, and how it may be remembered: hashed with the installation's secret, or coarsened."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac


def address(request: HttpRequest) -> str:
    """What counts as one visitor: the IPv4 address, or the /64 of an IPv6 address; "" where nobody tells.

    Behind TRUSTED_PROXIES proxies the outermost of them wrote whom it saw; entries before that may be made up.
    """
    seen = request.META.get("REMOTE_ADDR", "")
    if count := settings.TRUSTED_PROXIES:
        forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
        seen = forwarded[-count] if len(forwarded) >= count else seen
    try:
        ip = ipaddress.ip_address(seen)
    except ValueError:
        return ""
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return str(ipaddress.ip_network((ip, 64), strict=False)) if ip.version == 6 else str(ip)


def coarse(address: str) -> str:
    """/24 or /48: enough to see a pattern, too little to find a person."""
    if not address:
        return ""
    ip = ipaddress.ip_network(address).network_address
    return str(ipaddress.ip_network((ip, 48 if ip.version == 6 else 24), strict=False))


def fingerprint(text: str) -> str:
    """32 hexadecimal digits by which something personal is known again but not read."""
    return salted_hmac("directory.visitors", text, algorithm="sha256").hexdigest()[:32]


def plain_email(email: str) -> str:
    """As it is counted: lower case, without what follows a plus sign."""
    local, _at, domain = email.strip().lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def masked(email: str) -> str:
    """b•••@example.org"""
    local, _at, domain = email.strip().lower().rpartition("@")
    return f"{local[:1]}•••@{domain}" if domain else ""
