"""PayPal's evidence for a dispute: a list of typed pieces, each with a note and the files that belong to it."""

from typing import Any

from . import words
from .case import CaseFile
from .stripe import PDF

NOTES_MAX = 2_000  # characters of a note
REASONS = {"not_received": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED"}
NOT_AS_DESCRIBED = "MERCHANDISE_OR_SERVICE_NOT_AS_DESCRIBED"
SUB_REASONS = {"damaged": "DAMAGED", "wrong_item": "DIFFERENT", "missing_item": "MISSING_PARTS"}
# Carriers that PayPal names for the whole world; any other is told as OTHER with its name.
CARRIERS = {"DHL": "DHL", "FEDEX": "FEDEX", "UPS": "UPS", "USPS": "USPS", "ROYAL MAIL": "ROYAL_MAIL", "TNT": "TNT"}
PHOTO_TYPES = {"damaged": "PROOF_OF_DAMAGE", "missing_item": "PROOF_OF_MISSING_ITEMS"}
OTHER_PHOTOS = "PROOF_OF_SIGNIFICANT_DIFFERENCE"


def paypal_evidence(case: CaseFile) -> dict[str, Any]:
    """The body of ``provide-evidence``, where ``documents`` name files in the archive."""
    told = {"dispute_reason": REASONS.get(case.kind, NOT_AS_DESCRIBED), "evidences": list(_evidences(case))}
    if case.kind in SUB_REASONS:
        told["sub_reasons"] = [SUB_REASONS[case.kind]]
    return told


def _evidences(case: CaseFile) -> list[dict[str, Any]]:
    order = case.newest("order")
    proofs = case.newest("proof").get("proofs", ())
    signed = any(proof["kind"] in ("signature", "code") for proof in proofs)
    photo_type = PHOTO_TYPES.get(case.kind, OTHER_PHOTOS)
    found = [
        _piece("PROOF_OF_FULFILLMENT", "", case.file_of("timeline"), tracking=_tracking(order)),
        _piece("ONLINE_TRACKING_INFORMATION", "\n".join(words.timeline_lines(case)), case.file_of("timeline")),
        _piece("DELIVERY_ADDRESS", words.place_line(case), case.file_of("order")),
        _piece(
            "PROOF_OF_DELIVERY_SIGNATURE" if signed else "DELIVERY_RECEIPT",
            "\n".join(words.proof_lines(case)),
            "signatures/01.svg" if case.signatures else "",
        ),
        _piece("ORDER_DETAILS", words.product_description(order), case.file_of("order")),
        _piece("RETURN_POLICY", words.policy_text(case), case.file_of("policy")),
        _piece("BUYER_RESPONSE", "\n".join(words.confirmation_lines(case)), case.file_of("confirmation")),
        *[_piece(photo_type, "", photo.file_name) for photo in case.photos],
        _piece("MERCHANT_RESPONSE", case.decision_note, case.file_of("decision")),
        _piece("VALID_SUPPORTING_DOCUMENT", "", PDF),
    ]
    return [piece for piece in found if piece]


def _tracking(order: Any) -> list[dict[str, str]]:
    shipment = order.get("shipment", {})
    name = str(shipment.get("carrier", ""))
    code = next((code for start, code in CARRIERS.items() if name.upper().startswith(start)), "OTHER")
    other = {"carrier_name_other": name} if code == "OTHER" else {}
    return [
        {"carrier_name": code, **other, "tracking_number": number} for number in shipment.get("tracking_numbers", ())
    ]


def _piece(kind: str, notes: str, document: str, *, tracking: list[dict[str, str]] | None = None) -> dict[str, Any]:
    """A typed piece; empty where nothing is known."""
    if not notes and not document and not tracking:
        return {}
    told: dict[str, Any] = {"evidence_type": kind, "source": "SUBMITTED_BY_SELLER"}
    if tracking:
        told["evidence_info"] = {"tracking_info": tracking}
    if notes:
        told["notes"] = notes if len(notes) <= NOTES_MAX else notes[: NOTES_MAX - 1] + "…"
    if document:
        told["documents"] = [{"name": document}]
    return told
