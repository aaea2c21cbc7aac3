"""Secrets at rest: Fernet with keys from the environment, newest first, so that keys can be rotated."""

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models
from django.db.models.query_utils import DeferredAttribute


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


def seal_bytes(content: bytes) -> bytes:
    """A file's content → what lies on the disk."""
    return _fernet().encrypt(content)


def unseal_bytes(content: bytes) -> bytes:
    try:
        return _fernet().decrypt(content)
    except InvalidToken as error:
        raise CannotUnseal("The encryption key of this file is gone.") from error


@dataclass(frozen=True, slots=True)
class _Sealed:
    """A value as the database holds it, not opened yet."""

    text: str


class _OpenedOnUse(DeferredAttribute):
    """Unseals when the value is read: a lost key stops who needs the secret, not every query for such rows."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        value = super().__get__(instance, cls)
        if isinstance(value, _Sealed):
            value = instance.__dict__[self.field.attname] = unseal(value.text)
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class SealedField(models.TextField):
    """A JSON value that the database holds encrypted. Never searchable, never shown."""

    descriptor_class = _OpenedOnUse
    # For the type checker: any JSON value, not text.
    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def get_prep_value(self, value: Any) -> str:
        return value.text if isinstance(value, _Sealed) else seal(value)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        return model_instance.__dict__[self.attname]

    def from_db_value(self, value: str | None, expression: object, connection: object) -> Any:
        return None if value is None else _Sealed(value)

    def to_python(self, value: Any) -> Any:
        return value
