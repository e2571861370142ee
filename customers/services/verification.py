"""The proof that a number is somebody's: a code is sent to it, and comes back in few tries."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from phonenumber_field.phonenumber import PhoneNumber as Number

from customers.events import PHONE_VERIFIED, VERIFICATION_REQUESTED
from customers.models import PhoneNumber, PhoneVerification
from logistics_portal.kernel import tokens
from logistics_portal.kernel.errors import Invalid, NotFound
from logistics_portal.kernel.events import publish
from logistics_portal.kernel.limits import Limit, forget, network_of, spend
from merchants.models import Merchant

from .doubts import clear_doubt
from .silence import hear_of

CODE_DIGITS = 6
CODE_LIVES = timedelta(minutes=10)
TRIES_A_CODE = 5

# What SMS vendors allow for one number; the callers' limit keeps one address from spending everybody's.
SENDS = (
    Limit("code-minute", 1, 60),
    Limit("code-hour", 5, 3600),
    Limit("code-day", 10, 24 * 3600),
)
SENDS_A_CALLER = Limit("code-caller", 30, 3600)
SENDS_A_MERCHANT = (Limit("code-merchant-hour", 600, 3600), Limit("code-merchant-day", 5000, 24 * 3600))
TRIES_A_DAY = Limit("code-tries", 30, 24 * 3600)
UNLOCKS = Limit("code-unlocks", 2, 24 * 3600)
TRIES_A_CALLER = Limit("code-tries-caller", 60, 3600)


class WrongCode(Invalid):
    """The code is not the one that was sent, or it is no longer good."""

    code = "wrong_code"


def request_verification(
    *, number: Number, purpose: str, language: str, caller: str, merchant: Merchant | None = None
) -> PhoneVerification:
    """Have a code sent to ``number``. ``caller`` is the address that asks, "" where a merchant's server asks for it.

    What is done and answered is the same for a number that nobody knows.

    Raises:
        TooOften: this number, this caller or this merchant asked too often.
    """
    too_many = _("Too many codes were asked for. Try again later.")
    if caller:
        spend(SENDS_A_CALLER, tokens.keyed_digest("caller", network_of(caller)), message=too_many)
    if merchant and purpose == PhoneVerification.Purpose.CHECKOUT:
        for limit in SENDS_A_MERCHANT:
            spend(limit, str(merchant.pk), message=too_many)
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
    _spend_try(number, caller)
    sent = PhoneVerification.objects.filter(number=number, purpose=purpose).order_by("-id").first()
    if sent is None or sent.used_at:
        raise _wrong_code(_("This code is no longer good. Ask for a new one."))
    return _mark_proved(_compare(sent, code))


def confirm_checkout(*, merchant: Merchant, verification_id: UUID, code: str, caller: str = "") -> PhoneVerification:
    """Prove a number at a merchant's checkout. Told again with the right code, it answers as before and does nothing.

    Call it outside of any transaction: a wrong try must stay counted.

    Raises:
        NotFound: this merchant asked for no such verification.
        WrongCode, TooOften: as `confirm_verification`.
    """
    asked = PhoneVerification.objects.filter(merchant=merchant, purpose=PhoneVerification.Purpose.CHECKOUT)
    sent = asked.filter(pk=verification_id).first()
    if sent is None:
        raise NotFound(_("There is no such verification."))
    _spend_try(sent.number, caller)
    _compare(sent, code)
    return sent if sent.used_at else _mark_proved(sent)


def _spend_try(number: Number, caller: str) -> None:
    who = tokens.keyed_digest("number", str(number))
    spend(TRIES_A_DAY, who, message=_("Too many wrong codes. Try again tomorrow, or ask support."))
    if caller:
        spend(
            TRIES_A_CALLER,
            tokens.keyed_digest("caller", network_of(caller)),
            message=_("Too many wrong codes. Try again in an hour."),
        )


def _compare(sent: PhoneVerification, code: str) -> PhoneVerification:
    if sent.expires_at <= timezone.now():
        raise _wrong_code(_("This code is no longer good. Ask for a new one."))
    # Counted before it is compared, and only while tries are left: parallel guesses can't get more than the limit.
    counted = PhoneVerification.objects.filter(pk=sent.pk, tries__lt=TRIES_A_CODE).update(tries=F("tries") + 1)
    if not counted:
        raise _wrong_code(_("This code was tried too often. Ask for a new one."))
    if not tokens.code_matches("phone-verification", sent.pk, code.strip(), digits=CODE_DIGITS):
        left = TRIES_A_CODE - sent.tries - 1
        raise _wrong_code(_("This is not the code. Tries left: %d.") % max(left, 0))
    return sent


def _wrong_code(reason: str) -> WrongCode:
    return WrongCode(reason, fields={"code": [reason]})


def _mark_proved(sent: PhoneVerification) -> PhoneVerification:
    now = timezone.now()
    with transaction.atomic():
        if not PhoneVerification.objects.filter(pk=sent.pk, used_at__isnull=True).update(used_at=now):
            raise _wrong_code(_("This code is no longer good. Ask for a new one."))
        hear_of(number=sent.number, at=now)
        clear_doubt(number=sent.number)
        PhoneNumber.objects.filter(number=sent.number, until__isnull=True).update(verified_at=now)
        publish(PHONE_VERIFIED, merchant_id=sent.merchant_id, subject_id=sent.pk)
    sent.used_at = now
    return sent


def unlock_number(*, number: Number) -> None:
    """Give a locked-out number fresh tries and a fresh code; staff do it for a customer whom they know.

    Raises:
        TooOften: it was unlocked twice today.
    """
    who = tokens.keyed_digest("number", str(number))
    spend(UNLOCKS, who, message=_("This number was unlocked twice today. That must do until tomorrow."))
    for limit in (*SENDS, TRIES_A_DAY):
        forget(limit, who)
