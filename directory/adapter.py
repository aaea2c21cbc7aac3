"""django-allauth in the brand's name."""

import logging
from email.utils import formataddr
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sites.shortcuts import get_current_site
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from directory import mail_log
from directory.models import Brand, User

log = logging.getLogger(__name__)


def sender(brand: Brand) -> str:
    """`"Name" <address>` from which a brand sends mail."""
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
        brand = self._brand()
        ours = {"brand": brand, "home": brand.url() if brand else "", "subject": brand.name if brand else ""}
        ours["language"] = get_language() or settings.LANGUAGE_CODE
        return super().render_mail(template_prefix, email, context | ours, headers)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """As the library does, with a line in the log of mails."""
        about = {"request": self.request, "email": email, "current_site": get_current_site(self.request)}
        mail, brand = self.render_mail(template_prefix, email, about | context), self._brand()
        if brand is None:
            mail.send()
        else:
            mail_log.send(mail, brand=brand, kind=mail_log.Kind.ACCOUNT)

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """What it tells of is done already; a mail server that is silent must not turn that into an error page."""
        try:
            super().send_notification_mail(*args, **kwargs)
        except OSError:  # SMTPException is one
            log.warning("A notification about an account could not be sent.", exc_info=True)

    def get_reauthentication_methods(self, user: User | AnonymousUser) -> list[dict[str, Any]]:
        """In our words."""
        words = {
            "reauthenticate": _("Use the password"),
            "mfa_reauthenticate": _("Use a code"),
            "mfa_reauthenticate:webauthn": _("Use a passkey"),
        }
        methods = super().get_reauthentication_methods(user)
        return [method | {"description": words.get(method["id"], method["description"])} for method in methods]

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return getattr(request, "brand", None) is not None
