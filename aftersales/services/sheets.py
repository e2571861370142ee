"""A case as a sheet to read: sections of words and tables in the reader's language, made from what was kept."""

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

import tracking.services
from merchants.countries import country_name
from tracking.models import ProofOfDelivery, TrackingStatus

from ..exports.case import CaseFile, address_lines
from ..models import Confirmation, Dispute, DisputeStep, Note, Resolution, Return
from .judging import rule_label

PHOTO_URL = "data:image/jpeg;base64,"
CHANNELS = {
    "sms": "SMS",
    "email": gettext_lazy("Email"),
    "push": gettext_lazy("Web push"),
    "wechat": gettext_lazy("WeChat"),
}
DEVICES = {
    "phone": gettext_lazy("A phone"),
    "tablet": gettext_lazy("A tablet"),
    "computer": gettext_lazy("A computer"),
    "program": gettext_lazy("A program, such as a link preview"),
    "unknown": gettext_lazy("An unknown device"),
}
FORMER_STATUSES = {"refunded": gettext_lazy("Refunded")}  # old copies have it


@dataclass(frozen=True, slots=True)
class Table:
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the sheet: facts (name and value), sentences, a table, pictures; what is empty is not shown."""

    title: str
    facts: Sequence[tuple[str, str]] = ()
    sentences: Sequence[str] = ()
    table: Table | None = None
    photos: Sequence[str] = ()  # data URLs
    signatures: Sequence[str] = ()  # SVG paths
    source: str = ""  # the file and the digest that it was made from
    notes: Sequence[str] = field(default_factory=tuple)

    @property
    def is_empty(self) -> bool:
        has_rows = self.table is not None and bool(self.table.rows)
        return not (self.facts or self.sentences or has_rows or self.photos or self.signatures)


def minute(told: str | None, offset_min: int | None = None) -> str:
    """An ISO 8601 time to the minute on the clock of ``offset_min``, else on UTC's; "–" where there is none."""
    if not told:
        return "–"
    zone = timezone(timedelta(minutes=offset_min or 0))
    moment = datetime.fromisoformat(told).astimezone(zone)
    hours, minutes = divmod(abs(offset_min or 0), 60)
    sign = "−" if (offset_min or 0) < 0 else "+"
    zone_name = f"UTC{sign}{hours}{f':{minutes:02d}' if minutes else ''}" if offset_min else "UTC"
    return f"{moment:%Y-%m-%d %H:%M} {zone_name}"


def word(choices: Any, code: str) -> str:
    """A code in the words of its choices; a code that none has stays as it is."""
    return str(dict(choices.choices).get(code, code))


def money(amount: str, currency: str = "") -> str:
    """A decimal as the reader's language writes it."""
    return f"{number_format(amount)} {currency}".strip()


def place(name: str | None, country: str | None) -> str:
    """A place with its country by name; "" where neither is known."""
    return ", ".join(filter(None, (name, country_name(country or ""))))


def sheet(case: CaseFile) -> list[Section]:
    """All sections that have something to say, in the order in which a judge asks."""
    made = (_claim, _decision, _proof, _place, _confirmation, _timeline, _weights, _steps, _messages, _order)
    later = (_openings, _policy, _earlier, _conversation, _pieces)
    return [section for make in (*made, *later) if not (section := make(case)).is_empty]


def _source(case: CaseFile, kind: str) -> str:
    piece = next((piece for piece in reversed(case.pieces) if piece.kind == kind), None)
    return f"{piece.file_name} · SHA-256 {piece.digest}" if piece else ""


def _claim(case: CaseFile) -> Section:
    told = case.newest("statement")
    facts = [(_("Claim"), word(Dispute.Kind, case.kind)), (_("Opened"), minute(case.opened_at))]
    if told.get("wish"):
        facts.append((_("Wish"), word(Resolution, told["wish"])))
    facts += [(_("About"), f"{line['quantity']} × {line['name']} ({line['sku']})") for line in told.get("lines", ())]
    return Section(
        _("What the customer says"),
        facts=facts,
        sentences=[told["statement"]] if told.get("statement") else [],
        photos=[PHOTO_URL + base64.b64encode(photo.jpeg).decode() for photo in case.photos],
        source=_source(case, "statement"),
    )


def _decision(case: CaseFile) -> Section:
    told = case.newest("decision")
    facts = [(_("Status"), word(Dispute.Status, case.status))]
    if told:
        facts.append((_("Decided"), minute(told["decided_at"])))
        if told["by"] or told["rule"]:
            facts.append((_("Decided by"), told["by"] or rule_label(told["rule"].partition(" ")[0])))
        if told.get("resolution"):
            facts.append((_("Granted"), word(Resolution, told["resolution"])))
        if told.get("amount"):
            facts.append((_("Amount"), money(told["amount"], told["currency"])))
    note = [told["why"]] if told.get("why") else []
    return Section(_("The decision"), facts=facts, sentences=note, source=_source(case, "decision"))


def _proof(case: CaseFile) -> Section:
    told = case.newest("proof")
    code = told.get("code") or {}
    facts = []
    if told.get("delivered_at"):
        facts.append((_("Delivered, says the carrier"), minute(told["delivered_at"])))
    if told.get("carrier_says_signed_by"):
        facts.append((_("Signed by, says the carrier"), told["carrier_says_signed_by"]))
    if code:
        facts.append((_("Code sent to the customer"), minute(code["issued_at"])))
        given = minute(code["confirmed_at"]) if code["confirmed_at"] else _("never")
        facts.append((_("Code given to the courier"), given))
    rows = [
        (
            minute(one["proved_at"]),
            word(ProofOfDelivery.Kind, one["kind"]),
            one["received_by"] or "–",
            one["courier"] or "–",
            one["digest"][:16],
        )
        for one in told.get("proofs", ())
    ]
    heads = (_("Time"), _("Proof"), _("Received by"), _("Courier"), _("Digest"))
    return Section(
        _("Proof of the handover"),
        facts=facts,
        sentences=[] if rows else [_("No courier proved this handover with a code or a signature.")],
        table=Table(heads, rows),
        signatures=case.signatures,
        source=_source(case, "proof"),
    )


def _place(case: CaseFile) -> Section:
    told = case.newest("place")
    if not told:
        return Section(_("Place of the last scan"))
    scan, address = told["last_scan"], told["address"]
    facts = [
        (_("Last scan"), f"{place(scan['place'], scan['country'])}, {minute(scan['occurred_at'])}"),
        (_("Address"), place(f"{address['postal_code']} {address['city']}".strip(), address["country"])),
    ]
    if told["distance_km"] is not None:
        facts.append((_("Distance between the cities"), f"{told['distance_km']} km"))
    return Section(_("Place of the last scan"), facts=facts, source=_source(case, "place"))


def _confirmation(case: CaseFile) -> Section:
    told = case.newest("confirmation")
    if not told:
        return Section(_("After the delivery"))
    rows = [
        (minute(one["said_at"]), word(Confirmation.Answer, one["answer"]), word(Confirmation.Proof, one["proof"]))
        for one in told["answers"]
    ]
    silence = _("The customer said nothing. Silence is recorded as silence, not as consent.")
    return Section(
        _("After the delivery"),
        sentences=[silence] if told["is_silent"] else [],
        table=Table((_("Time"), _("The customer said"), _("How proved")), rows),
        source=_source(case, "confirmation"),
    )


def _timeline(case: CaseFile) -> Section:
    told = case.newest("timeline")
    digests = {payload["id"]: payload["sha256"] for payload in told.get("payloads", ())}
    struck: dict[str, bool] = {one["event"]: one["is_struck"] for one in told.get("retractions", ())}
    events = sorted(told.get("events", ()), key=lambda event: event["occurred_at"] or "")
    rows = [
        (
            minute(event["occurred_at"], event["utc_offset_min"]),
            minute(event["recorded_at"]),
            place(event["place"], event["country"]) or "–",
            ", ".join(_what(event, is_struck=struck.get(event.get("id", ""), False))),
            digests.get(event.get("payload") or "", "")[:16] or "–",
        )
        for event in events
    ]
    heads = (_("Happened"), _("Recorded"), _("Place"), _("What"), _("Payload"))
    return Section(_("Timeline"), table=Table(heads, rows), source=_source(case, "timeline"))


def _what(event: dict[str, Any], *, is_struck: bool) -> Iterator[str]:
    yield word(TrackingStatus, event["status"])
    if event["description"]:
        yield _("“%s”") % event["description"]
    if event["signed_by"]:
        yield _("signed by %s") % event["signed_by"]
    if is_struck:
        yield _("taken back by the carrier")


def teller(by: str) -> str:
    """Who told a weight, in words."""
    own = {"merchant": _("the sender"), "contents": _("its contents, by the catalog")}
    return own.get(by) or tracking.services.carrier_label(by)


def _weights(case: CaseFile) -> Section:
    rows = [
        (
            one["tracking_number"],
            teller(one["by"]),
            f"{one['grams']} g" if one.get("grams") else f"{one.get('value')} {one.get('unit', '')}".strip(),
            minute(one.get("told_at")),
        )
        for one in case.newest("weight").get("weights", ())
    ]
    heads = (_("Parcel"), _("Told by"), _("Weight"), _("Time"))
    return Section(_("Weights"), table=Table(heads, rows), source=_source(case, "weight"))


def _steps(case: CaseFile) -> Section:
    currency = case.newest("order").get("currency", "")
    rows = [
        (
            minute(one["at"]),
            one["by"] or word(DisputeStep.Party, one["party"]),
            word(DisputeStep.Kind, one["kind"]),
            "\n".join(filter(None, (_granted(one, currency), one["text"]))),
        )
        for one in case.newest("steps").get("steps", ())
    ]
    heads = (_("Time"), _("Who"), _("Step"), _("Words"))
    return Section(_("What both sides said"), table=Table(heads, rows), source=_source(case, "steps"))


def _granted(step: dict[str, Any], currency: str) -> str:
    amount = money(step["amount"], currency) if step["amount"] else ""
    return ": ".join(filter(None, (word(Resolution, step["resolution"]), amount)))


def _messages(case: CaseFile) -> Section:
    rows = [
        (
            minute(one["sent_at"]),
            minute(one["delivered_at"]),
            f"{CHANNELS.get(one['channel'], one['channel'])} {one['address']}",
            one["subject"] or one["body"][:160],
        )
        for one in case.newest("messages").get("messages", ())
    ]
    heads = (_("Sent"), _("Delivered"), pgettext("message", "To"), _("Message"))
    return Section(_("Messages to the customer"), table=Table(heads, rows), source=_source(case, "messages"))


def _order(case: CaseFile) -> Section:
    told = case.newest("order")
    if not told:
        return Section(_("The order"))
    shipment = told["shipment"]
    code = shipment.get("carrier_code")  # cases of old kept the name alone
    carrier = tracking.services.carrier_label(code) if code else shipment["carrier"]
    facts = [
        (_("Order"), told["number"]),
        (_("Placed"), minute(told["placed_at"])),
        (_("Ships to"), ", ".join(_address(told))),
        (_("Phone"), told["phone"]),
        (_("Email"), told["email"] or "–"),
        (_("Parcel"), f"{carrier} {', '.join(shipment['tracking_numbers'])}"),
        (_("Paid"), money(told["total"], told["currency"])),
    ]
    packed = (f"{one['tracking_number']}: {one['quantity']} × {one['name']}" for one in shipment.get("contents", ()))
    facts += [(_("In this parcel"), line) for line in packed]
    rows = [(str(line["quantity"]), line["name"], line["sku"], money(line["unit_price"])) for line in told["lines"]]
    heads = (_("Quantity"), _("Item"), _("SKU"), _("Price"))
    return Section(_("The order"), facts=facts, table=Table(heads, rows), source=_source(case, "order"))


def _address(order: Mapping[str, Any]) -> list[str]:
    address = order.get("address", {})
    return address_lines({"address": {**address, "country": country_name(address.get("country", ""))}})


def _openings(case: CaseFile) -> Section:
    rows = [
        (
            minute(one["at"]),
            one["browser"] or str(DEVICES.get(one["device"], one["device"])),
            _("yes") if one["phone_proved"] else _("no"),
        )
        for one in case.newest("openings").get("openings", ())
    ]
    heads = (_("Time"), _("Device"), _("Phone proved"))
    return Section(_("Who opened the order's page"), table=Table(heads, rows), source=_source(case, "openings"))


def _policy(case: CaseFile) -> Section:
    policy = case.newest("policy").get("policy", {})
    if not policy:
        return Section(_("The policy at that time"))
    facts = [
        (_("Days for returns"), str(policy["return_days"])),
        (_("Days to dispute a parcel"), str(policy["dispute_within_days"])),
        (_("Days to answer a dispute"), str(policy["answer_within_days"])),
    ]
    return Section(_("The policy at that time"), facts=facts, source=_source(case, "policy"))


def _earlier(case: CaseFile) -> Section:
    told = case.newest("earlier")
    if not told:
        return Section(_("Earlier orders and cases"))
    disputes = (
        (minute(one["opened_at"]), one["order"], word(Dispute.Kind, one["kind"]), word(Dispute.Status, one["status"]))
        for one in told["disputes"]
    )
    returns = (
        (
            minute(one["at"]),
            one["number"],
            word(Return._meta.get_field("reason"), one["reason"]),
            str(FORMER_STATUSES.get(one["status"], word(Return.Status, one["status"]))),
        )
        for one in told["returns"]
    )
    return Section(
        _("Earlier orders and cases"),
        facts=[(_("Orders in all"), str(told["orders"]))],
        table=Table((_("Time"), _("Number"), _("Reason"), _("Status")), [*disputes, *returns]),
        source=_source(case, "earlier"),
    )


def _conversation(case: CaseFile) -> Section:
    told: Iterable[dict[str, Any]] = case.newest("conversation").get("messages", ())
    rows = [
        (minute(one["at"]), word(Note.Author, one["author"]), "\n".join((one["text"], *_names(one["files"]))))
        for one in told
    ]
    heads = (_("Time"), _("Who"), _("Words"))
    return Section(_("Conversation with support"), table=Table(heads, rows), source=_source(case, "conversation"))


def _names(files: Iterable[dict[str, Any]]) -> list[str]:
    """What was sent along, with the digests that tell whether a file is the one."""
    return [f"{one['name']} (SHA-256 {one['sha256'][:16]}…)" for one in files]


def _pieces(case: CaseFile) -> Section:
    rows = [(piece.label, minute(piece.collected_at), piece.file_name, piece.digest) for piece in case.pieces]
    rows += [(_("Photo"), minute(photo.added_at), photo.file_name, photo.digest) for photo in case.photos]
    heads = (_("Evidence"), _("Copied"), _("File"), "SHA-256")
    return Section(_("All pieces with their digests"), table=Table(heads, rows))
