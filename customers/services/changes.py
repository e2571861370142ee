"""Changes of a number: proved at both ends, or vouched for by staff; orders above follow the event."""

from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from phonenumber_field.phonenumber import PhoneNumber as Number

from customers.events import PHONE_CHANGED
from customers.models import Customer, NumberChange, PhoneNumber, PhoneVerification
from logistics_portal.kernel.errors import DomainError, Invalid, NotFound, TooOften
from logistics_portal.kernel.events import publish
from merchants.models import Merchant

from .devices import end_devices_of
from .verification import WrongCode, confirm_verification, request_verification

CHANGE_WITHIN = timedelta(minutes=30)
UNDO_WITHIN = timedelta(hours=24)
CHANGES = 3
CHANGES_WITHIN = timedelta(days=30)
_FROM, _TO = PhoneVerification.Purpose.CHANGE_FROM, PhoneVerification.Purpose.CHANGE_TO


class UnableToChangeNumber(DomainError):
    """The number can't be changed, or changed back, as things stand."""

    code = "unable_to_change_number"


def request_number_change(
    *, old: Number, new: Number, language: str, caller: str, merchant: Merchant | None = None
) -> NumberChange:
    """Begin a change: a code goes to each of the two numbers. ``merchant`` limits it to one merchant's books.

    What is answered is the same whether the numbers are known or not.

    Raises:
        Invalid: both are the same number.
        TooOften: the number was changed three times in a month, or codes were asked for too often.
    """
    if str(old) == str(new):
        reason = _("This is the number that you have already.")
        raise Invalid(reason, fields={"new": [reason]})
    recent = NumberChange.objects.filter(Q(old=old) | Q(new=old), done_at__gte=timezone.now() - CHANGES_WITHIN)
    if recent.count() >= CHANGES:
        raise TooOften(_("This number was changed too often."), retry_after=24 * 3600)
    for number, purpose in ((old, _FROM), (new, _TO)):
        request_verification(number=number, purpose=purpose, language=language, caller=caller, merchant=merchant)
    return NumberChange.objects.create(old=old, new=new, merchant=merchant)


def open_number_change(*, change_id: UUID, merchant: Merchant | None = None) -> NumberChange:
    """A change that waits for its codes, or was done.

    Raises:
        NotFound: there is none, it was asked for elsewhere, or it waited too long.
    """
    change = NumberChange.objects.filter(pk=change_id, merchant=merchant).first()
    if change is None or (change.done_at is None and change.asked_at < timezone.now() - CHANGE_WITHIN):
        raise NotFound(_("This change of number waited too long. Begin anew."))
    return change


def confirm_number_change(*, change: NumberChange, old_code: str, new_code: str, caller: str = "") -> NumberChange:
    """Prove both numbers and change; what was proved stays so when the other code is wrong.

    Call it outside of a transaction: a wrong try must stay counted.

    Raises:
        WrongCode: with the field of the code, ``old_code`` or ``new_code``.
        TooOften: too many codes were tried.
    """
    if change.done_at:
        return change
    for end, number, purpose, code in (
        ("old", change.old, _FROM, old_code),
        ("new", change.new, _TO, new_code),
    ):
        if getattr(change, f"{end}_proved_at"):
            continue
        try:
            confirm_verification(number=number, purpose=purpose, code=code, caller=caller)
        except WrongCode as wrong:
            raise WrongCode(wrong.message, fields={f"{end}_code": [wrong.message]}) from wrong
        setattr(change, f"{end}_proved_at", timezone.now())
        change.save(update_fields=[f"{end}_proved_at"])
    _change(change)
    return change


def change_number_by_staff(*, customer: Customer, new: Number, by: User, reason: str) -> NumberChange:
    """Change a customer's number without proof, since the old one is lost.

    Raises:
        UnableToChangeNumber: the customer has no number, or has this one already.
    """
    held = customer.phone_numbers.filter(until__isnull=True).order_by("-since").first()
    if held is None or str(held.number) == str(new):
        raise UnableToChangeNumber(_("The customer has this number already, or has none to change."))
    with transaction.atomic():
        change = NumberChange.objects.create(
            merchant=customer.merchant, old=held.number, new=new, by=by, reason=reason.strip()
        )
        _change(change)
    end_devices_of(held.number)  # whoever has the lost phone
    return change


@transaction.atomic
def _change(change: NumberChange) -> None:
    """Close the old number and begin the new one in the books of each merchant that has it; each is told."""
    change.done_at = now = timezone.now()
    if not NumberChange.objects.filter(pk=change.pk, done_at__isnull=True).update(done_at=now):
        return  # somebody pressed the button twice
    for held in _current(change.merchant_id, Q(number=change.old)):
        _current(held.merchant_id, Q(number=change.new)).update(until=now)  # another record of the same person
        held.until = now
        held.save(update_fields=["until"])
        PhoneNumber.objects.create(
            customer_id=held.customer_id,
            merchant_id=held.merchant_id,
            number=change.new,
            since=now,
            verified_at=change.new_proved_at,
            change=change,
        )
        _tell(change, held)


def undoable_changes(numbers: list[str]) -> QuerySet[NumberChange]:
    """What who proves one of ``numbers`` may still take back: changes away from it within a day."""
    since = timezone.now() - UNDO_WITHIN
    return NumberChange.objects.filter(old__in=numbers, done_at__gte=since, undone_at__isnull=True).order_by("-done_at")


@transaction.atomic
def undo_number_change(*, change_id: UUID, proved: list[str]) -> None:
    """Give the old number back to who proved to hold it.

    Raises:
        UnableToChangeNumber: it is not theirs, a day has passed, or the old number belongs to somebody else by now.
    """
    change = undoable_changes(proved).filter(pk=change_id).select_for_update().first()
    if change is None or change.done_at is None:
        raise UnableToChangeNumber(_("This change can't be taken back any more. Ask the merchant."))
    now = timezone.now()
    for begun in PhoneNumber.objects.filter(change=change, until__isnull=True).order_by("pk"):
        if _current(begun.merchant_id, Q(number=change.old)).exists():
            raise UnableToChangeNumber(_("This change can't be taken back any more. Ask the merchant."))
        begun.until = now
        begun.save(update_fields=["until"])
        ended_then = Q(number__in=(change.old, change.new), until=change.done_at)
        PhoneNumber.objects.filter(ended_then, merchant_id=begun.merchant_id).update(until=None)
        _tell(change, begun, is_undone=True)
    change.undone_at = now
    change.save(update_fields=["undone_at"])
    end_devices_of(change.new)


def _current(merchant_id: UUID | None, which: Q) -> QuerySet[PhoneNumber]:
    rows = PhoneNumber.objects.filter(which, until__isnull=True).order_by("pk").select_for_update()
    return rows.filter(merchant_id=merchant_id) if merchant_id else rows


def _tell(change: NumberChange, held: PhoneNumber, *, is_undone: bool = False) -> None:
    publish(
        PHONE_CHANGED,
        merchant_id=held.merchant_id,
        subject_id=change.pk,
        customer_id=held.customer_id,
        is_undone=is_undone,
    )


def changed_since(customer_ids: set[UUID]) -> dict[UUID, datetime]:
    """When the number of each customer changed last, of those whose current number came by a change."""
    rows = PhoneNumber.objects.filter(customer__in=customer_ids, until__isnull=True, change__isnull=False)
    return dict(rows.order_by("since").values_list("customer_id", "since"))
