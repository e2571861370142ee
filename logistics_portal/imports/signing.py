"""Signs payloads as the carriers do, so that recorded ones can go through the real doors again."""

import base64
import hashlib
import hmac
import time
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


def _kdniao(body: bytes, secret: str) -> Signed:
    """As Kuaidi100's, with its own names and the digest in base64."""
    data = body.decode("utf-8", "replace")
    if body.lstrip()[:1] not in (b"{", b"["):
        data = parse_qs(data, keep_blank_values=True).get("RequestData", [data])[0]
    digest = hashlib.md5((data + secret).encode(), usedforsecurity=False).hexdigest()
    form = {"RequestType": "101", "RequestData": data, "DataSign": base64.b64encode(digest.encode()).decode()}
    return urlencode(form).encode(), {"content-type": FORM}


def _shippo(body: bytes, secret: str) -> Signed:
    now = str(int(time.time()))
    return body, {"shippo-auth-signature": f"t={now},v1={_mac(secret, now.encode() + b'.' + body).hex()}"}


def _easyship(body: bytes, secret: str) -> Signed:
    """A JSON web token, which does not cover the body."""
    head = ".".join(_url64(part) for part in (b'{"alg":"HS256"}', b'{"easyship_company_id":"replay"}'))
    return body, {"x-easyship-signature": f"{head}.{_url64(_mac(secret, head.encode()))}"}


def _url64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _ninja_van(body: bytes, secret: str) -> Signed:
    return body, {"x-ninjavan-hmac-sha256": base64.b64encode(_mac(secret, body)).decode()}


def _seko(body: bytes, secret: str) -> Signed:
    return body, {"password": secret}


# Carriers that document no signature, which are most, are told to send a secret header: they need no line here.
_SIGNERS: dict[str, Callable[[bytes, str], Signed]] = {
    "aftership": _aftership,
    "easypost": _easypost,
    "easyship": _easyship,
    "fedex": _fedex,
    "kdniao": _kdniao,
    "kuaidi100": _kuaidi100,
    "ninja_van": _ninja_van,
    "seko": _seko,
    "seventeentrack": _seventeentrack,
    "shippo": _shippo,
    "ups": _ups,
}


def sign(code: str, body: bytes, secret: str) -> Signed:
    """Body and headers of a push as the carrier sends it."""
    sent, headers = _SIGNERS.get(code, _portal_secret)(body, secret)
    return sent, {"content-type": "text/xml" if body.lstrip()[:1] == b"<" else "application/json", **headers}
