"""What the merchant's staff and its own system do: returns, disputes, conversations, checks."""

from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

import aftersales.services
import orders.services
from aftersales.models import Conversation, Evidence, Inspection, Proposal, Reason, Resolution, Return
from aftersales.services import Count, Writer
from logistics_portal.kernel.errors import DomainError

from .customer import check, conversation, dispute
from .moves import move
from .world import Nobody, World


def a_return(world: World, *likely: str) -> Return:
    rows = Return.objects.filter(merchant=world.merchant).select_related("order__merchant__policy", "shipment")
    return world.pick(rows, Q(status__in=likely))


@move(3)
def approve_return(world: World) -> None:
    aftersales.services.approve_return(return_case=a_return(world, "requested"), by=world.staff, note="Do.")


@move(3)
def reject_return(world: World) -> None:
    note = world.dice.choice(("It was worn.", "It was worn.", " "))
    aftersales.services.reject_return(return_case=a_return(world, "requested"), by=world.staff, note=note)


@move(2)
def keep_return(world: World) -> None:
    aftersales.services.keep_return(return_case=a_return(world, "requested", "approved"), by=world.staff, note="Keep.")


@move(5)
def reopen_return(world: World) -> None:
    aftersales.services.reopen_return(return_case=a_return(world, "rejected", "canceled", "expired"), by=world.staff)


@move(1)
def staff_asks_return(world: World) -> None:
    order = world.order("shipped", "completed")
    reason = world.dice.choice(Reason.values)
    aftersales.services.request_return(order=order, reason=reason, quantities=world.pieces(order), by=world.staff)


def _counts(world: World, case: Return, field: str) -> dict[UUID, Count]:
    """What somebody finds of each line: some of what ``field`` says is to be found, in any state."""
    found = {}
    for line in case.lines.order_by("pk"):
        left = line.quantity - line.received_quantity if field == "left" else line.uninspected_quantity
        good = world.dice.randint(0, max(0, left))
        damaged = world.dice.randint(0, max(0, left - good)) + world.chance(0.04)
        missing = world.dice.randint(0, max(0, left - good - damaged)) if field != "left" or world.chance(0.03) else 0
        found[line.pk] = Count(good, damaged, missing, world.dice.choice(Inspection.Disposition.values))
    return found


@move(9)
def receive_return(world: World) -> None:
    case = a_return(world, "approved", "partly_received")
    counts = None if world.chance(0.3) else _counts(world, case, "left")
    is_last = world.chance(0.6)
    aftersales.services.receive_return(return_case=case, counts=counts, is_last=is_last, by=world.staff)


@move(9)
def inspect_return(world: World) -> None:
    case = a_return(world, "received", "partly_received", "closed")
    counts = _counts(world, case, "arrived")
    aftersales.services.inspect_return(return_case=case, counts=counts, by=world.staff)


@move(7)
def judge_goods(world: World) -> None:
    case = a_return(world, "received")
    aftersales.services.judge_goods(return_case=case, accept=world.chance(0.5), note="I looked.", by=world.staff)


@move(3)
def finish_repair(world: World) -> None:
    rows = Return.objects.filter(merchant=world.merchant).select_related("order__merchant__policy")
    case = world.pick(rows, Q(status="received", resolution="repair"))
    aftersales.services.finish_repair(return_case=case, note="As new.")


@move(2)
def receive_unannounced(world: World) -> None:
    order = world.order("shipped", "completed")
    parcel = {"tracking_number": world.number(), "carrier": "dhl"} if world.chance(0.5) else {}
    aftersales.services.receive_unannounced(order=order, pieces=world.pieces(order), by=world.staff, **parcel)


@move(2)
def add_found_lines(world: World) -> None:
    rows = Return.objects.filter(merchant=world.merchant).select_related("order__merchant__policy")
    case = world.pick(rows, Q(lines=None))
    aftersales.services.add_found_lines(return_case=case, pieces=world.pieces(case.order))


@move(4)
def ask_customer(world: World) -> None:
    aftersales.services.ask_customer(dispute=dispute(world, "open"), question="Is it blue?", by=world.staff)


@move(7)
def make_offer(world: World) -> None:
    case = dispute(world, "open", "asked")
    resolution = world.dice.choice(Resolution.values)
    amount = world.amount(aftersales.services.refundable_for(case)) if resolution == "partial_refund" else None
    aftersales.services.make_offer(dispute=case, resolution=resolution, amount=amount, note="Take it.", by=world.staff)


@move(5)
def decide_dispute(world: World) -> None:
    case = dispute(world, "open")
    accept = world.chance(0.5)
    amount = world.amount(aftersales.services.refundable_for(case)) if world.chance(0.4) else None
    resolution = Resolution.REPLACEMENT if accept and world.chance(0.2) else ""
    by = world.dice.choice((world.staff, None))
    decided = {"accept": accept, "amount": amount, "resolution": resolution}
    aftersales.services.decide_dispute(dispute=case, note="I looked.", by=by, **decided)


@move(1)
def collect_evidence(world: World) -> None:
    case = dispute(world, "open")
    aftersales.services.collect_evidence(dispute=case, occasion=Evidence.Occasion.REFRESHED, by=world.staff)


@move(5)
def reply(world: World) -> None:
    row = conversation(world, "open", "waiting_for_customer")
    then = world.dice.choice(("waiting_for_customer", "waiting_for_customer", "open", "solved"))
    aftersales.services.reply(conversation=row, text="It comes.", writer=Writer(world.staff), then=then)


@move(1)
def note_internally(world: World) -> None:
    aftersales.services.note_internally(conversation=conversation(world), text="Hm.", writer=Writer(world.staff))


@move(1)
def assign(world: World) -> None:
    row: Conversation = conversation(world)
    aftersales.services.assign_conversation(conversation=row, to=world.dice.choice((None, world.staff)))


@move(2)
def solve(world: World) -> None:
    aftersales.services.solve_conversation(conversation=conversation(world, "open", "waiting_for_customer"))


@move(2)
def snooze(world: World) -> None:
    until = timezone.now() + timedelta(hours=world.dice.choice((-1, 5, 50)))
    aftersales.services.snooze_conversation(conversation=conversation(world, "open"), until=until)


@move(2)
def overrule_check(world: World) -> None:
    note = world.dice.choice(("I know them.", "I know them.", ""))
    aftersales.services.overrule_check(check=check(world), note=note, by=world.staff)


def _proposal(world: World) -> Proposal:
    rows = Proposal.objects.filter(merchant=world.merchant).select_related("order", "decision")
    return world.pick(rows, Q(status=Proposal.Status.OPEN))


@move(5)
def accept_proposal(world: World) -> None:
    aftersales.services.accept_proposal(proposal=_proposal(world), by=world.staff)


@move(1)
def decline_proposal(world: World) -> None:
    aftersales.services.decline_proposal(proposal=_proposal(world), note="No.", by=world.staff)


@move(2)
def cancel_order(world: World) -> None:
    orders.services.cancel_order(order=world.order("placed", "picking", "packed"))


@move(2)
def replay(world: World) -> None:
    """Whatever was decided can be asked again; of a person's decision it is said that a person decided."""
    case = dispute(world)
    for decision in case.decisions.order_by("pk"):
        try:
            aftersales.services.replay(decision)
        except aftersales.services.UnableToReplay as told:
            assert isinstance(told, DomainError)
            assert not decision.rule
    if not case.evidence.exists():
        raise Nobody
