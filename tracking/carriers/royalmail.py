"""Royal Mail (United Kingdom): answers of its Tracking API, version 2.

Format: https://developer.royalmail.net (Tracking v2: ``mailPieces`` with ``events``, ``summary`` and ``signature``).
Times carry their offset.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from urllib.parse import quote

from tracking.carriers import _json
from tracking.carriers._asking import in_path
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import country_code, place_name
from tracking.carriers._times import read_date, read_instant, read_moment
from tracking.carriers.base import Asked, Observation, Question, Reading, ScanEvent, Status

_HOME = "Europe/London"
_MOVING = Reading(Status.IN_TRANSIT)
_DELIVERED = Reading(Status.DELIVERED)


class Carrier(DirectCarrier):
    """Reader of Royal Mail's answers."""

    label = "Royal Mail"
    messages = (
        ("errors", "errorDescription"),
        ("mailPieces", "error", "errorDescription"),
        ("mailPieces", "errors", "errorDescription"),
        ("httpMessage",),
        ("moreInformation",),
    )
    answers = (("mailPieces",),)
    # Event codes; the words are the status categories of a summary
    statuses: Mapping[str, Reading] = {
        "EVAIE": Reading(Status.INFO_RECEIVED),
        "EVAIP": Reading(Status.INFO_RECEIVED),
        **dict.fromkeys(("EVPPA", "EVOAC", "EVODO", "EVORI", "EVOCO", "EVDAV", "EVDAC", "EVIMC", "EVBAV"), _MOVING),
        **dict.fromkeys(("EVIAV", "EVGMI", "EVNSR"), _MOVING),
        "EVNMI": Reading(Status.IN_TRANSIT, "carrier_sorting_error"),
        "EVGPD": Reading(Status.OUT_FOR_DELIVERY),
        "EVKNR": Reading(Status.ATTEMPT_FAILED),
        "EVKNA": Reading(Status.ATTEMPT_FAILED, "consignee_not_home"),
        "EVNDA": Reading(Status.AVAILABLE_FOR_PICKUP),
        "EVKLS": Reading(Status.AVAILABLE_FOR_PICKUP),
        "EVPLA": Reading(Status.AVAILABLE_FOR_PICKUP),
        "EVPLC": _DELIVERED,
        "EVKOP": _DELIVERED,
        "EVKSP": _DELIVERED,
        "EVKSF": _DELIVERED,
        "IN TRANSIT": _MOVING,
        "DELIVERED": _DELIVERED,
    }

    base_url = "https://api.royalmail.net"
    credentials_needed = ("client_id", "client_secret")

    def ask(self, asked: Sequence[Asked], credentials: Mapping[str, str]) -> Question:
        [one] = asked
        return Question(
            "GET",
            f"{self.address(credentials)}/mailpieces/v2/{in_path(one.tracking_number)}/events",
            headers={
                "X-IBM-Client-Id": credentials["client_id"],
                "X-IBM-Client-Secret": credentials["client_secret"],
                "X-Accept-RMG-Terms": "yes",
                "Accept": "application/json",
            },
        )

    def observe(self, document: object) -> Iterator[Observation | None]:
        """Every mail piece of the answer."""
        holder = _json.at(document, "TrackingResponse") or document
        for piece in _json.rows(_json.at(holder, "mailPieces"), "mailPieces"):
            codes = self.codes()
            summary, promise = _json.fields(piece.get("summary")), _json.fields(piece.get("estimatedDelivery"))
            rows = _json.rows(piece.get("events"), "events")
            category, day = _json.text(summary.get("statusCategory")), _json.text(promise.get("date"))
            # a summary alone tells the last event under other names
            events = [_event(row, codes, "event") for row in rows]
            if not events and summary.get("lastEventCode"):
                events = [_event(summary, codes, "lastEvent")]
            yield Observation(
                tracking_number=_json.text(piece.get("mailPieceId")) or _json.text(summary.get("oneDBarcode")),
                events=tuple(events),
                summary=codes.read(category, category.upper()).status if category else None,
                service=_json.text(summary.get("productName")),
                carrier_eta=read_date(day),
                eta_from=_clock(day, promise.get("startOfEstimatedWindow")),
                eta_to=_clock(day, promise.get("endOfEstimatedWindow")),
                signed_by=_json.signer(_json.at(piece, "signature", "recipientName")),
                origin=country_code(_json.text(summary.get("originCountryCode"))),
                destination=country_code(_json.text(summary.get("destinationCountryCode"))),
                unknown_codes=codes.unknown,
            )

    def tracking_url(self, tracking_number: str) -> str:
        """Royal Mail's public page of a number."""
        return f"https://www.royalmail.com/track-your-item#/tracking-results/{quote(tracking_number)}"


def _event(row: _json.Fields, codes: CodeReader, name: str) -> ScanEvent:
    code = _json.text(row.get(f"{name}Code"))
    return scan(
        codes.read(code),
        read_moment(_json.text(row.get(f"{name}DateTime")), home=_HOME),
        code=code,
        description=_json.text(row.get(f"{name}Name")),
        place=place_name(_json.text(row.get("locationName")) or _json.text(row.get("lastEventLocationName"))),
    )


def _clock(day: str, time: object) -> datetime | None:
    return read_instant(f"{day}T{clock}", home=_HOME) if (clock := _json.text(time)) else None
