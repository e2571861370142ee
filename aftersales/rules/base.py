"""What a rule is: a pure judge of one kind of case, which anyone can replay from the facts stored with its verdict."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar, Self

import msgspec


def gettext_noop(text: str) -> str:
    """Mark a text for translation; it is translated where it is shown, which a pure module can't know."""
    return text


class UnreadableFacts(ValueError):
    """Stored facts that are no case: something is missing that every version of the case had."""


class VersionGone(LookupError):
    """A verdict of a version whose code is no longer kept."""


@dataclass(frozen=True, slots=True)
class Case:
    """Base of what rules judge: plain facts. A field that is added needs a default: older facts lack it."""

    name: ClassVar[str]

    def as_facts(self) -> dict[str, Any]:
        """The case as plain JSON; amounts as text."""
        facts: dict[str, Any] = msgspec.to_builtins(self)
        return facts

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Self:
        """The case that `as_facts` wrote, for a replay.

        Raises:
            UnreadableFacts: they are no facts of such a case.
        """
        try:
            return msgspec.convert(facts, cls)
        except msgspec.ValidationError as error:
            raise UnreadableFacts(str(error)) from error


@dataclass(frozen=True, slots=True)
class ReturnCase(Case):
    """A return, as it was asked for; amounts in the order's currency."""

    name: ClassVar[str] = "return"

    reason: str
    days_since_delivery: int | None  # None: no delivery is known
    return_days: int
    value: Decimal  # what was paid for the goods
    auto_approve: bool
    auto_approve_up_to: Decimal
    all_returnable: bool
    earlier_returns: int  # of the same customer, in the last 180 days
    legal_basis: str = ""  # the law under which the contract is withdrawn from, "" for the merchant's own policy
    resolution: str = "refund"  # what the customer wants: refund, exchange, repair
    keep_goods_up_to: Decimal = Decimal(0)
    earlier_kept: int = 0  # of the earlier returns, those paid without goods coming back
    evidence: tuple[str, ...] = ()  # SHA-256 of each piece that came with it


@dataclass(frozen=True, slots=True)
class ClaimCase(Case):
    """A dispute, as it is known when it is judged; amounts in the order's currency."""

    name: ClassVar[str] = "claim"

    kind: str
    value: Decimal  # what is left of the payment
    status: str  # of the shipment
    reason: str
    is_carriers_word: bool  # status and reason were told by the carrier, not by the merchant or by hand
    days_since_delivery: int | None
    proof: str  # the strongest one: code, signature, name, "" for none
    km_to_address: float | None  # of the delivery scan; None where either is not known
    answer: str  # what the customer said of the delivery: has_it, not_me, not_here, "" for silence
    refund_lost: bool
    earlier_by_customer: int  # disputes in the last 365 days
    earlier_by_phone: int
    earlier_by_address: int
    evidence: tuple[str, ...] = ()

    @property
    def earlier(self) -> int:
        """The most that one way of knowing the customer tells."""
        return max(self.earlier_by_customer, self.earlier_by_phone, self.earlier_by_address)


@dataclass(frozen=True, slots=True)
class DelayCase(Case):
    """An order that arrived or is on its way, beside the day that was promised; days on the clock of the address."""

    name: ClassVar[str] = "delay"

    promised_on: str  # ISO 8601; the last that was told before it was broken
    arrived_on: str  # "" while it has not
    days_late: int  # until the courier stood at the door for the first time, else so far; 0 or less: in time
    delay_days: int
    delay_percent: Decimal
    shipping_total: Decimal
    currency: str
    refundable: Decimal
    seen_on: str = ""  # the day on which it was looked at, where it has not arrived
    delay_steps: int = 1  # how often the percentage is due: after `delay_days`, after as many again, …
    last_step: int = 0  # the last that was proposed, whatever became of it
    paid: Decimal = Decimal(0)  # of proposals that were accepted


@dataclass(frozen=True, slots=True)
class Twin:
    """Another order that has the same in it."""

    number: str
    hours_before: float
    has_same_address: bool


@dataclass(frozen=True, slots=True)
class Sold:
    """An item of the order, with how often it came back lately."""

    sku: str
    name: str
    sold: int  # pieces in the last 180 days, up to the newest 500 lines
    returned: int
    main_reason: str = ""  # why most came back


@dataclass(frozen=True, slots=True)
class OrderCase(Case):
    """An order that was just placed, or whose address or number was just changed."""

    name: ClassVar[str] = "order"

    line1: str
    line2: str
    city: str
    postal_code: str
    country: str
    is_city_known: bool  # the gazetteer has a city of that name in that country
    city_elsewhere: str = ""  # the country of the only known city of that name, where it isn't the order's
    address_failures: int = 0  # parcels to this address that came back because of it, in the last 365 days
    is_phone_proved: bool = True
    phone_doubt: str = ""
    does_merchant_prove: bool = False  # whether the merchant has numbers proved at its checkout
    twins: tuple[Twin, ...] = ()
    lines: tuple[Sold, ...] = ()

    @property
    def street(self) -> str:
        return f"{self.line1} {self.line2}".strip()

    @property
    def address(self) -> str:
        return ", ".join(filter(None, (self.street, f"{self.postal_code} {self.city}".strip(), self.country)))


CASES: dict[str, type[Case]] = {one.name: one for one in (ReturnCase, ClaimCase, DelayCase, OrderCase)}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule decides, and why.

    ``decision`` is one of: ``approve``, ``reject``; ``person``: somebody must look; ``refund``: pay at once, goods or
    not; ``propose``: a sum that staff may pay; ``ask`` the customer; ``warn`` staff. ``code`` names the sentence of
    the rule, ``parameters`` what stands in it.
    """

    decision: str
    why: str  # the sentence in English
    amount: Decimal | None = None  # to pay back, where the decision is about money; None: all that is left
    code: str = ""
    parameters: dict[str, str | int] = field(default_factory=dict)
    occasion: str = ""  # the fact that a question is about; the same fact is asked about once
    step: int = 1  # of a sum that is proposed again as it grows


class Rule[C: Case]:
    """Base of every ``aftersales/rules/<code>.py``: ``class Rule(base.Rule[base.ReturnCase])``.

    Of a return, claim or delay the rule with the lowest ``priority`` that has a word decides. Of an order every rule
    speaks, and each verdict is a question of its own.

    Attributes:
        judges: the kind of case.
        label: what it looks for, for staff.
        words: the sentences for staff by code, with ``%(name)s`` for parameters.
        questions: the sentences for the customer by code, of rules that ``ask``.
        answers: what the customer may choose: ``as_is``, ``correct``, ``cancel``, ``number``.
        is_blocking: whether our own packing waits for the answer.
        earlier: how former versions judged, by version, so that their decisions can still be replayed.
    """

    code: str  # set by discovery: the file's name
    judges: type[C]
    version = 1
    priority = 100
    label: str = ""
    words: Mapping[str, str] = {}
    questions: Mapping[str, str] = {}
    answers: tuple[str, ...] = ()
    is_blocking = False
    earlier: Mapping[int, Callable[[Any, Any], Verdict | None]] = {}

    def judge(self, case: C) -> Verdict | None:
        """A verdict, or None when this rule has nothing to say."""
        raise NotImplementedError

    def judge_as(self, version: int, case: C) -> Verdict | None:
        """As `judge`, by the code of that version.

        Raises:
            VersionGone: its code is no longer kept.
        """
        if version == self.version:
            return self.judge(case)
        if version not in self.earlier:
            raise VersionGone(f"{self.code} has no version {version} any more.")
        return self.earlier[version](self, case)

    def completed(self, parameters: Mapping[str, str | int]) -> Mapping[str, str | int]:
        """Parameters of a stored verdict with all that the sentences name today, whichever version gave them."""
        return parameters

    def say(
        self,
        decision: str,
        code: str,
        /,
        *,
        amount: Decimal | None = None,
        occasion: str = "",
        step: int = 1,
        **parameters: str | int,
    ) -> Verdict:
        """A verdict with one of the rule's sentences."""
        return Verdict(decision, self.words[code] % parameters, amount, code, parameters, occasion, step)
