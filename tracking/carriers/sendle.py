"""Sendle (Australia, United States, Canada): answers of its tracking API, and its webhooks.

Format: https://developers.sendle.com (Tracking; Tracking Webhooks; a list of the event types). ``scan_time`` is UTC;
``local_scan_time`` is the clock of the place. An answer doesn't repeat the number it was asked for.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from tracking.carriers import _json
from tracking.carriers._asking import basic, in_path
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import country_code, place_name
from tracking.carriers._times import offset_between, read_date, read_moment
from tracking.carriers.base import Asked, Observation, Question, Reading, ScanEvent, Status

_SIGNED = re.compile(r"signed for by (.+?)\.?$", re.IGNORECASE)


class Carrier(DirectCarrier):
    """Reader of Sendle's answers and webhooks."""

    label = "Sendle"
    messages = (("error_description",), ("messages",), ("error",), ("message",))
    answers = (("tracking_events",), ("tracking",))
    # Event types, lower case; "info" alone tells nothing of where the parcel is, so its sentence is read
    statuses: Mapping[str, Reading] = {
        "info": Reading(Status.UNKNOWN),
        "info/in transit between locations": Reading(Status.IN_TRANSIT),
        "info/arrived at the depot for processing": Reading(Status.IN_TRANSIT),
        "info/parcel is loaded for delivery": Reading(Status.OUT_FOR_DELIVERY),
        "info/signed for": Reading(Status.DELIVERED),
        "drop off": Reading(Status.INFO_RECEIVED),  # not yet dropped off
        "pickup attempted": Reading(Status.EXCEPTION),
        "pickup attempted/parcel not ready": Reading(Status.EXCEPTION, "merchant_not_ready"),
        "pickup": Reading(Status.IN_TRANSIT),
        "dropped off": Reading(Status.IN_TRANSIT),
        "in transit": Reading(Status.IN_TRANSIT),
        "local delivery": Reading(Status.OUT_FOR_DELIVERY),
        "out for delivery": Reading(Status.OUT_FOR_DELIVERY),
        "delivery attempted": Reading(Status.ATTEMPT_FAILED),
        "card left": Reading(Status.ATTEMPT_FAILED, "consignee_not_home"),
        "left with agent": Reading(Status.AVAILABLE_FOR_PICKUP),
        "delivered": Reading(Status.DELIVERED),
        "damaged": Reading(Status.EXCEPTION, "carrier_damaged_parcel"),
        "unable to deliver": Reading(Status.EXCEPTION),
        "expired": Reading(Status.EXPIRED),
        "state pickup": Reading(Status.INFO_RECEIVED),  # the whole order waits for its pick-up
        "state cancelled": Reading(Status.EXCEPTION, "merchant_cancelled"),
        "state lost": Reading(Status.EXCEPTION, "carrier_parcel_lost"),
    }

    base_url = "https://api.sendle.com"
    credentials_needed = ("sendle_id", "api_key")

    def ask(self, asked: Sequence[Asked], credentials: Mapping[str, str]) -> Question:
        [one] = asked
        return Question(
            "GET",
            f"{self.address(credentials)}/api/tracking/{in_path(one.tracking_number)}",
            headers={
                "Authorization": basic(credentials["sendle_id"], credentials["api_key"]),
                "Accept": "application/json",
            },
        )

    def observe(self, document: object) -> Iterator[Observation | None]:
        """An answer, bare or wrapped with its number, or a webhook about one scan."""
        holder = _json.fields(document)
        wrapped = holder.get("tracking") or holder.get("tracking_response") or document
        for answer in _json.rows(wrapped, "The answer"):
            number = answer.get("ref") or answer.get("tracking_number") or answer.get("sendle_reference")
            inner = _json.fields(answer.get("response")) or _json.fields(answer.get("tracking_details")) or answer
            codes = self.codes()
            rows = _json.rows(inner.get("tracking_events"), "tracking_events")
            if "event_type" in inner:
                rows = [inner]
            state, schedule = _json.text(inner.get("state")), _json.fields(inner.get("scheduling"))
            events = tuple(_event(row, codes) for row in rows)
            yield Observation(
                tracking_number=_json.text(number),
                events=events,
                summary=codes.read(state, f"state {state.lower()}", state.lower()).status if state else None,
                carrier_eta=read_date(_json.text(schedule.get("estimated_delivery_date_maximum"))),
                signed_by=next((event.signed_by for event in events if event.signed_by), ""),
                origin=country_code(_json.text_at(inner, "origin", "country")),
                destination=country_code(_json.text_at(inner, "destination", "country")),
                unknown_codes=codes.unknown,
            )

    def tracking_url(self, tracking_number: str) -> str:
        """Sendle's public page of a reference."""
        return f"https://track.sendle.com/tracking?ref={quote(tracking_number)}"


def _event(row: _json.Fields, codes: CodeReader) -> ScanEvent:
    code, sentence = _json.text(row.get("event_type")), _json.text(row.get("description"))
    utc, local = _json.text(row.get("scan_time")), _json.text(row.get("local_scan_time"))
    offset = offset_between(local, utc)
    signed = _SIGNED.search(sentence)
    spot = _json.fields(row.get("location_data"))
    place = _json.text(spot.get("suburb")) or _json.text(row.get("location"))
    reason = _json.text(row.get("reason"))
    detail = (reason.lower(), sentence.lower().rstrip("."), "signed for" if signed else "")
    return scan(
        codes.read(code, *(f"{code.lower()}/{words}" for words in detail), code.lower()),
        read_moment(local, offset=offset) if offset else read_moment(utc, offset="Z"),
        code=code,
        description=f"{sentence}: {reason}" if reason else sentence,
        place=place_name(place, _json.text(spot.get("state"))),
        country=country_code(_json.text(spot.get("country"))),
        signed_by=signed[1] if signed else "",
        identity=_json.text(row.get("event_id")) or f"{utc}|{code}|{sentence}",
    )
