"""Columns whose content only the portal can read: secrets of peers, encrypted under a key made of the portal's own.

A value is kept as ``sealed:`` and a Fernet token. The key comes from `SECRET_KEY`; values sealed under a key in
`SECRET_KEY_FALLBACKS` are still read, and are sealed anew when they are saved. Sealed columns can't be searched.
"""

import base64
import json
import logging
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models
from django.utils.crypto import salted_hmac

logger = logging.getLogger(__name__)

MARK = "sealed:"


def seal(text: str) -> str:
    """Encrypt; "" stays "", so that a missing secret is seen as such in the database."""
    return MARK + _ring_of_keys(_keys()).encrypt(text.encode()).decode() if text else ""


def unseal(kept: str) -> str:
    """Decrypt what `seal` made; "" when no key fits, which is logged. A text without the mark was never sealed."""
    if not kept.startswith(MARK):
        return kept
    try:
        return _ring_of_keys(_keys()).decrypt(kept.removeprefix(MARK).encode()).decode()
    except InvalidToken:
        logger.error("a sealed value can't be read: no key fits; see PORTAL_SECRET_KEY_FALLBACKS")
        return ""


class SealedText(models.TextField):
    """A text that is encrypted in the database."""

    def get_prep_value(self, value: Any) -> Any:
        return seal(value) if isinstance(value, str) else value

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        return None if value is None else unseal(value)


class SealedMapping(models.Field):
    """Names and texts, encrypted together in the database."""

    _pyi_private_set_type: dict[str, str]
    _pyi_private_get_type: dict[str, str]

    def get_internal_type(self) -> str:
        return "TextField"

    def get_prep_value(self, value: Any) -> Any:
        return seal(json.dumps(value)) if value else ""

    def from_db_value(self, value: str | None, *_: object) -> dict[str, str]:
        return self.to_python(unseal(value or ""))

    def to_python(self, value: Any) -> dict[str, str]:
        return json.loads(value) if isinstance(value, str) and value else value or {}


def _keys() -> tuple[str, ...]:
    return (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


@cache
def _ring_of_keys(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_fernet_key(key)) for key in keys])


def _fernet_key(secret: str) -> bytes:
    digest = salted_hmac("logistics_portal.kernel.sealed", "fernet", secret=secret, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest)
