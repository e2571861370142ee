"""Receivers who are not the customer: they follow one order, until it is over or somebody ends it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from phonenumber_field.phonenumber import PhoneNumber as Number

import customers.services
from logistics_portal.kernel import tokens
from logistics_portal.kernel.errors import DomainError, Invalid, NotFound
from logistics_portal.kernel.events import publish
from logistics_portal.kernel.limits import Limit, spend
from orders.events import DELEGATE_ADDED, DELEGATE_ANSWERED, DELEGATE_ENDED
from orders.models import DELEGATE_LINK, By, Delegate, Order

from .links import LinkClosed, revoke_links

DELEGATES_MAX = 5  # of an order at a time
NAME_MAX = 60
ADDED_A_DAY = Limit("delegates-of-order", 10, 24 * 3600)
ADDED_TO_NUMBER = Limit("delegates-of-number", 5, 24 * 3600)  # nobody gets more unasked links than this in a day
# The name goes out in a message that the customer has us send: it must not carry an address or a text of its own.
_NO_NAME = re.compile(r"[^\w .,'’·&()\-]|[\d_]|\w\.\w{2,}")


class UnableToDelegate(DomainError):
    """This person can't become the order's receiver as things stand."""

    code = "unable_to_delegate"


class UnableToAnswer(DomainError):
    """There is nothing yet that the receiver could have."""

    code = "nothing_delivered"


@dataclass(frozen=True, slots=True)
class DelegateDraft:
    """A receiver as a customer or a merchant names them; without a language they get the order's."""

    name: str
    phone: Number
    email: str = ""
    language: str = ""
    gets_code: bool = True
    sees_items: bool = False


def add_delegate(*, order: Order, draft: DelegateDraft, by: str) -> Delegate:
    """Have somebody else receive an order: they are sent a link of their own.

    Call it outside of a transaction when a customer asks for it: what was asked must stay counted.

    Raises:
        Invalid: the name can't be one, or phone or email are the customer's own.
        UnableToDelegate: they follow the order already, there are five receivers, or the order is over.
        TooOften: too many were named for the order, or this number for too many orders, in a day.
    """
    if by == By.CUSTOMER:
        too_many = _("Too many links were sent today. Try again tomorrow.")
        spend(ADDED_A_DAY, str(order.pk), message=too_many)
        spend(ADDED_TO_NUMBER, tokens.keyed_digest("number", str(draft.phone)), message=too_many)
    with transaction.atomic():
        locked = Order.objects.select_for_update(of=("self",)).select_related("merchant").get(pk=order.pk)
        return write_delegate(order=locked, draft=draft, by=by)


def write_delegate(*, order: Order, draft: DelegateDraft, by: str) -> Delegate:
    """As `add_delegate`, for an order that the caller's transaction made or locked."""
    _refuse_unfit(order, draft)
    now = timezone.now()
    if not Delegate(order=order, added_at=now).is_following(now):
        raise UnableToDelegate(_("This order is over."))
    following = order.delegates.following(now)
    if following.filter(phone=draft.phone).exists():
        reason = _("This number gets news of the order already.")
        raise UnableToDelegate(reason, fields={"phone": [reason]})
    if following.count() >= DELEGATES_MAX:
        raise UnableToDelegate(_("An order has five receivers at most. Take one away first."))
    order.delegates.filter(phone=draft.phone, ended_at__isnull=True).update(ended_at=now, ended_by=by)  # it ran out
    delegate = Delegate.objects.create(
        order=order,
        name=draft.name.strip(),
        phone=draft.phone,
        email=draft.email,
        language=draft.language or order.language,
        gets_code=draft.gets_code,
        sees_items=draft.sees_items,
        added_by=by,
        added_at=now,
    )
    publish(DELEGATE_ADDED, merchant_id=order.merchant_id, subject_id=order.pk, delegate_id=delegate.pk, by=by)
    return delegate


def _refuse_unfit(order: Order, draft: DelegateDraft) -> None:
    name = draft.name.strip()
    if not name or len(name) > NAME_MAX or _NO_NAME.search(name):
        raise _unfit("name", _("Write a name, without digits or addresses."))
    if str(draft.phone) == str(order.phone):
        raise _unfit("phone", _("This is the number of the order itself."))
    if draft.email and draft.email.casefold() == order.email.casefold():
        raise _unfit("email", _("This is the email address of the order itself."))


def _unfit(field: str, reason: str) -> Invalid:
    return Invalid(reason, fields={field: [reason]})


@transaction.atomic
def end_delegation(*, delegate: Delegate, by: str) -> None:
    """Close a receiver's link and tell them no more; once is enough."""
    now = timezone.now()
    if not Delegate.objects.filter(pk=delegate.pk, ended_at__isnull=True).update(ended_at=now, ended_by=by):
        return
    publish(
        DELEGATE_ENDED,
        merchant_id=delegate.order.merchant_id,
        subject_id=delegate.order_id,
        delegate_id=delegate.pk,
        by=by,
    )


@transaction.atomic
def close_other_links(*, order: Order, keep: str, by: str) -> None:
    """Close every link of an order but the customer's or merchant's that is in use, and end every delegation."""
    revoke_links(order=order, keep=keep, by=by)
    for delegate in following_delegates([order.pk]):
        end_delegation(delegate=delegate, by=by)


def following_delegates(order_ids: Iterable[UUID]) -> QuerySet[Delegate]:
    """Who follows these orders now besides their customers, each with the order."""
    mine = Delegate.objects.filter(order__in=list(order_ids)).select_related("order")
    return mine.following(timezone.now()).order_by("pk")


def delegate_of(order: Order, delegate_id: UUID) -> Delegate:
    """A receiver of an order, past ones included.

    Raises:
        NotFound: the order has no such receiver.
    """
    delegate = order.delegates.filter(pk=delegate_id).first()
    if delegate is None:
        raise NotFound(_("This order has no such receiver."))
    delegate.order = order
    return delegate


def open_delegate_link(token: str) -> Delegate:
    """The delegation that a receiver's link names, with its order.

    Raises:
        LinkClosed: the delegation is over.
        NotFound: no such link.
    """
    delegate_id = tokens.read_token(token)
    with_order = Delegate.objects.select_related("order__merchant__brand", "order__merchant__policy", "order__customer")
    delegate = with_order.filter(pk=delegate_id).first() if delegate_id else None
    if delegate is None or not tokens.token_holds(DELEGATE_LINK, token, delegate.pk):
        raise NotFound(_("This link is not good. Look in the message that you got for the right one."))
    if not delegate.is_following(timezone.now()):
        raise LinkClosed(_("This link is closed. If you still wait for a parcel, ask who sent it to you."))
    return delegate


def session_is_delegate(session: SessionBase, delegate: Delegate) -> bool:
    """Whether this device proved the receiver's number."""
    return customers.services.session_proves(session, delegate.phone)


@transaction.atomic
def answer_as_delegate(*, delegate: Delegate, answer: str) -> None:
    """Keep what the receiver says of a parcel that is said to be delivered; they may change their mind.

    Raises:
        UnableToAnswer: nothing of the order was delivered.
        Invalid: no answer that is known.
    """
    if answer not in Delegate.Answer.values:
        raise Invalid(_("Say whether you have the parcel."))
    if not delegate.order.completed_at:
        raise UnableToAnswer(_("The parcel is still on its way."))
    if delegate.answer == answer:
        return
    delegate.answer, delegate.answered_at = answer, timezone.now()
    delegate.save(update_fields=["answer", "answered_at"])
    publish(
        DELEGATE_ANSWERED,
        merchant_id=delegate.order.merchant_id,
        subject_id=delegate.order_id,
        delegate_id=delegate.pk,
        answer=answer,
    )
