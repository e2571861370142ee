"""A payload is believed only when its sender held the secret; nothing a stranger sends raises."""

import base64
import hashlib
import hmac
import unicodedata
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logistics_portal.kernel.discover import discover
from tracking.carriers._direct import SharedSecret
from tracking.carriers.base import CarrierAdapter

CARRIERS: dict[str, CarrierAdapter] = {
    code: carrier
    for code, carrier in discover("tracking.carriers", "Carrier").items()
    if isinstance(carrier, CarrierAdapter)
}
# Adapters that leave `verify` to the shared helper
SHARED_SECRET = {
    code
    for code, carrier in CARRIERS.items()
    if isinstance(carrier, SharedSecret) and type(carrier).verify is SharedSecret.verify
}
SECRET = "Se\u0301same ouvre-toi"  # decomposed, so that EasyPost's normalization matters
BODY = '{"nu": "1", "place": "café"}'.encode()


def _mac(secret: str, body: bytes) -> bytes:
    return hmac.new(secret.encode(), body, hashlib.sha256).digest()


def _kuaidi100_form(param: str, secret: str) -> bytes:
    digest = hashlib.md5((param + secret).encode(), usedforsecurity=False).hexdigest().upper()
    return urlencode({"sign": digest, "param": param}).encode()


def _kdniao_form(data: str, secret: str) -> bytes:
    digest = hashlib.md5((data + secret).encode(), usedforsecurity=False).hexdigest()
    return urlencode(
        {"RequestType": "101", "RequestData": data, "DataSign": base64.b64encode(digest.encode()).decode()}
    ).encode()


def _token(secret: str) -> str:
    parts = (b'{"alg":"HS256"}', b'{"easyship_company_id":"c1"}')
    head = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    return f"{head}.{base64.urlsafe_b64encode(_mac(secret, head.encode())).decode().rstrip('=')}"


def signed(code: str, body: bytes, secret: str) -> tuple[bytes, dict[str, str]]:
    """Body and headers as the real sender would make them."""
    match code:
        case "kuaidi100":
            return _kuaidi100_form(body.decode(), secret), {}
        case "kdniao":
            return _kdniao_form(body.decode(), secret), {}
        case "shippo":
            return body, {"shippo-auth-signature": f"t=1760000000,v1={_mac(secret, b'1760000000.' + body).hex()}"}
        case "easyship":
            return body, {"x-easyship-signature": _token(secret)}
        case "aftership":
            return body, {"aftership-hmac-sha256": base64.b64encode(_mac(secret, body)).decode()}
        case "easypost":
            digest = _mac(unicodedata.normalize("NFKD", secret), body).hex()
            return body, {"x-hmac-signature": f"hmac-sha256-hex={digest}"}
        case "seventeentrack":
            return body, {"sign": hashlib.sha256(body + b"/" + secret.encode()).hexdigest()}
        case "fedex":
            return body, {"fdx-signature": _mac(secret, body).hex()}
        case "ups":
            return body, {"credential": secret}
        case "ninja_van":
            return body, {"x-ninjavan-hmac-sha256": base64.b64encode(_mac(secret, body)).decode()}
        case "seko":
            return body, {"password": secret}
        case "dhl" | "usps":
            return body, {"x-portal-secret": secret}
    if code in SHARED_SECRET:
        return body, {"x-portal-secret": secret}
    raise AssertionError(f"this test doesn't know how {code} signs")


# The body is not part of what these prove: the peer documents no signature of it.
UNSIGNED_BODY = {"ups", "dhl", "usps", "seko", "easyship"} | SHARED_SECRET


@pytest.mark.parametrize("code", sorted(CARRIERS))
def test_accepts_the_sender(code: str) -> None:
    body, headers = signed(code, BODY, SECRET)
    assert CARRIERS[code].verify(body=body, headers=headers, secret=SECRET) is True


@pytest.mark.parametrize("code", sorted(CARRIERS))
def test_refuses_another_secret(code: str) -> None:
    body, headers = signed(code, BODY, "another secret")
    assert CARRIERS[code].verify(body=body, headers=headers, secret=SECRET) is False


@pytest.mark.parametrize("code", sorted(set(CARRIERS) - UNSIGNED_BODY))
def test_refuses_a_changed_body(code: str) -> None:
    body, headers = signed(code, BODY, SECRET)
    assert CARRIERS[code].verify(body=body + b" ", headers=headers, secret=SECRET) is False


@pytest.mark.parametrize("code", sorted(CARRIERS))
def test_refuses_without_a_signature_or_secret(code: str) -> None:
    body, headers = signed(code, BODY, "")
    assert CARRIERS[code].verify(body=body, headers=headers, secret="") is False
    assert CARRIERS[code].verify(body=BODY, headers={}, secret=SECRET) is False
    assert CARRIERS[code].verify(body=b"", headers={}, secret=SECRET) is False


def test_other_documented_ways() -> None:
    mac = base64.b64encode(_mac(SECRET, BODY)).decode()
    assert CARRIERS["fedex"].verify(body=BODY, headers={"fdx-signature": mac}, secret=SECRET)
    assert CARRIERS["ups"].verify(body=BODY, headers={"authorization": f"Bearer {SECRET}"}, secret=SECRET)
    composed = unicodedata.normalize("NFC", SECRET)
    body, headers = signed("easypost", BODY, SECRET)
    assert CARRIERS["easypost"].verify(body=body, headers=headers, secret=composed)


HEADERS = (
    *("aftership-hmac-sha256", "x-hmac-signature", "sign", "fdx-signature", "credential", "authorization"),
    *("x-portal-secret", "x-ninjavan-hmac-sha256", "password", "shippo-auth-signature", "x-easyship-signature"),
)


@settings(max_examples=60, deadline=None)
@given(
    body=st.binary(max_size=80), value=st.text(max_size=40), scheme=st.sampled_from(["", "hmac-sha256-hex=", "Bearer "])
)
def test_garbage_is_refused_without_an_exception(body: bytes, value: str, scheme: str) -> None:
    for carrier in CARRIERS.values():
        for prefix in (b"", b"sign=x&param="):
            headers = dict.fromkeys(HEADERS, scheme + value)
            assert carrier.verify(body=prefix + body, headers=headers, secret="q-never-drawn-0123456789") is False
