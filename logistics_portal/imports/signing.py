"""Signs payloads as the carriers do, so that recorded ones can go through the real doors again."""

import base64
import hashlib
import hmac
import unicodedata
from collections.abc import Callable
from urllib.parse import parse_qs, urlencode

FORM = "application/x-www-form-urlencoded"
Signed = tuple[bytes, dict[str, str]]  # the body to send, and the headers that go with it


def _mac(secret: str, body: bytes) -> bytes:
    return hmac.new(secret.encode(), body, hashlib.sha256).digest()


def _portal_secret(body: bytes, secret: str) -> Signed:
    return body, {"x-portal-secret": secret}


def _ups(body: bytes, secret: str) -> Signed:
    return body, {"credential": secret}


def _fedex(body: bytes, secret: str) -> Signed:
    return body, {"fdx-signature": _mac(secret, body).hex()}


def _aftership(body: bytes, secret: str) -> Signed:
    return body, {"aftership-hmac-sha256": base64.b64encode(_mac(secret, body)).decode()}


def _easypost(body: bytes, secret: str) -> Signed:
    return body, {"x-hmac-signature": f"hmac-sha256-hex={_mac(unicodedata.normalize('NFKD', secret), body).hex()}"}


def _seventeentrack(body: bytes, secret: str) -> Signed:
    return body, {"sign": hashlib.sha256(body + b"/" + secret.encode()).hexdigest()}


def _kuaidi100(body: bytes, secret: str) -> Signed:
    """The push is a form that holds JSON and its MD5; a recorded form is signed anew."""
    param = body.decode("utf-8", "replace")
    if body.lstrip()[:1] not in (b"{", b"["):
        param = parse_qs(param, keep_blank_values=True).get("param", [param])[0]
    digest = hashlib.md5((param + secret).encode(), usedforsecurity=False).hexdigest().upper()
    return urlencode({"sign": digest, "param": param}).encode(), {"content-type": FORM}


_SIGNERS: dict[str, Callable[[bytes, str], Signed]] = {
    "aftership": _aftership,
    "dhl": _portal_secret,
    "easypost": _easypost,
    "fedex": _fedex,
    "kuaidi100": _kuaidi100,
    "seventeentrack": _seventeentrack,
    "ups": _ups,
    "usps": _portal_secret,
}
SIGNED_CARRIERS = frozenset(_SIGNERS)


def sign(code: str, body: bytes, secret: str) -> Signed:
    """Body and headers of a push as the carrier sends it.

    Raises:
        KeyError: nothing is known of how this carrier signs.
    """
    sent, headers = _SIGNERS[code](body, secret)
    return sent, {"content-type": "text/xml" if body.lstrip()[:1] == b"<" else "application/json", **headers}
