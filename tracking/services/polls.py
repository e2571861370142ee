"""Polls: made for parcels whose carrier can be asked, paced by what is known, stopped and started again."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from logistics_portal.kernel.bulk import insert_rows, update_rows
from logistics_portal.kernel.errors import DomainError
from logistics_portal.kernel.work import ring

from ..arrival import place_zone
from ..carriers.base import Asked, Status
from ..models import FINAL, CarrierAccount, Parcel, Poll, Shipment
from ..pace import CORRECTIONS_COME_WITHIN, Facts, next_ask, why_stopped
from .accounts import account_for, accounts_that_ask, has_credentials, trust_again
from .carriers import CARRIERS

PACED = ("due_at", "done_at", "attempts", "news_at", "turn_at", "empty_answers", "stopped_for")
AT_A_TIME = 2000


class UnableToAsk(DomainError):
    """The carrier can't be asked about this parcel."""

    code = "unable_to_ask"


def polls_with_parcels(polls: QuerySet[Poll]) -> QuerySet[Poll]:
    """With all that planning and wording a question needs."""
    return polls.select_related("parcel__shipment__order__merchant")


def facts_of(poll: Poll) -> Facts:
    """What the pace of a poll depends on; its parcel must be loaded by `polls_with_parcels`."""
    parcel, shipment = poll.parcel, poll.parcel.shipment
    adapter = CARRIERS.get(parcel.carrier) or CARRIERS.get(parcel.stated_carrier)
    status = Status(parcel.status)
    return Facts(
        created_at=shipment.created_at,
        status=status,
        reason=parcel.reason,
        news_at=poll.news_at or shipment.last_event_at,
        ended_at=(parcel.delivered_at or shipment.last_event_at) if status in FINAL else None,
        expected_on=_expected_on(shipment),
        zone=place_zone(shipment.order),
        country=_destination(shipment),
        asked_at=poll.asked_at,
        empty_answers=poll.empty_answers,
        at_most_every=adapter.ask_at_most_every if adapter else timedelta(minutes=30),
        is_retired=parcel.retired_at is not None,
        spread=(parcel.pk.int & 0xFFFF) / 0xFFFF,
    )


def _expected_on(shipment: Shipment) -> date | None:
    if shipment.eta_to:
        return shipment.eta_to.astimezone(place_zone(shipment.order)).date()
    if shipment.direction == Shipment.Direction.RETURN:
        return shipment.carrier_eta
    return shipment.carrier_eta or shipment.order.promised_on


def _destination(shipment: Shipment) -> str:
    order = shipment.order
    return order.country if shipment.direction == Shipment.Direction.OUTBOUND else order.merchant.country


def asked_of(poll: Poll, at: datetime) -> Asked:
    """What a carrier may be told of a poll's parcel. On its way back a parcel has no postal code that we know."""
    shipment = poll.parcel.shipment
    order = shipment.order
    is_outbound = shipment.direction == Shipment.Direction.OUTBOUND
    return Asked(
        tracking_number=poll.parcel.tracking_number,
        asked_at=at,
        postal_code=order.postal_code if is_outbound else "",
        city=order.city if is_outbound else "",
        region=order.region if is_outbound else "",
        country=_destination(shipment),
        origin_country=order.merchant.country if is_outbound else order.country,
        # Chinese carriers know a virtual number by the digits after it.
        phone=order.phone_extension or (order.phone.as_e164 if order.phone else ""),
        carrier=poll.parcel.carrier,
        shipped_on=shipment.created_at.date(),
    )


def start_polls(*, parcels: Iterable[Parcel]) -> None:
    """Have carriers asked about parcels, where an account can; call it in the transaction that made or changed them."""
    parcels = list(parcels)
    accounts = accounts_that_ask({code for parcel in parcels for code in (parcel.carrier, parcel.stated_carrier)})
    if not accounts:
        return
    polled = [parcel for parcel in parcels if account_for(parcel, accounts)]
    now = timezone.now()
    insert_rows(Poll, [Poll(parcel_id=parcel.pk, due_at=now) for parcel in polled], ignore_conflicts=True)
    _restart(Poll.objects.filter(parcel__in=polled, stopped_for=Poll.StoppedFor.NO_ACCOUNT), now)
    if polled:
        ring(Poll)


def start_polls_of_account(*, account: CarrierAccount) -> int:
    """Have a carrier asked about the parcels under way that an account can now ask for; return how many.

    In portions, each of its own transaction: an account may come to a portal with a hundred thousand parcels.
    """
    if not (account.is_active and account.is_polled and has_credentials(account)):
        return 0
    now = timezone.now()
    mine = Q(parcel__carrier=account.carrier) | Q(parcel__stated_carrier=account.carrier)
    if account.merchant_id:
        mine &= Q(parcel__merchant_id=account.merchant_id)
    started = _restart(Poll.objects.filter(mine, stopped_for=Poll.StoppedFor.NO_ACCOUNT), now)
    for portion in _portions(_unpolled(account, now)):
        insert_rows(Poll, [Poll(parcel_id=key, due_at=now) for key in portion], ignore_conflicts=True)
        started += len(portion)
    waiting = Q(asked_at__isnull=True) | Q(asked_at__lt=now - CARRIERS[account.carrier].ask_at_most_every)
    _restart(Poll.objects.filter(mine, waiting, done_at__isnull=True, attempts=0, turn_at__isnull=True), now)
    ring(Poll)
    return started


def _unpolled(account: CarrierAccount, now: datetime) -> QuerySet[Parcel]:
    of_carrier = Q(carrier=account.carrier) | Q(stated_carrier=account.carrier)
    under_way = ~Q(status__in=FINAL) | Q(shipment__last_event_at__gt=now - CORRECTIONS_COME_WITHIN)
    found = Parcel.objects.filter(of_carrier, under_way, poll__isnull=True, retired_at__isnull=True)
    return found.filter(merchant_id=account.merchant_id) if account.merchant_id else found


def _portions(parcels: QuerySet[Parcel]) -> Iterator[list[UUID]]:
    """Keys by the portion, in their order; each look starts behind the last, whatever became of the rows."""
    ordered = parcels.order_by("pk").values_list("pk", flat=True)
    portion = list(ordered[:AT_A_TIME])
    while portion:
        yield portion
        portion = list(ordered.filter(pk__gt=portion[-1])[:AT_A_TIME])


@transaction.atomic
def _restart(polls: QuerySet[Poll], now: datetime) -> int:
    """Make polls due, but for those that somebody is at; locked in the order that everybody locks them in."""
    keys = list(polls.order_by("pk").select_for_update(no_key=True, skip_locked=True).values_list("pk", flat=True))
    return Poll.objects.filter(pk__in=keys).update(due_at=now, done_at=None, attempts=0, stopped_for="", turn_at=None)


def repace_polls(shipment_ids: Iterable[UUID], *, corrected: Sequence[UUID] = ()) -> None:
    """Plan the next questions anew for shipments whose timeline learned something; call it in that transaction.

    Whatever stopped the asking is looked at again. A poll that a worker has in hand is planned by that worker.
    ``corrected`` are the parcels whose carrier is another than was stated: there may be an account for it.
    """
    if corrected:
        start_polls(parcels=Parcel.objects.filter(pk__in=corrected))
    locked = Poll.objects.filter(parcel__shipment__in=list(shipment_ids)).order_by("pk")
    polls = list(polls_with_parcels(locked).select_for_update(of=("self",), no_key=True))
    if not polls:
        return
    now = timezone.now()
    for poll in polls:
        poll.news_at, poll.empty_answers = now, 0
        if not _is_in_hand(poll, now):
            plan_next(poll, now)
            poll.turn_at = None
            poll.done_at = None if poll.due_at else poll.done_at or now
    update_rows(Poll, polls, PACED)


def _is_in_hand(poll: Poll, now: datetime) -> bool:
    return poll.done_at is None and poll.attempts > 0 and poll.due_at is not None and poll.due_at > now


def plan_next(poll: Poll, now: datetime) -> None:
    """Set when a poll's carrier is asked next, or why it is not. What only an account can heal stays as it is."""
    if poll.stopped_for == Poll.StoppedFor.NO_ACCOUNT:
        return
    facts = facts_of(poll)
    poll.stopped_for = why_stopped(facts, now) or ""
    poll.due_at = next_ask(facts, now)


def ask_now(*, poll: Poll) -> datetime:
    """Have a carrier asked as soon as it allows for one number, whatever was planned; return when that is.

    Raises:
        UnableToAsk: no account may ask this carrier.
    """
    with transaction.atomic():
        locked = Poll.objects.select_for_update(of=("self",), no_key=True)
        row = polls_with_parcels(locked).get(pk=poll.pk)
        parcel = row.parcel
        account = account_for(parcel, accounts_that_ask([parcel.carrier, parcel.stated_carrier]))
        if account is None:
            raise UnableToAsk(f"No active account may ask {parcel.carrier} with the credentials it needs.")
        now = timezone.now()
        soonest = row.asked_at + CARRIERS[account.carrier].ask_at_most_every if row.asked_at else now
        row.due_at = max(now, soonest)
        row.done_at, row.attempts, row.stopped_for, row.turn_at = None, 0, "", None
        row.save(update_fields=["due_at", "done_at", "attempts", "stopped_for", "turn_at"])
        ring(Poll)
    return row.due_at


def poll_of(parcel: Parcel) -> Poll:
    """The poll of a parcel, made when it has none."""
    return Poll.objects.get_or_create(parcel=parcel)[0]


def follow_account(*, account: CarrierAccount) -> None:
    """An account was made or changed: forget its trouble, and ask for the parcels it can ask for."""
    trust_again(account=account)
    transaction.on_commit(lambda: start_polls_of_account(account=account), robust=True)
