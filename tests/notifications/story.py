"""Everything that can happen to orders, told through the services: each chapter leaves one kind of message to send."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber

import aftersales.services
import customers.services
import notifications.services
import orders.services
import tracking.events
import tracking.services
from aftersales.models import Conversation, Dispute, ReplyClock, Return, ReturnClock
from logistics_portal.kernel import work
from logistics_portal.kernel.events import publish
from merchants.models import Merchant
from notifications.models import Message
from orders.models import Order
from tests import build
from tracking.models import Shipment

LONG_NUMBER = "00340434161094042557"  # as long as a tracking number of the field gets


class Story:
    """A merchant whose customer speaks ``language``; every chapter is one order."""

    def __init__(self, merchant: Merchant, language: str, by: User) -> None:
        self.merchant, self.language, self.by = merchant, language, by

    def order(self, **changes: object) -> Order:
        return build.order(merchant=self.merchant, language=self.language, **changes)

    def shipped(self) -> Shipment:
        number = f"{int(LONG_NUMBER) + Shipment.objects.count():020d}"
        return build.shipment(self.order(), carrier="dhl", number=number)

    def in_status(self, status: str, reason: str = "") -> Shipment:
        shipment = self.shipped()
        build.scan(shipment.parcels.get(), status, reason=reason)
        return shipment

    def asked_return(self, order: Order | None = None) -> Return:
        order = order or self.order()
        build.delivered(order)
        quantities = {order.lines.first().pk: 1}
        return aftersales.services.request_return(order=order, reason="too_small", comment="", quantities=quantities)

    def approved_return(self, order: Order | None = None) -> Return:
        case = self.asked_return(order)
        aftersales.services.approve_return(return_case=case, by=self.by, note="Please use the original box.")
        return case

    def received_return(self) -> Return:
        case = self.approved_return()
        aftersales.services.receive_return(return_case=case)
        return case

    def dispute(self) -> Dispute:
        return aftersales.services.open_dispute(shipment=build.delivered(self.order()), statement="Nothing came.")


def _free_return(story: Story) -> None:
    """What cost nothing is not refunded, so the arrival itself is told."""
    free = replace(
        build.draft(shipping_total=Decimal(0), language=story.language), lines=[build.line(1, unit_price="0.00")]
    )
    case = story.approved_return(orders.services.place_order(merchant=story.merchant, draft=free))
    aftersales.services.receive_return(return_case=case)


def _paid(story: Story) -> None:
    refund = story.received_return().refund
    aftersales.services.pay_refund(refund=refund, reference="re_1")


def _incident(story: Story) -> None:
    """A parcel that was seen four days ago, and not since."""
    sent = timezone.now() - timedelta(days=4)
    number = f"{int(LONG_NUMBER) + Shipment.objects.count():020d}"
    shipment = build.shipment(story.order(), carrier="dhl", number=number, at=sent)
    build.scan(shipment.parcels.get(), "in_transit", at=sent)


def _rejected(story: Story) -> None:
    aftersales.services.reject_return(return_case=story.asked_return(), by=story.by, note="It was <worn> & torn.")


def _decided(story: Story, *, accept: bool) -> None:
    aftersales.services.decide_dispute(dispute=story.dispute(), accept=accept, note="The carrier's proof.", by=story.by)


def _code(story: Story) -> None:
    customers.services.request_verification(
        number=PhoneNumber.from_string("+4915112345678"),
        purpose="sign_in",
        language=story.language,
        caller="127.0.0.1",
        merchant=story.merchant,
    )


def _receiver(story: Story) -> None:
    draft = orders.services.DelegateDraft("Mia Moss", PhoneNumber.from_string("+4915155500011"), "mia@example.com")
    orders.services.add_delegate(order=story.order(), draft=draft, by="merchant")


def _expected(story: Story, *, in_days: int, hour: int) -> None:
    """A parcel whose carrier named a day, seen at an hour of today's on the clock of its receiver."""
    shipment = story.shipped()
    now = timezone.now().astimezone(tracking.services.place_zone(shipment.order))
    Shipment.objects.filter(pk=shipment.pk).update(carrier_eta=now.date() + timedelta(days=in_days))
    notifications.services.tell_what_time_brings(now=now.replace(hour=hour, minute=0))


def _another_day(story: Story) -> None:
    shipment = story.shipped()
    before, eta = (timezone.now().date() + timedelta(days=days) for days in (2, 4))
    with transaction.atomic():
        Shipment.objects.filter(pk=shipment.pk).update(carrier_eta=eta)
        publish(
            tracking.events.ETA_CHANGED,
            merchant_id=shipment.merchant_id,
            subject_id=shipment.pk,
            order_id=shipment.order_id,
            direction="outbound",
            before=before.isoformat(),
            eta=eta.isoformat(),
        )


def _in_two_parcels(story: Story) -> None:
    order, first = story.order(), int(LONG_NUMBER) + 900 + 2 * Shipment.objects.count()
    parcels = [tracking.services.ParcelDraft(f"{first + number:020d}") for number in (0, 1)]
    shipment = tracking.services.create_shipment(order=order, carrier="dhl", parcels=parcels)
    for parcel in shipment.parcels.all():
        build.scan(parcel, "delivered")


def _changed(story: Story) -> None:
    order = build.order(merchant=story.merchant, language=story.language, phone="+4915155566677")
    customers.services.change_number_by_staff(
        customer=order.customer, new=PhoneNumber.from_string("+4915155566688"), by=story.by, reason="lost"
    )


def _answered(story: Story, order: Order | None = None) -> Conversation:
    asked = aftersales.services.write_message(order=order or story.order(), text="Where is it?")
    aftersales.services.reply(
        conversation=asked.conversation, text="It comes tomorrow.", writer=aftersales.services.Writer(story.by)
    )
    return asked.conversation


def _closing(story: Story) -> None:
    conversation = _answered(story)
    asked_at = timezone.now() - timedelta(days=5, hours=1)
    Conversation.objects.filter(pk=conversation.pk).update(asked_at=asked_at)
    ReplyClock.objects.filter(conversation=conversation).update(due_at=timezone.now())


def _unsent(story: Story) -> None:
    case = story.approved_return()
    Return.objects.filter(pk=case.pk).update(send_by_at=timezone.now() + timedelta(days=2))
    ReturnClock.objects.filter(return_case=case).update(due_at=timezone.now())


def _withdrawn(story: Story) -> None:
    order = story.order()
    build.delivered(order)
    order.refresh_from_db()
    aftersales.services.withdraw(order=order, quantities={line.pk: line.quantity for line in order.lines.all()})


def _moved(story: Story) -> None:
    address = {"line1": "Ahornweg 3", "line2": "", "city": "Potsdam", "region": "", "postal_code": "14467"}
    orders.services.change_address(order=story.order(), by="customer", **address)


def _expired(story: Story) -> None:
    case = story.approved_return()
    past = timezone.now() - timedelta(days=1)
    Return.objects.filter(pk=case.pk).update(send_by_at=past)
    ReturnClock.objects.filter(return_case=case).update(due_at=past)


def _failed(story: Story) -> None:
    aftersales.services.fail_refund(refund=story.received_return().refund, why="The card is closed.")


def _not_accepted(story: Story) -> None:
    case = story.approved_return()
    counts = {case.lines.get().pk: aftersales.services.Count(damaged=1)}
    aftersales.services.receive_return(return_case=case, counts=counts)
    aftersales.services.judge_goods(return_case=case, accept=False, note="It was <worn>.", by=story.by)


def _twice(story: Story) -> None:
    for _ in range(2):
        story.order(phone="+4915155500033")


def _offered_again(story: Story) -> None:
    order = story.order()
    seen = orders.services.order_today(order).seen
    reorder = orders.services.request_reorder(order=order, form_id="1", seen=seen)
    orders.services.offer_payment(reorder=reorder, payment_url="https://nordwind.example/pay", note="In <a> week.")


CHAPTERS: dict[str, Callable[[Story], object]] = {
    "order_confirmed": lambda story: story.order(),
    "receiver_added": lambda story: _receiver(story),
    "order_packed": lambda story: orders.services.pack_order(order=story.order()),
    "order_canceled": lambda story: orders.services.cancel_order(order=story.order()),
    "address_changed": _moved,
    "question": _twice,
    "reorder_answered": _offered_again,
    "return_expired": _expired,
    "goods_declined": _not_accepted,
    "refund_failed": _failed,
    "shipped": lambda story: story.shipped(),
    "out_for_delivery": lambda story: story.in_status("out_for_delivery"),
    "available_for_pickup": lambda story: story.in_status("available_for_pickup"),
    "arriving_soon": lambda story: _expected(story, in_days=1, hour=10),
    "delayed": lambda story: _expected(story, in_days=0, hour=16),
    "promise_changed": _another_day,
    "pickup_reminder": lambda story: story.in_status("available_for_pickup"),
    "all_delivered": _in_two_parcels,
    "attempt_failed": lambda story: story.in_status("attempt_failed", "consignee_not_home"),
    "delivered": lambda story: story.in_status("delivered"),
    "exception": lambda story: story.in_status("exception", "carrier_parcel_lost"),
    "incident": _incident,
    "return_requested": lambda story: story.asked_return(),
    "return_approved": lambda story: story.approved_return(),
    "return_reminder": _unsent,
    "withdrawal_acknowledged": _withdrawn,
    "return_rejected": _rejected,
    "return_received": _free_return,
    "refund_started": lambda story: story.received_return(),
    "refund_paid": _paid,
    "dispute_opened": lambda story: story.dispute(),
    "dispute_question": lambda story: aftersales.services.ask_customer(
        dispute=story.dispute(), question="Did you <look> in the garage?", by=story.by
    ),
    "dispute_offer": lambda story: aftersales.services.make_offer(
        dispute=story.dispute(), resolution="partial_refund", amount=Decimal("12.50"), note="Sorry.", by=story.by
    ),
    "dispute_decided": lambda story: _decided(story, accept=True),
    "support_reply": _answered,
    "support_closing": _closing,
    "number_changed": _changed,
    "verification_code": _code,
}


def told(kind: str, merchant: Merchant, language: str, by: User) -> list[Message]:
    """Tell one chapter and do what is due; the messages of ``kind`` that came of it, by channel."""
    before = set(Message.objects.values_list("pk", flat=True))
    CHAPTERS[kind](Story(merchant, language, by))
    work.drain()
    return list(Message.objects.filter(kind=kind).exclude(pk__in=before).order_by("channel"))
