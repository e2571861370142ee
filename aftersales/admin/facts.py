"""Facts that rules saw, in words: what is stored stays as it was, codes and truths are told as people say them."""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tracking.models import ProofOfDelivery, TrackingStatus
from tracking.reasons import REASON_LABELS

from ..models import Confirmation, Dispute, Return

LABELS = {
    "reason": gettext_lazy("Reason"),
    "days_since_delivery": gettext_lazy("Days since the delivery"),
    "return_days": gettext_lazy("Days for returns"),
    "value": gettext_lazy("Value of the goods"),
    "auto_approve": gettext_lazy("Returns are approved automatically"),
    "auto_approve_up_to": gettext_lazy("Approved automatically up to"),
    "all_returnable": gettext_lazy("Everything in it may be sent back"),
    "earlier_returns": gettext_lazy("Returns of this customer in 180 days"),
    "legal_basis": gettext_lazy("By law"),
    "resolution": gettext_lazy("Wish"),
    "keep_goods_up_to": gettext_lazy("No return up to a value of"),
    "earlier_kept": gettext_lazy("Of these, paid without a return"),
    "evidence": gettext_lazy("Pieces of evidence"),
    "kind": gettext_lazy("Claim"),
    "status": gettext_lazy("Status of the parcel"),
    "is_carriers_word": gettext_lazy("The carrier says so itself"),
    "proof": gettext_lazy("Strongest proof of the handover"),
    "km_to_address": gettext_lazy("Kilometers between the last scan and the address"),
    "answer": gettext_lazy("What the customer said of the delivery"),
    "refund_lost": gettext_lazy("Lost parcels are paid at once"),
    "earlier_by_customer": gettext_lazy("Claims of this customer in a year"),
    "earlier_by_phone": gettext_lazy("Claims with this phone number in a year"),
    "earlier_by_address": gettext_lazy("Claims at this address in a year"),
}
MONEY = frozenset({"value", "auto_approve_up_to", "keep_goods_up_to"})
WORDS: Mapping[str, Mapping[Any, Any]] = {
    "reason": {**REASON_LABELS, **dict(Return._meta.get_field("reason").flatchoices)},
    "legal_basis": dict(Return.Law.choices),
    "resolution": dict(Return.Resolution.choices),
    "kind": dict(Dispute.Kind.choices),
    "status": dict(TrackingStatus.choices),
    "proof": dict(ProofOfDelivery.Kind.choices),
    "answer": dict(Confirmation.Answer.choices),
}
NOTHING = "–"


def facts_in_words(facts: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Each fact's name and value in the reader's language, in the order of `LABELS`, since the database keeps none.

    What is newer than these words comes last, as it is stored.
    """
    known = [name for name in LABELS if name in facts]
    newer = [name for name in facts if name not in LABELS]
    return [(str(LABELS.get(name, name)), _told(name, facts[name])) for name in (*known, *newer)]


def _told(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if value is None or value == "":
        return NOTHING
    if isinstance(value, list):
        return str(len(value))  # digests, which stand beside the evidence itself
    if name in MONEY:
        return _money(value)
    if isinstance(value, float):
        return number_format(value)
    return str(WORDS.get(name, {}).get(value, value))


def _money(value: Any) -> str:
    try:
        return number_format(Decimal(value))
    except InvalidOperation:
        return str(value)
