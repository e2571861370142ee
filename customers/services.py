"""Writes of customers: who somebody is, and the proof that a number is theirs."""

from datetime import timedelta
from typing import Any

import phonenumbers
from django.contrib.sessions.backends.base import SessionBase
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from phonenumber_field.phonenumber import PhoneNumber as Number

from logistics_portal.kernel import tokens
from logistics_portal.kernel.errors import Invalid
from logistics_portal.kernel.events import publish
from logistics_portal.kernel.limits import Limit, network_of, spend
from merchants.models import Merchant

from .events import PHONE_VERIFIED, VERIFICATION_REQUESTED
from .models import Address, Customer, PhoneNumber, PhoneVerification

CODE_DIGITS = 6
CODE_LIVES = timedelta(minutes=10)
TRIES_A_CODE = 5
PROOF_LASTS = timedelta(days=90)
SESSION_KEY = "proved_numbers"

# What SMS vendors allow for one number; the callers' limit keeps one address from spending everybody's.
SENDS = (
    Limit("code-minute", 1, 60),
    Limit("code-hour", 5, 3600),
    Limit("code-day", 10, 24 * 3600),
)
SENDS_A_CALLER = Limit("code-caller", 30, 3600)
TRIES_A_DAY = Limit("code-tries", 30, 24 * 3600)
TRIES_A_CALLER = Limit("code-tries-caller", 60, 3600)

_POSSIBLE = phonenumbers.ValidationResult
_WRONG_LENGTH = {
    _POSSIBLE.TOO_SHORT: gettext_lazy("is too short"),
    _POSSIBLE.TOO_LONG: gettext_lazy("is too long"),
    _POSSIBLE.INVALID_LENGTH: gettext_lazy("has a length that no number of this country has"),
    _POSSIBLE.IS_POSSIBLE_LOCAL_ONLY: gettext_lazy("lacks the area code"),
    _POSSIBLE.INVALID_COUNTRY_CODE: gettext_lazy("has a country code that does not exist"),
}


class WrongCode(Invalid):
    """The code is not the one that was sent, or it is no longer good."""

    code = "wrong_code"


def parse_phone(text: str, *, region: str | None) -> Number:
    """Read a phone number as people write it; ``region`` (ISO 3166-1) is for numbers without a country code.

    Raises:
        Invalid: with the reason, in ``fields["phone"]``.
    """
    try:
        number = Number.from_string(text, region=region)
    except phonenumbers.NumberParseException as error:
        raise _wrong_phone(
            _("“%s” is not a phone number. Write it with the country code, like +49 151 23456789.") % text[:40]
        ) from error
    verdict = phonenumbers.is_possible_number_with_reason(number)
    if verdict != _POSSIBLE.IS_POSSIBLE:
        raise _wrong_phone(_("“%(text)s” %(reason)s.") % {"text": text[:40], "reason": _WRONG_LENGTH[verdict]})
    if not number.is_valid():
        raise _wrong_phone(_("“%s” is in a range of numbers that nobody was given. Check the digits.") % text[:40])
    return number


def _wrong_phone(reason: str) -> Invalid:
    return Invalid(reason, fields={"phone": [reason]})


@transaction.atomic
def find_or_create_customer(
    *, merchant: Merchant, number: Number, name: str, email: str = "", language: str = "en"
) -> Customer:
    """The current holder of a number at a merchant, or a new customer; name and email follow the latest order."""
    held = _holder(merchant, number)
    if held is None:
        try:
            with transaction.atomic():
                customer = Customer.objects.create(merchant=merchant, name=name, email=email, language=language)
                PhoneNumber.objects.create(customer=customer, merchant=merchant, number=number)
                return customer
        except IntegrityError:  # somebody else's order with the same number came first
            held = _holder(merchant, number)
            assert held is not None
    customer = held.customer
    if (customer.name, customer.email or email) != (name, email or customer.email):
        customer.name, customer.email = name, email or customer.email
        customer.save(update_fields=["name", "email"])
    return customer


def _holder(merchant: Merchant, number: Number) -> PhoneNumber | None:
    current = PhoneNumber.objects.filter(merchant=merchant, number=number, until__isnull=True)
    return current.select_related("customer").first()


def remember_address(*, customer: Customer, region: str = "", **fields: Any) -> None:
    """Put an address into the customer's book, or mark the one that is there as used now.

    The region is no part of what tells addresses apart: shops write it or leave it out as they like.
    """
    seen = {"region": region, "last_used_at": timezone.now()}
    Address.objects.update_or_create(seen, customer=customer, **fields)


def request_verification(
    *, number: Number, purpose: str, language: str, caller: str, merchant: Merchant | None = None
) -> PhoneVerification:
    """Have a code sent to ``number``. ``caller`` is the address that asks.

    Raises:
        TooOften: this number or this caller asked too often.
    """
    spend(
        SENDS_A_CALLER,
        tokens.keyed_digest("caller", network_of(caller)),
        message=_("Too many codes were asked for. Try again later."),
    )
    for limit in SENDS:
        spend(
            limit,
            tokens.keyed_digest("number", str(number)),
            message=_("A code was just sent. Wait before asking again."),
        )
    with transaction.atomic():
        verification = PhoneVerification.objects.create(
            number=number,
            purpose=purpose,
            merchant=merchant,
            language=language,
            expires_at=timezone.now() + CODE_LIVES,
        )
        publish(VERIFICATION_REQUESTED, merchant_id=merchant.pk if merchant else None, subject_id=verification.pk)
    return verification


def verification_code(verification: PhoneVerification) -> str:
    """The code of a verification: derived, so that no table holds it."""
    return tokens.derive_code("phone-verification", verification.pk, digits=CODE_DIGITS)


def is_known_number(number: Number) -> bool:
    """Whether some merchant has a customer with this number now."""
    return PhoneNumber.objects.filter(number=number, until__isnull=True).exists()


def confirm_verification(*, number: Number, purpose: str, code: str, caller: str = "") -> PhoneVerification:
    """Prove a number with the code that was sent last.

    Raises:
        WrongCode: not the code, or it ran out, was used, or was tried too often; the message says what to do.
        TooOften: too many codes were tried for this number today, or from this address in an hour.
    """
    who = tokens.keyed_digest("number", str(number))
    spend(TRIES_A_DAY, who, message=_("Too many wrong codes. Try again tomorrow, or ask support."))
    if caller:
        spend(
            TRIES_A_CALLER,
            tokens.keyed_digest("caller", network_of(caller)),
            message=_("Too many wrong codes. Try again in an hour."),
        )
    now = timezone.now()
    sent = PhoneVerification.objects.filter(number=number, purpose=purpose).order_by("-id").first()
    if sent is None or sent.used_at or sent.expires_at <= now:
        raise _wrong_code(_("This code is no longer good. Ask for a new one."))
    # Counted before it is compared, and only while tries are left: parallel guesses can't get more than the limit.
    counted = PhoneVerification.objects.filter(pk=sent.pk, tries__lt=TRIES_A_CODE).update(tries=F("tries") + 1)
    if not counted:
        raise _wrong_code(_("This code was tried too often. Ask for a new one."))
    if not tokens.code_matches("phone-verification", sent.pk, code.strip(), digits=CODE_DIGITS):
        left = TRIES_A_CODE - sent.tries - 1
        raise _wrong_code(_("This is not the code. Tries left: %d.") % max(left, 0))
    return _mark_proved(sent)


def _wrong_code(reason: str) -> WrongCode:
    return WrongCode(reason, fields={"code": [reason]})


def _mark_proved(sent: PhoneVerification) -> PhoneVerification:
    now = timezone.now()
    with transaction.atomic():
        if not PhoneVerification.objects.filter(pk=sent.pk, used_at__isnull=True).update(used_at=now):
            raise _wrong_code(_("This code is no longer good. Ask for a new one."))
        PhoneNumber.objects.filter(number=sent.number, until__isnull=True).update(verified_at=now)
        publish(PHONE_VERIFIED, merchant_id=sent.merchant_id, subject_id=sent.pk)
    sent.used_at = now
    return sent


def remember_proof(session: SessionBase, number: Number) -> None:
    """Let this device act for a number that was just proved; the session gets a new key, so that none was planted."""
    session.cycle_key()
    proofs = session.get(SESSION_KEY, {})
    session[SESSION_KEY] = {**proofs, str(number): timezone.now().timestamp()}


def proved_numbers(session: SessionBase) -> list[str]:
    """The numbers (E.164) that this device proved within `PROOF_LASTS`."""
    since = (timezone.now() - PROOF_LASTS).timestamp()
    return [number for number, proved in session.get(SESSION_KEY, {}).items() if proved >= since]


def session_proves(session: SessionBase, number: Number | str) -> bool:
    return str(number) in proved_numbers(session)


def forget_proofs(session: SessionBase) -> None:
    """Sign this device out."""
    session.flush()
