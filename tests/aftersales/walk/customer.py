"""What the customer does."""

from django.db.models import Q
from django.utils import timezone

import aftersales.services
import orders.services
from aftersales.models import Confirmation, Conversation, Dispute, Note, OrderCheck, Reason, Resolution, Return
from orders.models import By, Order
from tracking.models import Shipment, TrackingStatus

from .moves import move
from .world import World


@move(12)
def ask_return(world: World) -> None:
    order = _arrived(world)
    quantities = world.pieces(order)
    resolution = world.dice.choice(("refund", "refund", "exchange", "exchange", "exchange", "repair"))
    wanted = {}
    if resolution == Return.Resolution.EXCHANGE:
        for line in order.lines.filter(pk__in=quantities).order_by("pk"):
            offers = aftersales.services.offers_for(line)
            if offers:
                wanted[line.pk] = world.dice.choice(offers)
    aftersales.services.request_return(
        order=order,
        reason=world.dice.choice(Reason.values),
        quantities=quantities,
        comment="It is not for me.",
        resolution=resolution,
        wanted=wanted,
        photos=world.photos(),
    )


def _arrived(world: World) -> Order:
    """Mostly an order of which something is there that is not on its way back, while the time for it runs."""
    orders = Order.objects.filter(merchant=world.merchant).select_related("merchant__policy", "customer")
    there = [order.pk for order in orders if not aftersales.services.return_refusal(order)]
    return world.pick(orders, Q(pk__in=there))


@move(4)
def withdraw(world: World) -> None:
    order = world.order()
    aftersales.services.withdraw(order=order, quantities=world.pieces(order))


@move(8)
def send_return(world: World) -> None:
    case = _return(world, Q(status=Return.Status.APPROVED, shipment=None))
    number = "JD0147000000000001" if world.chance(0.05) else world.number()
    aftersales.services.send_return(return_case=case, carrier="dhl", tracking_number=number)


@move(3)
def cancel_return(world: World) -> None:
    aftersales.services.cancel_return(return_case=_return(world, Q(status__in=("requested", "approved"))))


def _return(world: World, likely: Q) -> Return:
    rows = Return.objects.filter(merchant=world.merchant)
    return world.pick(rows.select_related("order__merchant__policy", "shipment", "merchant"), likely)


@move(3)
def confirm_delivery(world: World) -> None:
    aftersales.services.confirm_delivery(
        shipment=_shipment(world),
        answer=world.dice.choice(Confirmation.Answer.values),
        proof=world.dice.choice(Confirmation.Proof.values),
    )


def _shipment(world: World) -> Shipment:
    rows = Shipment.objects.filter(merchant=world.merchant).select_related("order__merchant__policy", "merchant")
    there = Q(direction=Shipment.Direction.OUTBOUND, status__in=(TrackingStatus.DELIVERED, TrackingStatus.EXCEPTION))
    return world.pick(rows, there)


@move(10)
def open_dispute(world: World) -> None:
    shipment = _shipment(world)
    aftersales.services.open_dispute(
        shipment=shipment,
        statement="It is not what I paid for.",
        kind=world.dice.choice(Dispute.Kind.values),
        wish=world.dice.choice((*Resolution.values, "")),
        quantities=world.pieces(shipment.order) if world.chance(0.8) else None,
        photos=world.photos(),
    )


def dispute(world: World, *likely: str) -> Dispute:
    rows = Dispute.objects.filter(merchant=world.merchant)
    rows = rows.select_related("order__merchant__policy", "merchant__policy", "shipment")
    return world.pick(rows, Q(status__in=likely))


@move(5)
def answer_question(world: World) -> None:
    text = world.dice.choice(("Here it is.", "Here it is.", ""))
    aftersales.services.answer_question(dispute=dispute(world, "asked"), text=text, photos=world.photos())


@move(7)
def answer_offer(world: World) -> None:
    aftersales.services.answer_offer(dispute=dispute(world, "offered"), accept=world.chance(0.6), text="Well.")


@move(2)
def withdraw_dispute(world: World) -> None:
    aftersales.services.withdraw_dispute(dispute=dispute(world, "open", "asked", "offered"))


@move(4)
def reopen_dispute(world: World) -> None:
    by = world.dice.choice((None, None, world.staff))
    case = dispute(world, "rejected", "closed")
    aftersales.services.reopen_dispute(dispute=case, text="New evidence.", photos=world.photos(), by=by)


@move(5)
def write(world: World) -> None:
    order = world.order()
    if world.chance(0.5):
        form_id = world.dice.choice(("", "", "form-1"))
        aftersales.services.write_message(order=order, text=world.dice.choice(("Where is it?", "")), form_id=form_id)
        return
    about = {"order": order} if world.chance(0.8) else {"customer": order.customer}
    channel = world.dice.choice((Note.Channel.EMAIL, Note.Channel.SMS))
    mark = world.dice.choice(("", "mail-1", "mail-2"))
    aftersales.services.receive_message(
        **about, channel=channel, text="And now?", provider_id=mark, address="a@b.example"
    )


def conversation(world: World, *likely: str) -> Conversation:
    rows = Conversation.objects.filter(merchant=world.merchant)
    return world.pick(rows.select_related("merchant__policy", "order"), Q(status__in=likely))


@move(2)
def rate(world: World) -> None:
    rating = world.dice.choice(("good", "bad", "none"))
    aftersales.services.rate_conversation(conversation=conversation(world, "solved", "closed"), rating=rating)


def check(world: World) -> OrderCheck:
    rows = OrderCheck.objects.filter(merchant=world.merchant).select_related("order__customer", "decision")
    return world.pick(rows, Q(status=OrderCheck.Status.OPEN))


@move(4)
def answer_check(world: World) -> None:
    aftersales.services.answer_check(check=check(world), answer=world.dice.choice(("as_is", "as_is", "cancel", "what")))


@move(2)
def correct_address(world: World) -> None:
    aftersales.services.correct_address(check=check(world), **address(world))


def address(world: World) -> dict[str, str]:
    streets = ("Lindenstraße 12", "Lindenstraße", "Poststraße 3", "")
    places = (("Berlin", "10969"), ("Berlin", "999"), ("Münster", "48143"))
    city, postal_code = world.dice.choice(places)
    return {
        "line1": world.dice.choice(streets),
        "line2": "",
        "city": city,
        "region": "",
        "postal_code": postal_code,
    }


@move(2)
def change_address(world: World) -> None:
    orders.services.change_address(order=world.order("placed", "picking"), by=By.CUSTOMER, **address(world))


@move(1)
def wish_day(world: World) -> None:
    order = world.order("placed", "picking")
    days = orders.services.wishable_days(order.placed_at.date())
    orders.services.wish_day(order=order, day=world.dice.choice((None, *days)), today=timezone.now().date())
