"""A case in plain English sentences, for the fields of payment providers, whose readers are banks."""

from collections.abc import Iterator, Sequence

from .case import CaseFile, Content

KINDS = {
    "not_received": "not received",
    "not_as_described": "not as described",
    "damaged": "arrived damaged",
    "wrong_item": "wrong item",
    "missing_item": "something missing",
}
ANSWERS = {
    "has_it": "I have it",
    "not_me": "somebody else took it",
    "not_here": "it is not here",
}
PROOFS = {
    "code": "with the code that only the customer was sent",
    "signature": "with a signature",
    "name": "with the receiver's name",
}


def day(moment: str) -> str:
    """The date of an ISO 8601 time."""
    return moment[:10]


def minute(moment: str | None) -> str:
    """A time to the minute, with its offset."""
    return f"{moment[:10]} {moment[11:16]} {moment[-6:]}" if moment and len(moment) > 16 else moment or "time not told"


def product_description(order: Content) -> str:
    return "; ".join(f"{line['quantity']} x {line['name']} (SKU {line['sku']})" for line in order.get("lines", ()))


def timeline_lines(case: CaseFile) -> list[str]:
    """The carrier's events, oldest first: when it happened, and when the merchant learned of it."""
    events = sorted(case.newest("timeline").get("events", ()), key=lambda event: event["occurred_at"] or "")
    return [
        " ".join(
            filter(
                None,
                (
                    minute(event["occurred_at"]),
                    event["status"].replace("_", " "),
                    event["place"],
                    f"- {event['description']}" if event["description"] else "",
                    f"(signed by {event['signed_by']})" if event["signed_by"] else "",
                    f"[recorded {minute(event['recorded_at'])}]",
                ),
            )
        )
        for event in events
    ]


def proof_lines(case: CaseFile) -> list[str]:
    """How the handover was proved."""
    proof = case.newest("proof")
    lines = [
        f"{minute(one['proved_at'])}: handed over {PROOFS.get(one['kind'], one['kind'])}"
        + (f", received by {one['received_by']}" if one["received_by"] else "")
        for one in proof.get("proofs", ())
    ]
    code = proof.get("code") or {}
    if code and not code.get("confirmed_at"):
        lines.append(f"A code for the handover was sent {minute(code['issued_at'])}; it was not given to the courier.")
    if proof.get("carrier_says_signed_by"):
        lines.append(f"The carrier says: signed by {proof['carrier_says_signed_by']}.")
    return lines


def place_line(case: CaseFile) -> str:
    place = case.newest("place")
    if not place:
        return ""
    scan, address = place["last_scan"], place["address"]
    told = f"Last scan: {scan['place']} {scan['country']}, {minute(scan['occurred_at'])}".strip()
    goal = f"address: {address['postal_code']} {address['city']} {address['country']}"
    far = place.get("distance_km")
    return f"{told}; {goal}" + (f"; distance {far} km." if far is not None else ".")


TAPPED = {
    "phone": " on a device on which the phone was proved",
    "link": " by the link in a message",
    "receiver": " by the receiver whom the customer named, whose phone was proved",
}


def confirmation_lines(case: CaseFile) -> list[str]:
    """What the customer said after the delivery; silence is told as silence."""
    told = case.newest("confirmation")
    if not told:
        return []
    lines = [
        f"{minute(one['said_at'])}: the customer said “{ANSWERS.get(one['answer'], one['answer'])}”"
        + TAPPED[one["proof"]]
        for one in told.get("answers", ())
    ]
    return lines or ["The customer said nothing after the delivery. Silence is recorded as silence, not as consent."]


def message_lines(case: CaseFile) -> list[str]:
    """Messages to the customer, with when they were sent and delivered."""
    lines = []
    for message in case.newest("messages").get("messages", ()):
        arrived = f", delivered {minute(message['delivered_at'])}" if message.get("delivered_at") else ""
        sent = f"sent {minute(message['sent_at'])}" if message.get("sent_at") else "not sent"
        kind = message["kind"].replace("_", " ")
        lines.append(f"{kind} by {message['channel']} to {message['address']}: {sent}{arrived}")
    return lines


def opening_lines(case: CaseFile) -> list[str]:
    """Who opened the order's page."""
    return [
        f"{minute(one['at'])} {one['device']} {one['browser']}".strip()
        + (" (phone proved)" if one["phone_proved"] else "")
        for one in case.newest("openings").get("openings", ())
    ]


def policy_text(case: CaseFile) -> str:
    policy = case.newest("policy").get("policy", {})
    if not policy:
        return ""
    sentences = [f"Goods can be sent back within {policy['return_days']} days after delivery."]
    sentences.append(f"A parcel can be disputed within {policy['dispute_within_days']} days after delivery.")
    if policy.get("warranty_days"):
        sentences.append(f"Warranty: {policy['warranty_days']} days.")
    return " ".join(sentences)


def summary(case: CaseFile) -> Iterator[str]:
    """The whole case, section by section."""
    statement = case.newest("statement")
    yield f"Claim: {KINDS.get(case.kind, case.kind)}. {statement.get('statement', '')}".strip()
    sections: Sequence[tuple[str, Sequence[str]]] = (
        ("Proof of the handover", proof_lines(case)),
        ("Place", [line] if (line := place_line(case)) else []),
        ("After the delivery", confirmation_lines(case)),
        ("Carrier events", timeline_lines(case)),
        ("Messages", message_lines(case)),
    )
    for title, lines in sections:
        if lines:
            yield f"{title}:\n" + "\n".join(lines)
