"""The kinds of messages: what each is called, how much it matters, and how it is told where a merchant says nothing.

A kind is told when `templates/messages/<code>/` holds words for a channel and `facts` knows what they may say.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# The order in which channels are tried: the cheapest and least forgettable first.
CHANNELS = ("push", "wechat", "sms", "email")
LETTER = ("email",)


class Weight(IntEnum):
    """How much a message matters; when money is short, the lightest are dropped first, and the last two never."""

    NICE = 1
    USEFUL = 2
    IMPORTANT = 3
    URGENT = 4
    NECESSARY = 5


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of message, and the way it is told unless the merchant wants another.

    ``channels`` are tried in their order until one reaches the person; ``beside`` are used in any case. ``delay`` is
    how long the fact must stand before it is told. Within ``digest`` of an earlier message of the same kind, news of
    one order's parcels is gathered into one. What answers the person's own act goes out ``at_any_hour``.
    """

    code: str
    label: Promise
    weight: Weight
    channels: tuple[str, ...] = CHANNELS
    beside: tuple[str, ...] = ()
    delay: timedelta = timedelta()
    digest: timedelta = timedelta()
    at_any_hour: bool = False
    can_wait: bool = False  # whether its fact still holds, or does not, after a time: a merchant may set a delay

    @property
    def is_necessary(self) -> bool:
        """Asked for by the person, or owed by law: no stop, quiet hour, budget or switch holds it back."""
        return self.weight == Weight.NECESSARY

    @property
    def is_urgent(self) -> bool:
        """Of use now only: it goes out before the others, and at night."""
        return self.weight >= Weight.URGENT


HALF_HOUR = timedelta(minutes=30)
A_DAY = timedelta(hours=24)
_ALL = (
    Kind("verification_code", _("Code to prove a number"), Weight.NECESSARY, ("sms",)),
    Kind("number_changed", _("Number changed"), Weight.NECESSARY, ("sms",)),
    Kind("reply", _("Answer to a text"), Weight.NECESSARY, ("sms",)),
    Kind("words_test", _("Test of own words"), Weight.NECESSARY, ("push", "sms", "email")),
    Kind("order_confirmed", _("Order confirmed"), Weight.IMPORTANT, beside=LETTER, at_any_hour=True),
    Kind("receiver_added", _("Link for a receiver"), Weight.IMPORTANT, beside=LETTER, at_any_hour=True),
    Kind("address_changed", _("Address changed"), Weight.IMPORTANT, beside=LETTER, at_any_hour=True),
    Kind("question", _("Question before shipping"), Weight.IMPORTANT, beside=LETTER, at_any_hour=True),
    Kind("reorder_answered", _("Answer to a reorder"), Weight.IMPORTANT, beside=LETTER),
    Kind("order_packed", _("Order packed"), Weight.NICE, LETTER),
    Kind("order_canceled", _("Order canceled"), Weight.IMPORTANT, beside=LETTER),
    Kind("shipped", _("Shipped"), Weight.IMPORTANT, beside=LETTER, digest=HALF_HOUR),
    Kind("arriving_soon", _("Arriving soon"), Weight.USEFUL),
    Kind("out_for_delivery", _("Out for delivery"), Weight.URGENT, at_any_hour=True),
    Kind("attempt_failed", _("Delivery attempt failed"), Weight.IMPORTANT),
    Kind("available_for_pickup", _("Ready for pickup"), Weight.IMPORTANT, can_wait=True),
    Kind("pickup_reminder", _("Still waits for pickup"), Weight.USEFUL, delay=timedelta(hours=48), can_wait=True),
    Kind("delivered", _("Delivered"), Weight.IMPORTANT, digest=HALF_HOUR, can_wait=True),
    Kind("all_delivered", _("All parcels delivered"), Weight.USEFUL),
    Kind("delayed", _("Will be late"), Weight.IMPORTANT),
    Kind("promise_changed", _("Another day of arrival"), Weight.USEFUL, delay=HALF_HOUR, can_wait=True),
    Kind("exception", _("Something went wrong"), Weight.IMPORTANT, beside=LETTER, can_wait=True),
    Kind("incident", _("Incident"), Weight.IMPORTANT, beside=LETTER, can_wait=True),
    Kind("return_requested", _("Return requested"), Weight.USEFUL, beside=LETTER, at_any_hour=True),
    Kind("return_approved", _("Return approved"), Weight.IMPORTANT, beside=LETTER),
    Kind("return_reminder", _("Return not sent yet"), Weight.IMPORTANT, beside=LETTER),
    Kind("return_expired", _("Return ended"), Weight.IMPORTANT, beside=LETTER),
    Kind("withdrawal_acknowledged", _("Withdrawal received"), Weight.NECESSARY, ("sms",), LETTER, at_any_hour=True),
    Kind("return_rejected", _("Return declined"), Weight.IMPORTANT, beside=LETTER),
    Kind("return_received", _("Return received"), Weight.IMPORTANT, beside=LETTER),
    Kind("goods_declined", _("Goods not accepted"), Weight.IMPORTANT, beside=LETTER),
    Kind("refund_started", _("Refund started"), Weight.IMPORTANT, beside=LETTER),
    Kind("refund_paid", _("Refund paid"), Weight.IMPORTANT, beside=LETTER),
    Kind("refund_failed", _("Refund takes longer"), Weight.IMPORTANT, beside=LETTER, delay=A_DAY, can_wait=True),
    Kind("dispute_opened", _("Dispute opened"), Weight.IMPORTANT, beside=LETTER, at_any_hour=True),
    Kind("support_reply", _("Answer from support"), Weight.IMPORTANT, beside=LETTER, at_any_hour=True),
    Kind("support_closing", _("Question closes soon"), Weight.USEFUL, beside=LETTER),
    Kind("dispute_question", _("Question in a dispute"), Weight.IMPORTANT, beside=LETTER),
    Kind("dispute_offer", _("Offer in a dispute"), Weight.IMPORTANT, beside=LETTER),
    Kind("dispute_decided", _("Dispute decided"), Weight.IMPORTANT, beside=LETTER),
)
KINDS: dict[str, Kind] = {kind.code: kind for kind in _ALL}


def of(code: str) -> Kind:
    """The kind of that name.

    Raises:
        KeyError: there is none.
    """
    return KINDS[code]
