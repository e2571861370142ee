"""What aftersales does when others publish."""

from uuid import UUID

from django.db.models import Q

import orders.services
from customers.events import PHONE_CHANGED, PHONE_DOUBTED, PHONE_VERIFIED
from customers.models import PhoneVerification
from logistics_portal.kernel.events import subscribe
from logistics_portal.kernel.models import Event
from orders.events import ADDRESS_CHANGED, CANCELED, DELEGATE_ANSWERED, PLACED
from orders.models import Order
from tracking.events import SHIPMENT_CREATED, STATUS_CHANGED
from tracking.models import Shipment, TrackingStatus

from . import services
from .models import Return

NOT_YET_SCANNED = (TrackingStatus.PENDING, TrackingStatus.INFO_RECEIVED, TrackingStatus.UNKNOWN)


@subscribe(STATUS_CHANGED)
def follow_returns(events: list[Event]) -> None:
    """A return parcel's first scan and its arrival move its return; the return's status keeps a second run out."""
    moved: dict[UUID | None, str] = {
        event.subject_id: event.payload["status"]
        for event in events
        if event.payload["direction"] == Shipment.Direction.RETURN and event.payload["status"] not in NOT_YET_SCANNED
    }
    waiting = Return.objects.filter(shipment__in=moved, status=Return.Status.APPROVED)
    for return_case in waiting.select_related("order").order_by("pk"):
        if moved[return_case.shipment_id] == TrackingStatus.DELIVERED:
            services.note_arrival(return_case=return_case)
        else:
            services.note_first_scan(return_case=return_case)


@subscribe(STATUS_CHANGED)
def open_cases_of_refused_parcels(events: list[Event]) -> None:
    """A parcel that was not accepted at the door comes back as a case by itself."""
    back = {
        event.subject_id: event.payload["status"]
        for event in events
        if event.payload["direction"] == Shipment.Direction.OUTBOUND and event.payload["status"] in services.GOING_BACK
    }
    for shipment in Shipment.objects.filter(pk__in=back).order_by("pk"):
        services.open_refused(shipment=shipment)
        if back[shipment.pk] == TrackingStatus.RETURNED:
            for return_case in Return.objects.filter(shipment=shipment, status=Return.Status.APPROVED):
                services.note_arrival(return_case=return_case)


@subscribe(PLACED, ADDRESS_CHANGED)
def check_before_it_leaves(events: list[Event]) -> None:
    """What looks wrong about an order is asked while it can still be put right; nothing is asked twice."""
    services.check_orders(order_ids=[event.subject_id for event in events])


@subscribe(PHONE_VERIFIED, PHONE_CHANGED, PHONE_DOUBTED)
def look_at_numbers_again(events: list[Event]) -> None:
    """Questions about a number end when it is proved or changed, and begin when it comes into doubt."""
    proved = PhoneVerification.objects.filter(pk__in=[event.subject_id for event in events])
    people = [event.payload["customer_id"] for event in events if event.name != PHONE_VERIFIED.name]
    theirs = Q(phone__in=proved.values_list("number", flat=True)) | Q(customer__in=people)
    waiting = Order.objects.filter(theirs, status__in=orders.services.BEFORE_PACKED)
    services.check_orders(order_ids=list(waiting.values_list("pk", flat=True)))


@subscribe(DELEGATE_ANSWERED)
def keep_receivers_answers(events: list[Event]) -> None:
    """What a receiver says of the parcel counts as much as the customer's own word; said twice, it is kept once."""
    for event in events:
        services.note_receivers_answer(order_id=event.subject_id, answer=event.payload["answer"])


@subscribe(CANCELED)
def drop_questions(events: list[Event]) -> None:
    """Of an order that was called off nothing is asked any more."""
    services.drop_checks(order_ids=[event.subject_id for event in events])


@subscribe(SHIPMENT_CREATED)
def drop_questions_of_what_left(events: list[Event]) -> None:
    """A parcel that left can't be put right by an answer: the world decides facts."""
    left = [event for event in events if event.payload["direction"] == Shipment.Direction.OUTBOUND]
    services.drop_checks(order_ids=[event.payload["order_id"] for event in left])


@subscribe(STATUS_CHANGED)
def propose_for_delays(events: list[Event]) -> None:
    """A parcel that arrived late may be worth a part of its shipping cost."""
    arrived = [
        event.payload["order_id"]
        for event in events
        if event.payload["direction"] == Shipment.Direction.OUTBOUND
        and event.payload["status"] == TrackingStatus.DELIVERED
    ]
    services.propose_compensation(order_ids=arrived)
