"""What goes wrong in tales after the delivery: what customers say of it, and how it is settled."""

from decimal import Decimal

from django.db import transaction

import aftersales.services
from aftersales.models import Confirmation, Dispute, DisputeClock, ReplyClock, Resolution
from aftersales.pictures import read_photo
from aftersales.services.reply_clocks import keep_clocks
from aftersales.services.turns import pass_deadlines

from .lives import Deed, Live, Stage, dispute_of, order_of, shipment_of
from .photos import crushed_box
from .sayings import say


def dispute(stage: Stage, live: Live) -> None:
    live.dispute = aftersales.services.open_dispute(shipment=shipment_of(live), statement=say(live, "not_received"))


def report_damage(stage: Stage, live: Live) -> None:
    _report(live, Dispute.Kind.DAMAGED, Resolution.REPLACEMENT, photos=2)


def report_missing(stage: Stage, live: Live) -> None:
    _report(live, Dispute.Kind.MISSING_ITEM, Resolution.REPLACEMENT)


def report_wrong(stage: Stage, live: Live) -> None:
    _report(live, Dispute.Kind.WRONG_ITEM, Resolution.REPLACEMENT)


def _report(live: Live, kind: str, wish: str, *, photos: int = 0) -> None:
    """Something is wrong with a piece of the first line."""
    shipment = shipment_of(live)
    line = shipment.order.lines.order_by("pk")[0]
    live.dispute = aftersales.services.open_dispute(
        shipment=shipment,
        statement=say(live, kind),
        kind=kind,
        wish=wish,
        quantities={line.pk: 1},
        photos=[read_photo(crushed_box(turn)) for turn in range(photos)],
    )


def offer_part(stage: Stage, live: Live) -> None:
    case = dispute_of(live)
    amount = (aftersales.services.claimed_amount(case) * Decimal("0.6")).quantize(Decimal("1.00"))
    aftersales.services.make_offer(
        dispute=case,
        resolution=Resolution.PARTIAL_REFUND,
        amount=amount,
        note=say(live, "offer"),
        by=stage.cast.users["support"],
    )


def accept(stage: Stage, live: Live) -> None:
    _decide(stage, live, accept=True, note=say(live, "accept"))


def decline(stage: Stage, live: Live) -> None:
    _decide(stage, live, accept=False, note=say(live, "decline"))


def grant_replacement(stage: Stage, live: Live) -> None:
    _decide(stage, live, accept=True, note=say(live, "replacement"), resolution=Resolution.REPLACEMENT)


def _decide(stage: Stage, live: Live, *, accept: bool, note: str, resolution: str = "") -> None:
    aftersales.services.decide_dispute(
        dispute=dispute_of(live), accept=accept, note=note, by=stage.cast.users["support"], resolution=resolution
    )


def withdraw(stage: Stage, live: Live) -> None:
    aftersales.services.withdraw_dispute(dispute=dispute_of(live))


def confirm(stage: Stage, live: Live) -> None:
    _answer(live, Confirmation.Answer.HAS_IT)


def deny(stage: Stage, live: Live) -> None:
    _answer(live, Confirmation.Answer.NOT_HERE)


def _answer(live: Live, answer: str) -> None:
    aftersales.services.confirm_delivery(shipment=shipment_of(live), answer=answer, proof=Confirmation.Proof.PHONE)


def let_pass(stage: Stage, live: Live) -> None:
    """Nobody answered in time: the clocks of disputes and conversations do what follows."""
    order = order_of(live)
    with transaction.atomic():
        pass_deadlines(list(DisputeClock.objects.filter(dispute__order=order)))
        keep_clocks(list(ReplyClock.objects.filter(conversation__order=order)))


DISPUTING: dict[str, Deed] = {
    deed.__name__: deed
    for deed in (
        *(dispute, report_damage, report_missing, report_wrong, offer_part, accept, decline, grant_replacement),
        *(withdraw, confirm, deny, let_pass),
    )
}
