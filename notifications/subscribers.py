"""What notifications does when others publish: each fact that a person wants to know becomes messages."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

import aftersales.events
import customers.events
import orders.events
import tracking.events
import tracking.services
from aftersales.models import OrderCheck
from customers.models import Customer, NumberChange, PhoneVerification
from logistics_portal.kernel.events import EventType, subscribe
from logistics_portal.kernel.models import Event
from orders.models import Delegate, Order, Reorder
from tracking.models import Shipment, TrackingStatus

from . import services
from .delegates import ADDED, fact_for
from .facts import TOO_OLD
from .inbound import texts
from .models import Message
from .services import Recipient, Telling

KINDS: dict[EventType, str] = {
    orders.events.PLACED: "order_confirmed",
    orders.events.PACKED: "order_packed",
    orders.events.CANCELED: "order_canceled",
    orders.events.ADDRESS_CHANGED: "address_changed",
    orders.events.REORDER_OFFERED: "reorder_answered",
    tracking.events.SHIPMENT_CREATED: "shipped",
    aftersales.events.RETURN_REQUESTED: "return_requested",
    aftersales.events.RETURN_APPROVED: "return_approved",
    aftersales.events.RETURN_REMINDED: "return_reminder",
    aftersales.events.WITHDRAWN: "withdrawal_acknowledged",
    aftersales.events.RETURN_REJECTED: "return_rejected",
    aftersales.events.RETURN_EXPIRED: "return_expired",
    aftersales.events.RETURN_RECEIVED: "return_received",
    aftersales.events.GOODS_DECLINED: "goods_declined",
    aftersales.events.REFUND_STARTED: "refund_started",
    aftersales.events.REFUND_PAID: "refund_paid",
    aftersales.events.REFUND_FAILED: "refund_failed",
    aftersales.events.DISPUTE_OPENED: "dispute_opened",
    aftersales.events.DISPUTE_QUESTION_ASKED: "dispute_question",
    aftersales.events.DISPUTE_OFFER_MADE: "dispute_offer",
    aftersales.events.DISPUTE_DECIDED: "dispute_decided",
}
KINDS_BY_NAME = {kind.name: told for kind, told in KINDS.items()}

# What may happen several times to one subject: each time is a fact of its own.
REPEATED = {
    *("dispute_question", "dispute_offer", "dispute_decided"),
    *("address_changed", "return_expired", "goods_declined"),
}

STATUS_KINDS = {
    TrackingStatus.OUT_FOR_DELIVERY: "out_for_delivery",
    TrackingStatus.AVAILABLE_FOR_PICKUP: "available_for_pickup",
    TrackingStatus.ATTEMPT_FAILED: "attempt_failed",
    TrackingStatus.DELIVERED: "delivered",
    TrackingStatus.EXCEPTION: "exception",
    TrackingStatus.RETURNING: "exception",
    TrackingStatus.RETURNED: "exception",
}
INCIDENTS_APART = timedelta(hours=24)


@subscribe(*KINDS)
def tell_of_facts(events: list[Event]) -> None:
    """One message a fact; a parcel that goes back is the return's story, not a shipment's."""
    told = [event for event in _fresh(events) if _is_outbound(event)]
    _queue(told, kind=lambda event: KINDS_BY_NAME[event.name], fact=_plain_fact)


def _plain_fact(event: Event) -> str:
    fact = f"{event.name}:{event.subject_id}"
    return f"{fact}:{event.pk}" if KINDS_BY_NAME[event.name] in REPEATED else fact


@subscribe(tracking.events.STATUS_CHANGED)
def tell_of_status(events: list[Event]) -> None:
    """Each status once a shipment; a failed attempt each time, since each asks something of the receiver."""
    told = [event for event in _fresh(events) if _is_outbound(event) and event.payload["status"] in STATUS_KINDS]
    last = services.ended_by([event.subject_id for event in told if _is_of(event, TrackingStatus.DELIVERED)])
    told = [event for event in told if event.subject_id not in last]
    _queue(told, kind=lambda event: STATUS_KINDS[event.payload["status"]], fact=_status_fact)
    waiting = [event for event in told if _is_of(event, TrackingStatus.AVAILABLE_FOR_PICKUP)]
    _queue(waiting, kind=lambda event: "pickup_reminder", fact=lambda event: f"{_status_fact(event)}:reminder")


@subscribe(tracking.events.ETA_CHANGED)
def tell_of_another_day(events: list[Event]) -> None:
    """Each new day of arrival once a shipment, where there was another before."""
    moved = [
        event for event in _fresh(events) if _is_outbound(event) and event.payload["before"] and event.payload["eta"]
    ]
    _queue(
        moved,
        kind=lambda event: "promise_changed",
        fact=lambda event: f"{event.name}:{event.subject_id}:{event.payload['eta']}",
    )


@subscribe(aftersales.events.SUPPORT_REPLIED)
def tell_of_answers(events: list[Event]) -> None:
    """Each answer once; what was asked by a text is settled by it."""
    told = [event for event in _fresh(events) if event.payload["order_id"]]
    _queue(told, kind=lambda event: "support_reply", fact=lambda event: f"{event.name}:{event.subject_id}")
    texts.settle_answered(notes=[event.subject_id for event in events])


@subscribe(aftersales.events.CONVERSATION_CLOSING)
def remind_of_questions(events: list[Event]) -> None:
    """Each reminder once; a conversation may be asked in more than one time."""
    told = [event for event in _fresh(events) if event.payload["order_id"]]
    _queue(
        told,
        kind=lambda event: "support_closing",
        fact=lambda event: f"{event.name}:{event.pk}:{event.payload['days']}",
    )


@subscribe(aftersales.events.CHECK_OPENED)
def ask_before_it_leaves(events: list[Event]) -> None:
    """Each question once; what staff are asked is not the customer's."""
    asked = [event for event in _fresh(events) if event.payload["asked_of"] == OrderCheck.AskedOf.CUSTOMER]
    _queue(asked, kind=lambda event: "question", fact=_once)


@subscribe(orders.events.REORDER_ENDED)
def tell_of_declined_reorders(events: list[Event]) -> None:
    """One that was placed is told by its order; one that was withdrawn by nobody."""
    declined = [event for event in _fresh(events) if event.payload["status"] == Reorder.Status.DECLINED]
    _queue(declined, kind=lambda event: "reorder_answered", fact=_once)


def _once(event: Event) -> str:
    return f"{event.name}:{event.subject_id}"


@subscribe(orders.events.COMPLETED)
def tell_of_the_last_parcel(events: list[Event]) -> None:
    """Orders of several parcels, once all have arrived."""
    fresh = _fresh(events)
    several = services.in_several_parcels([event.subject_id for event in fresh])
    told = [event for event in fresh if event.subject_id in several]
    _queue(told, kind=lambda event: "all_delivered", fact=lambda event: f"{event.name}:{event.subject_id}")


@subscribe(customers.events.PHONE_VERIFIED)
def write_to_proved_numbers_again(events: list[Event]) -> None:
    """A code arrived there, so the number is not dead."""
    for verification in PhoneVerification.objects.filter(pk__in=[event.subject_id for event in events]):
        services.revive_address(channel="sms", address=str(verification.number))


@subscribe(tracking.events.INCIDENT_OPENED)
def tell_of_incidents(events: list[Event]) -> None:
    """What the rule has words for, once a shipment and rule in 24 hours; a return's parcel is no news to its sender.

    The fact is numbered by how often it was told before, so that two workers at once tell it once.
    """
    said = [event for event in _fresh(events) if tracking.services.incident_rule(event.payload["rule"]).words]
    out = Shipment.objects.outbound().filter(pk__in={event.payload["shipment_id"] for event in said})
    outbound = {str(pk) for pk in out.values_list("pk", flat=True)}
    facts = {event.pk: f"{event.name}:{event.payload['shipment_id']}:{event.payload['rule']}" for event in said}
    orders_of = {event.payload["order_id"] for event in said}
    earlier = Message.objects.filter(kind="incident", order__in=orders_of).values_list("fact", "queued_at")
    told: dict[str, dict[str, datetime]] = defaultdict(dict)  # by fact without its number: each number's time
    for fact, queued_at in earlier:
        name, _, number = fact.rpartition(":")
        told[name][number] = queued_at
    since = timezone.now() - INCIDENTS_APART
    news = [
        event
        for event in said
        if event.payload["shipment_id"] in outbound and all(at < since for at in told[facts[event.pk]].values())
    ]
    _queue(news, kind=lambda event: "incident", fact=lambda event: f"{facts[event.pk]}:{len(told[facts[event.pk]])}")


@subscribe(orders.events.DELEGATE_ADDED)
def tell_receivers(events: list[Event]) -> None:
    """Who is to receive an order in its customer's place gets a link."""
    added = Delegate.objects.select_related("order").in_bulk(
        [UUID(event.payload["delegate_id"]) for event in _fresh(events)]
    )
    services.queue_messages(
        Telling(
            kind=ADDED,
            fact=fact_for(f"{orders.events.DELEGATE_ADDED.name}:{delegate.order_id}", delegate.pk),
            subject_id=delegate.order_id,
            recipient=services.recipient_of(delegate),
        )
        for delegate in added.values()
    )


@subscribe(customers.events.VERIFICATION_REQUESTED)
def send_codes(events: list[Event]) -> None:
    asked = PhoneVerification.objects.filter(pk__in=[event.subject_id for event in _fresh(events)])
    services.queue_messages(
        Telling(
            kind="verification_code",
            fact=f"{customers.events.VERIFICATION_REQUESTED.name}:{verification.pk}",
            subject_id=verification.pk,
            recipient=Recipient(
                phone=str(verification.number),
                language=verification.language,
                merchant_id=verification.merchant_id,
            ),
        )
        for verification in asked
    )


@subscribe(customers.events.PHONE_CHANGED)
def carry_choices(events: list[Event]) -> None:
    """What people chose follows their number, in the order in which it changed."""
    changes: dict[tuple[UUID, bool], list[UUID]] = defaultdict(list)
    for event in sorted(events, key=lambda event: event.pk):
        changes[(event.subject_id, event.payload["is_undone"])] += [event.merchant_id] if event.merchant_id else []
    for (change_id, is_undone), merchant_ids in changes.items():
        services.follow_number(change_id=change_id, merchant_ids=merchant_ids, is_undone=is_undone)


@subscribe(customers.events.PHONE_CHANGED)
def tell_both_numbers(events: list[Event]) -> None:
    """A change is told to the number that it leaves and to the one that it leads to, once however many merchants."""
    done = {event.subject_id: event for event in _fresh(events) if not event.payload["is_undone"]}
    changes = NumberChange.objects.filter(pk__in=done)
    people = Customer.objects.in_bulk([UUID(event.payload["customer_id"]) for event in done.values()])
    services.queue_messages(
        Telling(
            kind="number_changed",
            fact=f"{customers.events.PHONE_CHANGED.name}:{change.pk}",
            subject_id=change.pk,
            recipient=Recipient(
                phone=str(number),
                language=people[UUID(done[change.pk].payload["customer_id"])].language,
                merchant_id=done[change.pk].merchant_id,
            ),
        )
        for change in changes
        for number in (change.old, change.new)
    )


def _fresh(events: Iterable[Event]) -> list[Event]:
    since = timezone.now() - TOO_OLD
    return [event for event in events if event.published_at >= since]


def _is_outbound(event: Event) -> bool:
    return event.payload.get("direction", Shipment.Direction.OUTBOUND) == Shipment.Direction.OUTBOUND


def _is_of(event: Event, status: str) -> bool:
    return bool(event.payload["status"] == status)


def _status_fact(event: Event) -> str:
    status = event.payload["status"]
    fact = f"{event.name}:{event.subject_id}:{status}"
    return f"{fact}:{event.payload['version']}" if status == TrackingStatus.ATTEMPT_FAILED else fact


def _queue(events: list[Event], *, kind: Callable[[Event], str], fact: Callable[[Event], str]) -> None:
    order_of = {event.pk: UUID(event.payload.get("order_id") or str(event.subject_id)) for event in events}
    found = Order.objects.only("merchant_id", "phone", "email", "language").in_bulk(set(order_of.values()))
    services.queue_messages(
        Telling(
            kind=kind(event),
            fact=fact(event),
            subject_id=event.subject_id,
            recipient=_recipient(found[order_of[event.pk]]),
        )
        for event in events
        if order_of[event.pk] in found
    )


def _recipient(order: Order) -> Recipient:
    return Recipient(
        phone=str(order.phone),
        email=order.email,
        language=order.language,
        merchant_id=order.merchant_id,
        order_id=order.pk,
    )
