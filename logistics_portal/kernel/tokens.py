"""Secrets that need no storage: codes and tokens derived from the portal's key and a row's id.

A database that leaks opens nothing, since nothing that opens a door is in it.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from uuid import UUID

from django.conf import settings

_MARK_BYTES = 12  # 96 bits: guessing one is hopeless at any rate a server can answer


def _keys() -> Iterator[bytes]:
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        yield key.encode()


def _mac(key: bytes, purpose: str, message: bytes) -> bytes:
    return hmac.new(key, purpose.encode() + b"\0" + message, hashlib.sha256).digest()


def digest(secret: str) -> str:
    """SHA-256 in hex of a secret with enough entropy of its own (an API key), for storing and looking up."""
    return hashlib.sha256(secret.encode()).hexdigest()


def keyed_digest(purpose: str, value: str) -> str:
    """A digest of a guessable value (an address, a phone number) that can't be reversed without the portal's key."""
    return _mac(next(_keys()), purpose, value.encode()).hex()[:32]


def derive_code(purpose: str, row_id: UUID, *, digits: int) -> str:
    """The code of a row, ``digits`` decimal digits; the same at every call."""
    return _code(next(_keys()), purpose, row_id, digits)


def code_matches(purpose: str, row_id: UUID, given: str, *, digits: int) -> bool:
    """Whether ``given`` is the row's code under the current key or a fallback, compared in constant time."""
    told = given.encode("utf-8", "replace")  # people type anything, and only bytes compare whatever they hold
    found = [hmac.compare_digest(_code(key, purpose, row_id, digits).encode(), told) for key in _keys()]
    return any(found)


def _code(key: bytes, purpose: str, row_id: UUID, digits: int) -> str:
    number = int.from_bytes(_mac(key, purpose, row_id.bytes), "big") % 10**digits
    return f"{number:0{digits}d}"


def make_token(purpose: str, row_id: UUID, *, version: int = 1) -> str:
    """An unguessable, URL-safe name of a row (38 characters); a new ``version`` revokes the former ones."""
    mark = _mac(next(_keys()), purpose, _named(row_id, version))[:_MARK_BYTES]
    return _spelled(row_id.bytes + mark)


def _spelled(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes_of(token: str) -> bytes:
    """Nothing where it is spelled otherwise than we would: the decoder alone overlooks strange signs and spare bits."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return b""
    return raw if _spelled(raw) == token else b""


def read_token(token: str) -> UUID | None:
    """The row id that a token names, not yet proved: look up the row, then ask `token_holds`."""
    raw = _bytes_of(token)
    return UUID(bytes=raw[:16]) if len(raw) == 16 + _MARK_BYTES else None


def token_holds(purpose: str, token: str, row_id: UUID, *, version: int = 1) -> bool:
    """Whether ``token`` was made for this row and version under the current key or a fallback."""
    given = _bytes_of(token)[16:]
    message = _named(row_id, version)
    found = [hmac.compare_digest(_mac(key, purpose, message)[:_MARK_BYTES], given) for key in _keys()]
    return any(found)


def _named(row_id: UUID, version: int) -> bytes:
    return row_id.bytes + version.to_bytes(2, "big")
