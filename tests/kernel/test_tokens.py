"""Codes and tokens: derived, unguessable, revocable, and good across a change of the key."""

import base64
import string
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logistics_portal.kernel import tokens

ROW = UUID("01890a5d-ac96-774b-bcce-b302099a8057")


def holds(token: str, **changes: object) -> bool:
    given = {"purpose": "order-link", "row_id": ROW} | changes
    return tokens.token_holds(given.pop("purpose"), token, given.pop("row_id"), **given)


def test_a_token_names_its_row_and_holds_for_it_alone() -> None:
    token = tokens.make_token("order-link", ROW)
    assert tokens.read_token(token) == ROW
    assert holds(token)
    assert not holds(token, row_id=uuid4())
    assert not holds(token, purpose="label")
    assert len(token) == 38


def test_a_new_version_revokes_the_former_tokens() -> None:
    first, second = (tokens.make_token("order-link", ROW, version=version) for version in (1, 2))
    assert not holds(first, version=2)
    assert holds(second, version=2)
    assert not holds(second, version=1)


@pytest.mark.parametrize("version", [255, 256, 32767])
def test_a_link_can_be_revoked_as_often_as_the_column_counts(version: int) -> None:
    assert holds(tokens.make_token("order-link", ROW, version=version), version=version)


def test_every_bit_of_the_mark_counts() -> None:
    raw = bytearray(base64.urlsafe_b64decode(tokens.make_token("order-link", ROW) + "=="))
    for position in range(16 * 8, 28 * 8):
        forged = bytearray(raw)
        forged[position // 8] ^= 1 << position % 8
        assert not holds(base64.urlsafe_b64encode(forged).rstrip(b"=").decode())


def test_a_token_of_a_stranger_does_not_hold_with_another_row_in_front() -> None:
    own, other = (base64.urlsafe_b64decode(tokens.make_token("order-link", row) + "==") for row in (ROW, uuid4()))
    grafted = base64.urlsafe_b64encode(own[:16] + other[16:]).rstrip(b"=").decode()
    assert tokens.read_token(grafted) == ROW
    assert not holds(grafted)


@given(st.text(max_size=60))
def test_whatever_stands_in_a_link_is_read_without_an_error(token: str) -> None:
    assert isinstance(tokens.read_token(token), UUID | None)
    assert not holds(token)


@pytest.mark.parametrize("cut", [0, 1, 16, 37])
def test_a_cut_token_is_none(cut: int) -> None:
    assert tokens.read_token(tokens.make_token("order-link", ROW)[:cut]) is None


def test_a_new_key_keeps_the_old_links_and_codes_while_it_is_a_fallback(settings: Any) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "old key", []
    token, code = tokens.make_token("order-link", ROW), tokens.derive_code("handover", ROW, digits=8)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new key", ["older key", "old key"]
    assert holds(token)
    assert tokens.code_matches("handover", ROW, code, digits=8)
    assert tokens.make_token("order-link", ROW) != token
    settings.SECRET_KEY_FALLBACKS = []
    assert not holds(token)
    assert not tokens.code_matches("handover", ROW, code, digits=8)


def test_a_code_has_its_digits_and_is_the_same_at_each_call() -> None:
    codes = {tokens.derive_code("phone-verification", ROW, digits=6) for _ in range(3)}
    assert len(codes) == 1
    [code] = codes
    assert len(code) == 6
    assert code.isdecimal()
    assert tokens.code_matches("phone-verification", ROW, code, digits=6)
    assert code != tokens.derive_code("handover", ROW, digits=6)


def test_codes_are_spread_evenly() -> None:
    firsts = Counter(tokens.derive_code("handover", uuid4(), digits=4)[0] for _ in range(5000))
    assert set(firsts) == set("0123456789")
    assert max(firsts.values()) < 2 * min(firsts.values())


@given(st.text(max_size=12))
def test_whatever_is_typed_as_a_code_is_compared_without_an_error(typed: str) -> None:
    code = tokens.derive_code("handover", ROW, digits=4)
    assert tokens.code_matches("handover", ROW, typed, digits=4) is (typed == code)


def test_a_keyed_digest_needs_the_key(settings: Any) -> None:
    settings.SECRET_KEY = "one"
    first = tokens.keyed_digest("number", "+4915112345678")
    assert first == tokens.keyed_digest("number", "+4915112345678")
    assert first != tokens.keyed_digest("caller", "+4915112345678")
    settings.SECRET_KEY = "two"
    assert first != tokens.keyed_digest("number", "+4915112345678")


def test_a_token_is_spelled_in_one_way_only() -> None:
    """The decoder overlooks strange signs, and the last letter's spare bits: one row would have many addresses."""
    token = tokens.make_token("order", ROW)
    letters = string.ascii_letters + string.digits + "-_"
    others = [token[:-1] + letter for letter in letters if letter != token[-1]]
    for other in (
        *others,
        f"{token}=",
        f"{token[:9]}!{token[9:]}",
        f" {token}",
        token.replace(token[3], f"{token[3]}\n"),
    ):
        assert not tokens.token_holds("order", other, ROW)
