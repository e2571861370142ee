"""Addresses that letters about a conversation are sent to: a token in the part before the @.

Mail programs may write that part in small letters, so the token is written with signs that have one case.
"""

import base64
import binascii


def address_for(token: str, base: str) -> str:
    """``reply@example.com`` and a token as ``reply+…@example.com``."""
    name, _, domain = base.partition("@")
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    return f"{name}+{base64.b32encode(raw).decode().rstrip('=').lower()}@{domain}"


def token_in(address: str, base: str) -> str:
    """The token of an address that `address_for` made; "" in any other."""
    name, _, domain = base.lower().partition("@")
    local, _, host = address.strip().lower().rpartition("@")
    if not name or host != domain or not local.startswith(f"{name}+"):
        return ""
    written = local.removeprefix(f"{name}+").upper()
    try:
        raw = base64.b32decode(written + "=" * (-len(written) % 8))
    except binascii.Error:
        return ""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
