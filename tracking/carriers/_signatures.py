"""Comparing what a sender signed with what we compute, always in constant time."""

import hashlib
import hmac


def same(given: str | bytes, expected: str | bytes) -> bool:
    """Whether two secrets or digests are equal; never true for an empty one."""
    left, right = _bytes(given), _bytes(expected)
    return bool(left and right) and hmac.compare_digest(left, right)


def hmac_sha256(secret: str, body: bytes) -> bytes:
    """HMAC-SHA256 of the raw body."""
    return hmac.new(_bytes(secret), body, hashlib.sha256).digest()


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
