"""What the portal signs for a replay, the carriers' adapters believe; with another secret they don't."""

import json

import pytest

import tracking.services
from logistics_portal.imports.signing import sign

SECRET = "a secret of this test"
BODY = json.dumps({"number": "1", "place": "Köln"}, ensure_ascii=False).encode()


def verified(code: str, body: bytes, secret: str) -> bool:
    sent, headers = sign(code, body, secret)
    return tracking.services.CARRIERS[code].verify(body=sent, headers=headers, secret=SECRET)


@pytest.mark.parametrize("code", sorted(tracking.services.CARRIERS))
def test_every_carrier_believes_its_signature(code: str) -> None:
    assert verified(code, BODY, SECRET)
    assert not verified(code, BODY, "another secret")


@pytest.mark.parametrize("code", ["kuaidi100", "kdniao"])
def test_a_recorded_form_is_signed_anew(code: str) -> None:
    recorded, _ = sign(code, BODY, "the secret of somebody else")
    assert verified(code, recorded, SECRET)
