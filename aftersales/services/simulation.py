"""What today's rules, or another policy, would have decided for the cases of a past time. Reads only."""

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import connection, transaction
from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from logistics_portal.kernel.errors import Invalid
from merchants.models import Merchant
from orders.models import Order
from tracking.models import Shipment

from ..models import Decision, OrderCheck, Proposal
from ..rules.base import CASES, Case, DelayCase, UnreadableFacts
from .delays import STILL_COMING, delay_facts
from .judging import Ruling, all_rulings, first_ruling
from .order_cases import order_facts

BATCH = 500
NOTHING = "–"
# What of a policy the cases know, by the policy's names.
SETTINGS: dict[str, str] = {
    "return_days": "return_days",
    "auto_approve_returns": "auto_approve",
    "auto_approve_up_to": "auto_approve_up_to",
    "keep_goods_up_to": "keep_goods_up_to",
    "refund_lost": "refund_lost",
    "delay_days": "delay_days",
    "delay_percent": "delay_percent",
    "delay_steps": "delay_steps",
}
_BOOLEANS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is decided of a case, by which rule, why, and what it costs the merchant."""

    decision: str = NOTHING
    rule: str = ""
    why: str = ""
    money: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Simulated:
    """A case of the past: as it was decided, and as it would be."""

    kind: str
    order: str  # the order's number
    currency: str
    before: Outcome
    after: Outcome

    @property
    def is_changed(self) -> bool:
        return (self.before.decision, self.before.rule, self.before.money) != (
            self.after.decision,
            self.after.rule,
            self.after.money,
        )


@dataclass(slots=True)
class Simulation:
    """All cases, counted; those that changed are kept whole."""

    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # kind, before, after
    changed: list[Simulated] = field(default_factory=list)
    money: Counter[str] = field(default_factory=Counter)  # more paid than before, by currency
    unreadable: int = 0

    def add(self, one: Simulated) -> None:
        self.counts[one.kind, _name(one.before), _name(one.after)] += 1
        if one.is_changed:
            self.changed.append(one)
            self.money[one.currency] += one.after.money - one.before.money  # type: ignore[assignment]


def _name(outcome: Outcome) -> str:
    return f"{outcome.decision} ({outcome.rule})" if outcome.rule else outcome.decision


def read_settings(given: Mapping[str, str]) -> dict[str, Any]:
    """Facts to replace, by their names in cases.

    Raises:
        Invalid: no such setting, or no such value.
    """
    types = {one.name: one.type for kind in CASES.values() for one in dataclasses.fields(kind)}
    facts: dict[str, Any] = {}
    for name, text in given.items():
        if name not in SETTINGS:
            raise Invalid(f"There is no setting “{name}”. There are: {', '.join(SETTINGS)}.")
        fact = SETTINGS[name]
        try:
            facts[fact] = _value(types[fact], text)
        except (KeyError, ValueError, InvalidOperation) as error:
            raise Invalid(f"“{text}” is no value of {name}.") from error
    return facts


def _value(kind: Any, text: str) -> Any:
    if kind is bool:
        return _BOOLEANS[text.casefold()]
    value = kind(text)
    if value < 0:
        raise ValueError(text)
    return value


def simulate(
    *,
    since: datetime,
    until: datetime,
    merchant: Merchant | None = None,
    rule: str = "",
    settings: Mapping[str, str] | None = None,
) -> Simulation:
    """Judge the cases of a time anew, in a transaction that can't write.

    Returns and claims are judged on the facts stored with their first decision by a rule. Delays and orders are
    gathered anew, since most of them were never worth a decision: of these the facts are those of today.

    Args:
        rule: tell only of cases that this rule decides now or decided then.
        settings: policy settings to suppose, for all merchants.

    Raises:
        Invalid: see `read_settings`.
    """
    facts = read_settings(settings or {})
    told = Simulation()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        for one in _all(_Period(since, until, merchant), facts, told):
            if not rule or rule in (one.before.rule, one.after.rule):
                told.add(one)
        transaction.set_rollback(True)
    return told


@dataclass(frozen=True, slots=True)
class _Period:
    since: datetime
    until: datetime
    merchant: Merchant | None

    def of(self, rows: QuerySet, moment: str, merchant: str) -> QuerySet:
        rows = rows.filter(**{f"{moment}__gte": self.since, f"{moment}__lt": self.until})
        return rows.filter(**{merchant: self.merchant}) if self.merchant else rows


def _all(period: _Period, facts: Mapping[str, Any], told: Simulation) -> Iterator[Simulated]:
    yield from _stored(period, facts, told)
    yield from _delays(period, facts)
    yield from _orders(period)


def _stored(period: _Period, facts: Mapping[str, Any], told: Simulation) -> Iterator[Simulated]:
    """Returns and claims, as a rule decided them first."""
    rows = period.of(Decision.objects.exclude(rule=""), "decided_at", "order__merchant")
    rows = rows.filter(case__in=(Decision.Case.RETURN, Decision.Case.CLAIM)).select_related("order")
    seen = set()
    for decision in rows.order_by("pk").iterator(chunk_size=BATCH):
        about = decision.return_case_id or decision.dispute_id
        if about in seen or decision.order is None:
            continue
        seen.add(about)
        try:
            case = CASES[decision.case].from_facts(decision.facts)
        except UnreadableFacts:
            told.unreadable += 1
            continue
        yield Simulated(
            decision.case,
            decision.order.number,
            decision.order.currency,
            _decided(decision, case),
            _outcome(first_ruling(_supposed(case, facts))),
        )


def _delays(period: _Period, facts: Mapping[str, Any]) -> Iterator[Simulated]:
    """Orders that arrived, or are awaited since a day of the period, beside all that was proposed for them."""
    parcels = Shipment.objects.outbound().filter(order__promised_on__isnull=False)
    arrived = period.of(parcels, "delivered_at", "merchant").values("order_id")
    awaited = period.of(parcels.filter(status__in=STILL_COMING), "order__promised_on", "merchant").values("order_id")
    rows = Order.objects.filter(Q(pk__in=arrived) | Q(pk__in=awaited)).exclude(status=Order.Status.CANCELED)
    now = min(timezone.now(), period.until)
    for batch in _batches(rows.select_related("merchant__policy").order_by("pk")):
        proposals = Proposal.objects.filter(order__in=batch, ground=Decision.Case.DELAY).order_by("step")
        last = {proposal.order_id: proposal.decision for proposal in proposals.select_related("decision")}
        for order_id, case in delay_facts(batch, now=now).items():
            order = next(order for order in batch if order.pk == order_id)
            before, known = _proposed(last.get(order_id), case)
            after = _outcome(first_ruling(_supposed(known, facts)))
            yield Simulated("delay", order.number, order.currency, before, after)


def _proposed(last: Decision | None, case: DelayCase) -> tuple[Outcome, DelayCase]:
    """What an order's proposals came to, and its facts as they were before the first of them.

    The facts that were seen count, except that a parcel which was awaited may have come since.
    """
    if last is None:
        return Outcome(), dataclasses.replace(case, last_step=0, paid=Decimal(0))
    seen = DelayCase.from_facts(last.facts)
    money = (last.amount or Decimal(0)) + seen.paid
    if not seen.arrived_on:
        seen = dataclasses.replace(seen, arrived_on=case.arrived_on, seen_on=case.seen_on, days_late=case.days_late)
    known = dataclasses.replace(seen, last_step=0, paid=Decimal(0), refundable=seen.refundable + seen.paid)
    return Outcome(last.verdict, last.rule, last.why, money), known


def _orders(period: _Period) -> Iterator[Simulated]:
    """Orders, each with the questions that were asked of it beside those that would be."""
    rows = period.of(Order.objects.all(), "placed_at", "merchant").select_related("merchant").order_by("pk")
    checks = Prefetch("checks", OrderCheck.objects.select_related("decision").order_by("pk"))
    for batch in _batches(rows.prefetch_related(checks)):
        for order_id, case in order_facts(batch).items():
            order = next(order for order in batch if order.pk == order_id)
            before = {check.rule: _decided(check.decision, case) for check in order.checks.all()}
            after = {ruling.rule.code: _outcome(ruling) for ruling in all_rulings(case)}
            codes = sorted(before.keys() | after.keys()) or [""]
            for code in codes:
                was, would = before.get(code, Outcome()), after.get(code, Outcome())
                yield Simulated("order", order.number, order.currency, was, would)


def _batches(rows: QuerySet) -> Iterator[list[Order]]:
    last = None
    while batch := list((rows.filter(pk__gt=last) if last else rows)[:BATCH]):
        yield batch
        last = batch[-1].pk


def _supposed(case: Case, facts: Mapping[str, Any]) -> Case:
    known = {one.name for one in dataclasses.fields(case)}
    return dataclasses.replace(case, **{name: value for name, value in facts.items() if name in known})


def _decided(decision: Decision, case: Case) -> Outcome:
    money = _money(decision.verdict, decision.amount, case)
    return Outcome(decision.verdict, decision.rule, decision.why, money)


def _outcome(ruling: Ruling | None) -> Outcome:
    if ruling is None:
        return Outcome()
    verdict = ruling.verdict
    money = _money(verdict.decision, verdict.amount, ruling.case)
    return Outcome(verdict.decision, ruling.rule.code, verdict.why, money)


def _money(decision: str, amount: Decimal | None, case: Case) -> Decimal:
    """What a decision pays, now or when the goods are back."""
    if decision not in ("approve", "refund", "propose"):
        return Decimal(0)
    return amount if amount is not None else getattr(case, "value", Decimal(0))
