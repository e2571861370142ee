"""What the warehouse, the carriers, the bank and time do."""

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import stripe
from django.db.models import Q
from django.utils import timezone

import aftersales.services
import customers.services
import orders.services
import tracking.services
from aftersales.gateways.base import Answer, Notice, Outcome
from aftersales.models import GatewayAccount, Refund, RefundSending
from aftersales.services.paying import gather_refunds, record_refunds
from customers.models import Customer
from logistics_portal.kernel.calls import Result
from logistics_portal.kernel.claims import note_done
from logistics_portal.kernel.models import Event
from logistics_portal.kernel.work import KINDS
from tests import build
from tracking.models import Parcel, Retraction, Shipment, TrackingEvent

from .moves import move
from .world import Nobody, World, perform_due

OUTWARD = ("in_transit", "out_for_delivery", "delivered", "delivered", "attempt_failed", "exception", "returning")
LAST = ("returned", "available_for_pickup", "expired")
HOMEWARD = ("in_transit", "delivered", "delivered", "exception")


# --- the warehouse


@move(2)
def pick_lines(world: World) -> None:
    order = world.order("placed", "picking")
    picked = {line.pk: world.dice.randint(0, line.quantity + world.chance(0.05)) for line in order.lines.order_by("pk")}
    orders.services.pick_lines(order=order, quantities=picked)


@move(2)
def pack_order(world: World) -> None:
    orders.services.pack_order(order=world.order("placed", "picking"))


@move(5)
def ship_order(world: World) -> None:
    build.shipment(world.order("placed", "picking", "packed", "packed", "partly_shipped"), number=world.number())


@move(5)
def ship_a_part(world: World) -> None:
    """Some of an order in a box of its own, mostly of what has not left."""
    order = world.order("placed", "picking", "packed", "partly_shipped")
    pieces = {line: world.dice.randint(0, max(1, line.left_to_ship)) for line in order.lines.order_by("pk")}
    contents = Counter({line.sku: quantity for line, quantity in pieces.items() if quantity})
    draft = tracking.services.ParcelDraft(world.number(), contents=contents)
    tracking.services.create_shipment(order=order, carrier="dhl", parcels=[draft])


@move(2)
def call_off_rest(world: World) -> None:
    orders.services.call_off_rest(order=world.order("partly_shipped"))


# --- the carriers


@move(10)
def scan(world: World) -> None:
    outbound = world.chance(0.6)
    direction = Shipment.Direction.OUTBOUND if outbound else Shipment.Direction.RETURN
    parcels = Parcel.objects.filter(merchant=world.merchant).select_related("shipment")
    parcel = world.pick(parcels, Q(shipment__direction=direction))
    is_outbound = parcel.shipment.direction == Shipment.Direction.OUTBOUND
    status = world.dice.choice((*OUTWARD, *LAST) if is_outbound else HOMEWARD)
    reason = {"exception": "carrier_lost", "attempt_failed": "consignee_absent"}.get(status, "")
    at = timezone.now() - timedelta(hours=world.dice.choice((0, 0, 0, 3, 60)))
    signed = "A. Archer" if status == "delivered" and world.chance(0.5) else ""
    build.scan(parcel, status, at=at, reason=reason, signed_by=signed)


@move(2)
def take_back(world: World) -> None:
    """A carrier strikes a delivery through, and says that the parcel is still on its way."""
    told = TrackingEvent.objects.filter(parcel__merchant=world.merchant, status="delivered", retractions=None)
    event = world.pick(told.select_related("parcel__shipment"))
    Retraction.objects.create(event=event, is_struck=True)
    build.scan(event.parcel, "in_transit", description="It was not delivered after all")


# --- the bank


def _refund(world: World, *likely: str) -> Refund:
    rows = Refund.objects.filter(merchant=world.merchant).select_related("return_case", "order")
    return world.pick(rows, Q(status__in=likely))


@move(5)
def pay_refund(world: World) -> None:
    reference = world.dice.choice(("re_by_hand", "re_by_hand", " "))
    aftersales.services.pay_refund(refund=_refund(world, "pending", "sent"), reference=reference)


@move(2)
def fail_refund(world: World) -> None:
    aftersales.services.fail_refund(refund=_refund(world, "pending", "sent", "paid"), why="The card is closed.")


@move(5)
def retry_refund(world: World) -> None:
    aftersales.services.retry_refund(refund=_refund(world, "failed"), by_hand=world.chance(0.3))


@move(2)
def cancel_refund(world: World) -> None:
    why = world.dice.choice(("It was settled.", "It was settled.", ""))
    aftersales.services.cancel_refund(refund=_refund(world, "pending", "failed"), why=why)


@move(2)
def refund_part(world: World) -> None:
    order = world.order("shipped", "completed", "canceled")
    cause = world.dice.choice(("goodwill:1", "goodwill:2"))
    amount = world.amount(aftersales.services.refundable(order))
    aftersales.services.refund_amount(order=order, amount=amount, cause=cause, note="We are sorry.")


@move(14)
def bank_answers(world: World) -> None:
    """What is due is sent, and answered at once: taken, paid or refused; a repetition gets the first answer."""
    rows = list(RefundSending.objects.due().select_related("refund").order_by("pk"))
    if not rows:
        raise Nobody
    gathered = gather_refunds(rows)
    results = []
    for errand in gathered.errands:
        task: Any = errand.task
        key = task.task.idempotency_key
        if key not in world.bank.taken:
            outcome = world.dice.choice((Outcome.SENT, Outcome.SENT, Outcome.PAID, Outcome.FAILED))
            reference = f"re_{len(world.bank.taken)}"
            world.bank.taken[key] = Notice(outcome, reference, task.task.refund_id, "no" * (outcome == Outcome.FAILED))
        taken = world.bank.taken[key]
        results.append(Result(errand, Answer(taken.outcome, taken.reference, taken.failure)))
    record_refunds(results)
    note_done(KINDS["aftersales.refundsending"], rows)


@move(10)
def bank_tells(world: World) -> None:
    """News of any refund that the bank took, in any order; now and then the same once more."""
    if world.account is None or not world.bank.taken:
        raise Nobody
    if world.bank.told and world.chance(0.3):
        notice = world.dice.choice(world.bank.told)
    else:
        taken = world.bank.taken[world.dice.choice(sorted(world.bank.taken))]
        outcome = world.dice.choice((Outcome.SENT, Outcome.PAID, Outcome.PAID, Outcome.FAILED))
        notice = Notice(outcome, taken.reference, taken.refund_id if world.chance(0.8) else "")
        world.bank.told.append(notice)
    tell_news(world.account, notice)


def tell_news(account: GatewayAccount, notice: Notice) -> None:
    """The bank's news, signed as Stripe signs them."""
    now = timezone.now()
    word = {Outcome.SENT: "pending", Outcome.PAID: "succeeded", Outcome.FAILED: "failed"}[notice.outcome]
    about = {"object": "refund", "id": notice.reference, "status": word, "metadata": {"refund": notice.refund_id}}
    body = json.dumps({"type": "refund.updated", "data": {"object": about}})
    signature = stripe.WebhookSignature.generate_signature_header(body, "whsec_walk", int(now.timestamp()))
    headers = {"stripe-signature": signature}
    aftersales.services.read_news(account_id=account.pk, body=body.encode(), headers=headers, now=now)


# --- time, and news that come late or twice


@move(7)
def time_passes(world: World) -> None:
    world.clock.advance(timedelta(hours=world.dice.choice((1, 1, 5, 5, 24, 24, 30, 80, 80, 200, 400))))
    for label in ("aftersales.returnclock", "aftersales.disputeclock", "aftersales.replyclock"):
        perform_due(label)


@move(2)
def news_come_twice(world: World) -> None:
    told = list(Event.objects.filter(merchant_id=world.merchant.pk, done_at__isnull=False).order_by("pk"))
    if not told:
        raise Nobody
    again = world.dice.sample(told, min(len(told), 5))
    Event.objects.filter(pk__in=[event.pk for event in again]).update(done_at=None, due_at=timezone.now(), attempts=0)


@move(1)
def change_number(world: World) -> None:
    customer = world.pick(Customer.objects.filter(merchant=world.merchant).select_related("merchant"))
    new = build.draft(phone=world.dice.choice(("+4915198765432", build.ANNS_PHONE))).phone
    customers.services.change_number_by_staff(customer=customer, new=new, by=world.staff, reason="The phone is lost.")
