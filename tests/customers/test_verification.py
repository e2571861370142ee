"""A number is proved by a code that was sent to it, in few tries, for a while."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber as Number

import customers.services
from customers.models import Device, PhoneNumber, PhoneVerification
from customers.services import CODE_LIVES, PROOF_LASTS, TRIES_A_CODE, WrongCode, parse_phone
from logistics_portal.kernel.errors import Invalid, TooOften
from logistics_portal.kernel.models import Allowance, Event
from orders.models import Order
from tests import build

ANN = Number.from_string(build.ANNS_PHONE)
BOB = Number.from_string("+12125550123")


def ask(number: Number = ANN, *, purpose: str = "sign_in", caller: str = "192.0.2.1") -> PhoneVerification:
    return customers.services.request_verification(number=number, purpose=purpose, language="en", caller=caller)


def confirm(code: str, number: Number = ANN, *, purpose: str = "sign_in") -> PhoneVerification:
    return customers.services.confirm_verification(number=number, purpose=purpose, code=code)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


@pytest.fixture
def sent(db: None) -> PhoneVerification:
    return ask()


@pytest.fixture
def code(sent: PhoneVerification) -> str:
    return customers.services.verification_code(sent)


def later(**time: int) -> None:
    """Let the windows of the limits pass."""
    ends_at = timezone.now() - timedelta(**time)
    Allowance.objects.update(window_ends_at=ends_at)


def test_the_code_proves_the_number(code: str, order: Order) -> None:
    proved = confirm(code)
    assert proved.used_at is not None
    assert PhoneNumber.objects.get(number=ANN).verified_at is not None
    assert Event.objects.filter(name="customers.phone_verified").count() == 1


def test_spaces_around_a_code_do_not_matter(code: str) -> None:
    confirm(f" {code}\n")


def test_a_code_is_good_once(code: str) -> None:
    confirm(code)
    with pytest.raises(WrongCode):
        confirm(code)


def test_no_table_holds_the_code(code: str, sent: PhoneVerification) -> None:
    rows = [*PhoneVerification.objects.values(), *Event.objects.values(), *Allowance.objects.values()]
    assert code not in str([{k: v for k, v in row.items() if not k.endswith("id")} for row in rows])


def test_a_code_is_for_one_number_and_purpose(code: str) -> None:
    for changes in ({"number": BOB}, {"purpose": "open_order"}):
        with pytest.raises(WrongCode):
            confirm(code, **changes)
    confirm(code)


def test_wrong_codes_are_counted_and_end_the_code(code: str) -> None:
    for left in range(TRIES_A_CODE - 1, -1, -1):
        with pytest.raises(WrongCode) as refused:
            confirm(wrong(code))
        assert str(left) in refused.value.message
        assert "code" in refused.value.fields
    with pytest.raises(WrongCode):
        confirm(code)


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["", " ", "abc", "１２３４５６", "\ud800", "\0", "0" * 10_000, "-1"])
def test_whatever_is_typed_is_a_wrong_code(typed: str) -> None:
    ask()
    with pytest.raises(WrongCode):
        confirm(typed)


def test_a_code_runs_out(code: str) -> None:
    PhoneVerification.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(WrongCode):
        confirm(code)


def test_a_new_code_replaces_the_old_one(code: str, sent: PhoneVerification) -> None:
    later(seconds=1)
    second = ask()
    assert second.expires_at - second.sent_at == pytest.approx(CODE_LIVES, abs=timedelta(seconds=1))
    if customers.services.verification_code(second) != code:
        with pytest.raises(WrongCode):
            confirm(code)
    confirm(customers.services.verification_code(second))


@pytest.mark.django_db
def test_codes_are_sent_once_a_minute_and_few_times_a_day() -> None:
    ask()
    with pytest.raises(TooOften) as refused:
        ask()
    assert 1 <= refused.value.retry_after <= 60
    ask(BOB)
    sends = 1
    with pytest.raises(TooOften):
        for _ in range(30):
            Allowance.objects.filter(key__startswith="code-minute").delete()
            ask()
            sends += 1
    assert sends == 5, "the hour's limit"


@pytest.mark.django_db
def test_one_caller_can_not_have_codes_sent_to_everybody() -> None:
    numbers = [Number.from_string(f"+49151123{digits:05d}") for digits in range(31)]
    with pytest.raises(TooOften):
        for number in numbers:
            ask(number, caller="203.0.113.9")
    assert PhoneVerification.objects.count() == 30
    ask(numbers[-1], caller="203.0.113.10")


@pytest.mark.django_db
def test_guessing_day_and_night_is_hopeless() -> None:
    tries = 0
    with pytest.raises(TooOften):
        for _ in range(100):
            Allowance.objects.filter(key__startswith="code-minute").delete()
            Allowance.objects.filter(key__startswith="code-hour").delete()
            Allowance.objects.filter(key__startswith="code-day").delete()
            code = customers.services.verification_code(ask())
            for _ in range(TRIES_A_CODE):
                with pytest.raises(WrongCode):
                    confirm(wrong(code))
                tries += 1
    assert tries <= 30


@pytest.mark.django_db
def test_limits_hold_no_number_and_no_address_in_the_clear() -> None:
    ask(caller="198.51.100.77")
    keys = " ".join(Allowance.objects.values_list("key", flat=True))
    assert "15112345678" not in keys
    assert "198.51" not in keys


@pytest.mark.django_db
def test_a_device_remembers_what_it_proved_for_a_while() -> None:
    session = SessionStore()
    session.create()
    planted = session.session_key
    customers.services.remember_proof(session, ANN)
    assert session.session_key != planted, "a session that somebody planted must not become a proved one"
    assert customers.services.session_proves(session, ANN)
    assert not customers.services.session_proves(session, BOB)
    customers.services.remember_proof(session, BOB)
    Device.objects.filter(number=ANN).update(proved_at=timezone.now() - PROOF_LASTS - timedelta(minutes=1))
    assert customers.services.proved_numbers(session) == [str(BOB)]
    customers.services.forget_proofs(session)
    assert customers.services.proved_numbers(session) == []
    assert not Device.objects.filter(number=BOB, ended_at__isnull=True).exists()


# Numbers as people write them.


@pytest.fixture(scope="module")
def examples() -> list[dict[str, Any]]:
    recorded = settings.CORPUS_DIR / "phone" / "example_numbers.json"
    if not recorded.exists():
        pytest.skip("no recorded numbers here")
    return json.loads(recorded.read_text())["rows"]


@pytest.mark.corpus
def test_every_valid_example_is_read_in_each_way_of_writing(examples: list[dict[str, Any]]) -> None:
    valid = [row for row in examples if row["valid"]]
    assert len(valid) > 200
    for row in valid:
        for written in (row["e164"], row["international"], row["rfc3966"]):
            assert parse_phone(written, region=None).as_e164 == row["e164"], row


@pytest.mark.corpus
def test_every_invalid_example_is_refused_with_a_reason(examples: list[dict[str, Any]]) -> None:
    invalid = [row for row in examples if not row["valid"]]
    assert len(invalid) > 200
    for row in invalid:
        with pytest.raises(Invalid) as refused:
            parse_phone(row["e164"], region=row["region"])
        assert refused.value.fields["phone"][0].startswith(f"“{row['e164'][:40]}”"), row
