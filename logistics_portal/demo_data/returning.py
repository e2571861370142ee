"""What happens in tales on the way back: returns, exchanges, withdrawals, and goods that nobody expected."""

import aftersales.services
import orders.services
import tracking.services
from aftersales.models import Exchange, GatewayAccount, Inspection, Refund, Return

from .lives import Deed, Going, Live, Stage, order_of, return_of
from .sayings import say


def ask_return(stage: Stage, live: Live) -> None:
    """One piece comes back; of dear goods all, so that a person must decide."""
    order = order_of(live)
    first = aftersales.services.returnable_lines(order)[0]
    quantity = first.quantity if live.tale.plot.is_dear else 1
    live.return_case = aftersales.services.request_return(
        order=order, reason="changed_mind", comment="", quantities={first.line.pk: quantity}
    )


def ask_all_back(stage: Stage, live: Live) -> None:
    order = order_of(live)
    quantities = {one.line.pk: one.quantity for one in aftersales.services.returnable_lines(order)}
    comment = say(live, "all_back")
    live.return_case = aftersales.services.request_return(
        order=order, reason="changed_mind", comment=comment, quantities=quantities
    )


def ask_exchange(stage: Stage, live: Live) -> None:
    """The other size, where it was sold before; else the same once more."""
    order = order_of(live)
    line = aftersales.services.returnable_lines(order)[0].line
    offers = aftersales.services.offers_for(line)
    wanted = next((one for one in offers if one.is_variant and one.item.pk != line.item_id), offers[0])
    live.return_case = aftersales.services.request_return(
        order=order,
        reason="too_small",
        comment=say(live, "exchange"),
        quantities={line.pk: 1},
        resolution=Return.Resolution.EXCHANGE,
        wanted={line.pk: wanted},
    )


def send_replacement(stage: Stage, live: Live) -> None:
    """The warehouse packs what was put aside; from now on the scans are of the replacement's parcel."""
    replacement = Exchange.objects.select_related("order").get(return_case=return_of(live)).order
    assert replacement
    orders.services.start_picking(order=replacement)
    orders.services.pack_order(order=replacement)
    road = live.tale.road
    number = stage.numbers.next(road.carrier, road.teller)
    shipment = tracking.services.create_shipment(
        order=replacement,
        carrier=road.carrier,
        service=road.service,
        parcels=[tracking.services.ParcelDraft(number, weight_g=740)],
    )
    live.out = Going(shipment, [[]], [number])


def use_withdrawal(stage: Stage, live: Live) -> None:
    order = order_of(live)
    quantities = {one.line.pk: one.quantity for one in aftersales.services.returnable_lines(order)}
    live.return_case = aftersales.services.withdraw(order=order, quantities=quantities)


def approve_return(stage: Stage, live: Live) -> None:
    aftersales.services.approve_return(return_case=return_of(live), by=stage.cast.users["support"])


def reject_return(stage: Stage, live: Live) -> None:
    note = say(live, "reject_return")
    aftersales.services.reject_return(return_case=return_of(live), by=stage.cast.users["support"], note=note)


def cancel_return(stage: Stage, live: Live) -> None:
    aftersales.services.cancel_return(return_case=return_of(live))


def send_return(stage: Stage, live: Live) -> None:
    road = live.tale.road
    number = stage.numbers.next(road.carrier, road.teller)
    shipment = aftersales.services.send_return(
        return_case=return_of(live), carrier=road.carrier, tracking_number=number
    )
    live.back = Going(shipment, [[]], [number])


def receive_damaged(stage: Stage, live: Live) -> None:
    """Somebody opens the parcel: one piece is as good as new, the others are not."""
    case = return_of(live)
    counts = {
        line.pk: aftersales.services.Count(
            resellable=1,
            damaged=line.quantity - 1,
            disposition=Inspection.Disposition.WRITE_OFF,
            note=say(live, "inspection"),
        )
        for line in case.lines.all()
    }
    aftersales.services.receive_return(return_case=case, counts=counts, by=stage.cast.users["warehouse"])


def receive_unannounced(stage: Stage, live: Live) -> None:
    order = order_of(live)
    first = aftersales.services.returnable_lines(order)[0]
    road = live.tale.road
    live.return_case = aftersales.services.receive_unannounced(
        order=order,
        pieces={first.line.pk: 1},
        by=stage.cast.users["warehouse"],
        note=say(live, "unannounced"),
        tracking_number=stage.numbers.next(road.carrier, road.teller),
        carrier=road.carrier,
    )


def pay(stage: Stage, live: Live) -> None:
    refund = Refund.objects.get(return_case=return_of(live))
    aftersales.services.pay_refund(refund=refund, reference=f"re_{live.tale.number.lower()}")


def pay_by_card(stage: Stage, live: Live) -> None:
    """The order was paid through a provider, so its refund goes the same way."""
    order = order_of(live)
    account, _ = GatewayAccount.objects.get_or_create(
        merchant=order.merchant, gateway="stripe", defaults={"label": "Cards"}
    )
    GatewayAccount.objects.filter(pk=account.pk).update(is_active=True)
    reference = f"pi_{live.tale.number.replace('-', '')}"
    aftersales.services.note_payment(merchant=order.merchant, order=order, gateway="stripe", reference=reference)


def bounce_refund(stage: Stage, live: Live) -> None:
    """The bank sends the money back. The account rests from now on: the demo never calls a payment provider."""
    refund = Refund.objects.get(return_case=return_of(live))
    aftersales.services.fail_refund(refund=refund, why="The card was closed (lost_or_stolen_card)")
    GatewayAccount.objects.filter(merchant=refund.merchant_id).update(is_active=False)


RETURNING: dict[str, Deed] = {
    deed.__name__: deed
    for deed in (
        *(ask_return, ask_all_back, ask_exchange, send_replacement, use_withdrawal, approve_return, reject_return),
        *(cancel_return, send_return, receive_damaged, receive_unannounced, pay, pay_by_card, bounce_refund),
    )
}
