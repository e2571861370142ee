"""What must hold after every step, whatever was done before. Each law reads the rows anew."""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db.models import Q, Sum

import aftersales.services
from aftersales.models import (
    DISPUTE_TURNS,
    OPEN_RETURNS,
    RETURN_TURNS,
    Conversation,
    Decision,
    Dispute,
    Evidence,
    Exchange,
    Inspection,
    Refund,
    Return,
    ReturnLine,
    Turn,
)
from aftersales.shares import line_shares, pieces_share
from inventory.models import Reservation, StockLevel, StockMovement
from logistics_portal.kernel.models import Event
from orders.models import Order, OrderLine

from .observed import TOLD, Seen
from .world import World

Law = Callable[[World], None]
LAWS: dict[Law, frozenset[str]] = {}  # with the tables that it reads
NOTHING = Decimal(0)


def law(*tables: str) -> Callable[[Law], Law]:
    """Register a law of some tables; those without an app in their name are of after-sales."""

    def register(check: Law) -> Law:
        LAWS[check] = frozenset(table if "_" in table else f"aftersales_{table}" for table in tables)
        return check

    return register


def check_told(seen: Seen) -> None:
    """Every change was told once, and nothing was told that did not happen."""
    told = Counter(Event.objects.filter(name__in=TOLD).values_list("name", flat=True))
    for name, (table, changes) in TOLD.items():
        happened = sum(seen.changes[table, was, becomes] for was, becomes in changes)
        assert told[name] == happened, f"{name} was told {told[name]} times and happened {happened} times"


# --- money


@law("refund", "orders_order")
def refunds_stay_within_the_payment(world: World) -> None:
    owed: dict[Any, Decimal] = defaultdict(Decimal)
    paid: dict[Any, Decimal] = defaultdict(Decimal)
    shipping: dict[Any, Decimal] = defaultdict(Decimal)
    refunds = list(Refund.objects.filter(merchant=world.merchant))
    for refund in refunds:
        assert refund.amount > 0
        if refund.status != Refund.Status.CANCELED:
            owed[refund.order_id] += refund.amount
            shipping[refund.order_id] += refund.shipping_amount
        if refund.status == Refund.Status.PAID:
            paid[refund.order_id] += refund.amount
        is_paid = refund.status == Refund.Status.PAID
        assert is_paid == (refund.paid_at is not None), f"{refund.status}, paid at {refund.paid_at}"
        assert refund.failure or refund.status != Refund.Status.FAILED, "it failed for no reason"
    for order in Order.objects.filter(merchant=world.merchant):
        assert owed[order.pk] <= order.total, f"{owed[order.pk]} of {order.total} are owed"
        assert paid[order.pk] <= order.total
        assert shipping[order.pk] <= order.shipping_total, f"{shipping[order.pk]} of {order.shipping_total} delivery"


@law("refund", "returnline", "return")
def goods_are_paid_back_to_the_cent(world: World) -> None:
    """Where only returns for money were paid, they add up to what was paid for the pieces that were accepted."""
    for order in Order.objects.filter(merchant=world.merchant).exclude(exchange__isnull=False):
        cases = list(order.returns.all())
        refunds = list(order.refunds.all())
        strange = [one for one in refunds if one.dispute_id or not (one.return_case_id or one.cause[:7] == "return:")]
        if strange or any(case.resolution != Return.Resolution.REFUND for case in cases):
            continue
        lines = sorted(order.lines.all(), key=lambda line: line.pk)
        accepted = dict(
            ReturnLine.objects.filter(return_case__in=cases)
            .values_list("order_line")
            .annotate(sum=Sum("accepted_quantity"))
        )
        shares = line_shares([line.amount for line in lines], order.discount_total)
        worth = sum(
            (
                pieces_share(paid, line.quantity, 0, accepted.get(line.pk, 0))
                for line, paid in zip(lines, shares, strict=True)
            ),
            NOTHING,
        )
        goods = sum((refund.amount - refund.shipping_amount for refund in refunds), NOTHING)
        canceled = sum(1 for refund in refunds if refund.status == Refund.Status.CANCELED)
        assert goods == worth or canceled, f"{goods} paid back for goods worth {worth}"


# --- goods


@law("inventory_stocklevel", "inventory_stockmovement", "inventory_reservation")
def stock_is_what_moved(world: World) -> None:
    moved = dict(
        StockMovement.objects.filter(item__merchant=world.merchant)
        .values_list("item", "location")
        .annotate(sum=Sum("quantity"))
        .values_list("item", "sum")
    )
    held = dict(
        Reservation.objects.filter(item__merchant=world.merchant, ended_at__isnull=True)
        .values_list("item")
        .annotate(sum=Sum("quantity"))
        .values_list("item", "sum")
    )
    for level in StockLevel.objects.filter(item__merchant=world.merchant):
        assert 0 <= level.reserved <= level.on_hand
        assert level.on_hand == world.levels[level.pk] + moved.get(level.item_id, 0)
        assert level.reserved == held.get(level.item_id, 0), (
            f"{level.reserved} reserved, {held.get(level.item_id)} held"
        )


@law("inventory_reservation", "orders_order", "exchange", "return")
def what_is_over_holds_no_stock(world: World) -> None:
    over = Order.objects.filter(merchant=world.merchant, status__in=("canceled", "shipped", "completed"))
    ended = Exchange.objects.filter(return_case__merchant=world.merchant).exclude(status=Exchange.Status.RESERVED)
    references = [*over.values_list("lines__pk", flat=True), *ended.values_list("lines__pk", flat=True)]
    assert not Reservation.objects.filter(reference__in=references, ended_at__isnull=True).exists()
    waiting = Exchange.objects.filter(return_case__merchant=world.merchant, status=Exchange.Status.RESERVED)
    for exchange in waiting.select_related("return_case"):
        assert exchange.return_case.closed_at is None, f"put aside for a return that is {exchange.return_case.status}"


@law("orders_order", "orders_orderline")
def an_order_knows_what_has_left(world: World) -> None:
    called_off = set(Event.objects.filter(name="orders.rest_called_off").values_list("subject_id", flat=True))
    sums = Order.objects.filter(merchant=world.merchant).annotate(
        ordered=Sum("lines__quantity"), gone=Sum("lines__shipped_quantity")
    )
    for order in sums:
        if order.status in ("placed", "picking", "packed", "canceled"):
            assert order.gone == 0
        elif order.status == "partly_shipped":
            assert 0 < order.gone < order.ordered
        else:
            assert order.gone == order.ordered or order.pk in called_off


@law("return", "returnline", "inspection")
def no_piece_comes_back_twice(world: World) -> None:
    names = ("received_quantity", "resellable_quantity", "damaged_quantity", "accepted_quantity", "declined_quantity")
    lines = ReturnLine.objects.filter(return_case__merchant=world.merchant).select_related("return_case")
    back: dict[Any, Counter[str]] = defaultdict(Counter)
    found = dict(
        Inspection.objects.filter(line__return_case__merchant=world.merchant)
        .values_list("line")
        .annotate(sum=Sum("resellable_quantity") + Sum("damaged_quantity"))
    )
    for line in lines:
        assert line.received_quantity <= line.quantity
        assert line.resellable_quantity + line.damaged_quantity == found.get(line.pk, 0)
        back[line.order_line_id].update({name: getattr(line, name) for name in names})
        if line.return_case.status in OPEN_RETURNS:
            back[line.order_line_id]["asked"] += line.quantity
    for order_line in OrderLine.objects.filter(pk__in=back):
        for name, count in back[order_line.pk].items():
            assert count <= order_line.quantity, f"{name}: {count} of {order_line.quantity}"


# --- turns


@law("return", "returnline", "returnclock", "refund", "exchange")
def a_return_waits_for_somebody_or_is_over(world: World) -> None:
    cases = Return.objects.filter(merchant=world.merchant).prefetch_related("lines").select_related("exchange", "clock")
    for case in cases:
        turn = RETURN_TURNS.get(case.status, "")
        assert bool(turn) == (case.closed_at is None), f"a return that is {case.status} was closed at {case.closed_at}"
        if case.status == Return.Status.APPROVED and case.can_be_sent and case.send_by_at and not case.is_withdrawal:
            assert case.clock.done_at is None and case.clock.due_at, "nothing ends this approval"
        if case.status not in (Return.Status.APPROVED,) and hasattr(case, "clock"):
            assert case.clock.done_at, f"the clock of a return that is {case.status} still runs"
        if case.status in (Return.Status.RECEIVED, Return.Status.KEPT):
            assert _is_to_do(case), f"a return that is {case.status} waits for nothing"


def _is_to_do(case: Return) -> bool:
    """Whether the merchant has something to look at, to send, or to pay."""
    lines = list(case.lines.all())
    looks = case.status == Return.Status.RECEIVED and (not lines or any(line.undecided_quantity for line in lines))
    return looks or case.resolution == Return.Resolution.REPAIR or _unsettled(case).exists()


def _unsettled(case: Return) -> Any:
    mine = Q(return_case=case) | Q(cause__startswith=f"return:{case.pk}:")
    return Refund.objects.filter(mine).exclude(status__in=(Refund.Status.PAID, Refund.Status.CANCELED))


@law("return", "refund")
def a_closed_return_owes_nothing(world: World) -> None:
    for case in Return.objects.filter(merchant=world.merchant, status=Return.Status.CLOSED):
        assert not _unsettled(case).exists(), "a refund of a return that is closed is not paid"


@law("dispute", "disputeclock", "refund")
def a_dispute_waits_for_somebody_or_is_over(world: World) -> None:
    for case in Dispute.objects.filter(merchant=world.merchant).select_related("clock", "refund"):
        runs = DISPUTE_TURNS[case.status] != Turn.NOBODY
        assert runs == (case.answer_by is not None), f"{case.status}, to answer by {case.answer_by}"
        assert runs == (case.decided_at is None), f"{case.status}, decided at {case.decided_at}"
        is_marked = case.status == Dispute.Status.OPEN and case.escalated_at  # the merchant's silence is marked once
        assert case.clock.done_at or runs, f"the clock of a dispute that is {case.status} still runs"
        assert is_marked or runs == (case.clock.done_at is None), f"nothing ends a dispute that is {case.status}"
        assert case.clock.done_at or case.clock.due_at == case.answer_by
        refund = getattr(case, "refund", None)
        assert refund is None or case.status == Dispute.Status.ACCEPTED
        if case.awarded:
            assert refund and refund.amount == case.awarded, f"{case.awarded} granted, {refund} owed"


@law("conversation", "replyclock")
def a_conversation_waits_for_somebody_or_is_over(world: World) -> None:
    for row in Conversation.objects.filter(merchant=world.merchant).select_related("clock"):
        status = Conversation.Status(row.status)
        is_open, is_closed = status == Conversation.Status.OPEN, status == Conversation.Status.CLOSED
        assert is_open == (row.resolution_due_at is not None), f"{status}, to solve by {row.resolution_due_at}"
        assert (row.asked_at is None) == (is_open or is_closed), f"{status}, asked at {row.asked_at}"
        assert is_closed == (row.closed_at is not None), f"{status}, closed at {row.closed_at}"
        assert status != Conversation.Status.SOLVED or row.solved_at
        assert is_open or is_closed or row.clock.done_at is None, f"nothing ends a conversation that is {status}"


# --- time


ORDERLY: dict[str, tuple[str, ...]] = {
    "aftersales.Return": ("requested_at", "received_at", "inspected_at"),
    "aftersales.Refund": ("started_at", "sent_at", "paid_at"),
    "aftersales.Dispute": ("opened_at", "reopened_at", "decided_at"),
    "aftersales.Exchange": ("reserved_at", "released_at"),
    "aftersales.OrderCheck": ("asked_at", "settled_at"),
    "aftersales.Proposal": ("proposed_at", "decided_at"),
    "aftersales.Conversation": ("opened_at", "last_note_at", "asked_at", "closed_at"),
    "orders.Order": ("placed_at", "picking_at", "packed_at"),
}
IN_ORDER = {
    "aftersales.DisputeStep": ("dispute", "at"),
    "aftersales.Decision": ("order", "decided_at"),
    "aftersales.Evidence": ("dispute", "collected_at"),
    "aftersales.Inspection": ("line", "inspected_at"),
    "aftersales.Confirmation": ("shipment", "said_at"),
    "aftersales.Note": ("conversation", "written_at"),
    "inventory.StockMovement": ("item", "moved_at"),
    "kernel.Event": ("merchant_id", "published_at"),
}


def check_times(changed: set[str]) -> None:
    """In a row, what follows is not earlier; nor is it from row to row of the same thing."""
    for label, names in ORDERLY.items():
        if (model := apps.get_model(label))._meta.db_table not in changed:
            continue
        for row in model._base_manager.values_list(*names):
            known = [at for at in row if at is not None]
            assert known == sorted(known), f"{label}: {dict(zip(names, row, strict=True))}"
    for label, (owner, name) in IN_ORDER.items():
        if (model := apps.get_model(label))._meta.db_table not in changed:
            continue
        last: dict[Any, datetime] = {}
        for key, at in model._base_manager.order_by("pk").values_list(owner, name):
            assert key not in last or last[key] <= at, f"{label}: {at} was written after {last[key]}"
            last[key] = at


# --- decisions and evidence


@law("decision")
def every_decision_can_be_replayed(world: World) -> None:
    for decision in Decision.objects.select_related("decided_by"):
        assert decision.facts, f"{decision} was decided without facts"
        if decision.rule:
            assert aftersales.services.is_reproduced(decision), f"{decision} is not what a replay gives"


@law("evidence")
def evidence_is_what_it_was(world: World) -> None:
    for piece in Evidence.objects.all():
        assert aftersales.services.digest_of(piece.content) == piece.digest, f"{piece} was changed"
