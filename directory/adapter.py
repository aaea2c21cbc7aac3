"""django-allauth in the brand's name."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from directory.models import Brand


def sender(brand: Brand) -> str:
    """`"Name" <address>` from which a brand sends mail."""
    from email.utils import formataddr

    return formataddr((brand.sender_name or brand.name, brand.sender_address))


class AccountAdapter(DefaultAccountAdapter):
    """Account mails come from the brand of the host on which they were asked for."""

    def _brand(self) -> Brand | None:
        return getattr(self.request, "brand", None)

    def get_from_email(self) -> str:
        brand = self._brand()
        return sender(brand) if brand else super().get_from_email()

    def format_email_subject(self, subject: str) -> str:
        return subject

    def render_mail(self, template_prefix: str, email: str, context: dict[str, Any], headers: Any = None) -> Any:
        return super().render_mail(template_prefix, email, {**context, "brand": self._brand()}, headers)

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return getattr(request, "brand", None) is not None
