"""Stripe's evidence for a dispute: its 27 fields, of which those are told that are known.

Fields that want an uploaded file name the file in the archive; Stripe gives an id for each when it is uploaded.
"""

from collections.abc import Mapping
from typing import Any

from . import words
from .case import CaseFile, address_lines

SHORT, LONG = 5_000, 20_000  # characters
COMBINED_MAX = 150_000  # characters of all texts together
TEXTS: dict[str, int] = {
    "access_activity_log": LONG,
    "billing_address": SHORT,
    "cancellation_policy_disclosure": LONG,
    "cancellation_rebuttal": LONG,
    "customer_email_address": SHORT,
    "customer_name": SHORT,
    "customer_purchase_ip": SHORT,
    "duplicate_charge_explanation": LONG,
    "duplicate_charge_id": SHORT,
    "product_description": LONG,
    "refund_policy_disclosure": LONG,
    "refund_refusal_explanation": LONG,
    "service_date": SHORT,
    "shipping_address": SHORT,
    "shipping_carrier": SHORT,
    "shipping_date": SHORT,
    "shipping_tracking_number": SHORT,
    "uncategorized_text": LONG,
}
FILES = (
    "cancellation_policy",
    "customer_communication",
    "customer_signature",
    "duplicate_charge_documentation",
    "receipt",
    "refund_policy",
    "service_documentation",
    "shipping_documentation",
    "uncategorized_file",
)
PDF = "case.pdf"


def stripe_evidence(case: CaseFile) -> dict[str, Any]:
    """``evidence``: texts by field, cut to what Stripe takes; ``files``: names in the archive by field."""
    return {
        "reason": "product_not_received" if case.kind == "not_received" else "product_unacceptable",
        "evidence": _fitted(_texts(case)),
        "files": {field: name for field, name in _files(case).items() if name},
    }


def _texts(case: CaseFile) -> Mapping[str, str]:
    order, declined = case.newest("order"), case.status == "rejected"
    shipment = order.get("shipment", {})
    return {
        "access_activity_log": "\n".join(words.opening_lines(case)),
        "customer_email_address": order.get("email", ""),
        "customer_name": order.get("address", {}).get("consignee", ""),
        "product_description": words.product_description(order),
        "refund_policy_disclosure": words.policy_text(case),
        "refund_refusal_explanation": case.decision_note if declined else "",
        "shipping_address": "\n".join(address_lines(order)),
        "shipping_carrier": shipment.get("carrier", ""),
        "shipping_date": words.day(order.get("shipped_at") or shipment.get("created_at") or ""),
        "shipping_tracking_number": ", ".join(shipment.get("tracking_numbers", ())),
        "uncategorized_text": "\n\n".join(words.summary(case)),
    }


def _files(case: CaseFile) -> Mapping[str, str]:
    return {
        "customer_communication": case.file_of("conversation") or case.file_of("messages"),
        "customer_signature": "signatures/01.svg" if case.signatures else "",
        "refund_policy": case.file_of("policy"),
        "shipping_documentation": case.file_of("timeline"),
        "uncategorized_file": PDF,
    }


def _fitted(texts: Mapping[str, str]) -> dict[str, str]:
    """Unknown fields are left out, long ones cut with a mark, and the longest first where all are too much."""
    cut = {field: _cut(text, TEXTS[field]) for field, text in texts.items() if text}
    while sum(map(len, cut.values())) > COMBINED_MAX:
        longest = max(cut, key=lambda field: len(cut[field]))
        cut[longest] = _cut(cut[longest], len(cut[longest]) // 2)
    return cut


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
