"""Secrets at rest: Fernet with keys from the environment, newest first, so that keys can be rotated."""

import base64
import hashlib
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


def _fernet() -> MultiFernet:
    """ENCRYPTION_KEYS, else keys derived from SECRET_KEY and its fallbacks."""
    keys = settings.ENCRYPTION_KEYS or [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest())) for key in keys])


def seal(value: Any) -> str:
    """Any JSON value → text for the database."""
    return _fernet().encrypt(json.dumps(value).encode()).decode()


class CannotUnseal(Exception):
    """The key with which a secret was sealed is gone."""


def unseal(text: str) -> Any:
    try:
        return json.loads(_fernet().decrypt(text.encode()))
    except InvalidToken as error:
        raise CannotUnseal("The encryption key of this secret is gone; enter the secret again.") from error


class SealedField(models.TextField):
    """A JSON value that the database holds encrypted. Never searchable, never shown."""

    def get_prep_value(self, value: Any) -> str:
        return seal(value)

    def from_db_value(self, value: str | None, expression: object, connection: object) -> Any:
        return None if value is None else unseal(value)

    def to_python(self, value: Any) -> Any:
        return value
