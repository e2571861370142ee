"""Australia Post: answers of the Shipping and Tracking API.

Format: https://developers.auspost.com.au/apis/shipping-and-tracking/reference/track-items. An item has a status; its
events have sentences but no codes, so a sentence is read by its fixed beginning. Times state their offset.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from tracking.carriers import _json
from tracking.carriers._asking import basic
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import country_code, place_name, split_country
from tracking.carriers._times import read_moment
from tracking.carriers.base import Asked, Observation, Question, Reading, ScanEvent, Status

_HOME = "Australia/Sydney"
_MOVING = Reading(Status.IN_TRANSIT)
_ANNOUNCED = Reading(Status.INFO_RECEIVED)
_OUT = Reading(Status.OUT_FOR_DELIVERY)
_PICKUP_POINT = Reading(Status.AVAILABLE_FOR_PICKUP)

_STATE = re.compile(r"^(?P<city>.+) (?P<state>NSW|ACT|VIC|QLD|SA|WA|NT|TAS)$")


class Carrier(DirectCarrier):
    """Reader of Australia Post's answers."""

    label = "Australia Post"
    # Track items: statuses of an item, then the fixed beginnings of an event's sentence, all in lower case
    statuses: Mapping[str, Reading] = {
        "created": _ANNOUNCED,
        "initiated": _ANNOUNCED,
        "in transit": _MOVING,
        "on board for delivery": _OUT,
        "awaiting collection": _PICKUP_POINT,
        "ready for pickup": _PICKUP_POINT,
        "delivered": Reading(Status.DELIVERED),
        "delivered in full": Reading(Status.DELIVERED),
        "possible delay": Reading(Status.EXCEPTION, "carrier_delay"),
        "held by courier": Reading(Status.EXCEPTION),
        "to be re-delivered": Reading(Status.EXCEPTION),
        "unsuccessful delivery": Reading(Status.ATTEMPT_FAILED, "consignee_not_available"),
        "article damaged": Reading(Status.EXCEPTION, "carrier_damaged_parcel"),
        "cannot be delivered": Reading(Status.EXCEPTION),
        "cancelled": Reading(Status.EXCEPTION, "merchant_cancelled"),
        "unknown": Reading(Status.UNKNOWN),
        "shipping information": _ANNOUNCED,
        "lodged": _MOVING,
        "received by australia post": _MOVING,
        "received item from sender": _MOVING,
        "picked up": _MOVING,
        "accepted": _MOVING,
        "arrived": _MOVING,
        "departed": _MOVING,
        "despatch": _MOVING,
        "processed": _MOVING,
        "item processed": _MOVING,
        "item cleared by customs": _MOVING,
        "item is in customs": _MOVING,
        "cleared and awaiting": _MOVING,
        "sorted": _MOVING,
        "onboard for delivery": _OUT,
        "with driver": _OUT,
        "attempted delivery": Reading(Status.ATTEMPT_FAILED, "consignee_not_available"),
        "delivery attempted": Reading(Status.ATTEMPT_FAILED, "consignee_not_available"),
        "unable to deliver": Reading(Status.ATTEMPT_FAILED),
        "collected": Reading(Status.DELIVERED),
        "return to sender": Reading(Status.RETURNING),
        "returning to sender": Reading(Status.RETURNING),
        "returned to sender": Reading(Status.RETURNED),
        "held by customs": Reading(Status.EXCEPTION, "customs_delay"),
        "delayed": Reading(Status.EXCEPTION, "carrier_delay"),
    }
    messages = (("errors", "message"), ("tracking_results", "errors", "message"), ("errors", "error_name"))
    answers = (("tracking_results",),)

    base_url = "https://digitalapi.auspost.com.au"
    credentials_needed = ("account_number", "api_key", "password")
    numbers_per_question = 10

    def ask(self, asked: Sequence[Asked], credentials: Mapping[str, str]) -> Question:
        return Question(
            "GET",
            f"{self.address(credentials)}/shipping/v1/track",
            headers={
                "Authorization": basic(credentials["api_key"], credentials["password"]),
                "Account-Number": credentials["account_number"],
                "Accept": "application/json",
            },
            params={"tracking_ids": ",".join(one.tracking_number for one in asked)},
        )

    def observe(self, document: object) -> Iterator[Observation | None]:
        """The items of an answer; a consignment's items stand one level deeper."""
        for result in _json.rows(_json.at(document, "tracking_results"), "tracking_results"):
            number = _json.text(result.get("tracking_id"))
            status = _json.text(result.get("status"))
            items: list[_json.Fields] = []
            for item in _json.rows(result.get("trackable_items"), "trackable_items"):
                items += _json.rows(item.get("items"), "items") or [item]
            for item in items:
                own = _json.text(item.get("article_id")) if len(items) > 1 else ""
                yield self._item(own or number or _json.text(item.get("article_id")), item, status)

    def _item(self, number: str, item: _json.Fields, status: str) -> Observation | None:
        scans = _json.rows(item.get("events"), "events")
        status = _json.text(item.get("status")) or status
        if not number or not (scans or status):
            return None
        codes = self.codes()
        return Observation(
            tracking_number=number,
            events=tuple(_event(one, codes) for one in scans),
            summary=codes.read(status, status.lower()).status if status else None,
            service=_json.text(item.get("product_type")),
            unknown_codes=codes.unknown,
        )

    def tracking_url(self, tracking_number: str) -> str:
        """Australia Post's public page of a number."""
        return f"https://auspost.com.au/mypost/track/#/details/{quote(tracking_number)}"


def _beginnings(sentence: str) -> list[str]:
    """The words of a sentence up to each of them, the longest first."""
    words = re.split(r"[ -]+", re.split(r" - | \(", sentence.lower())[0])[:6]
    return [sentence.lower(), *(" ".join(words[:count]) for count in range(len(words), 0, -1))]


def _event(one: _json.Fields, codes: CodeReader) -> ScanEvent:
    sentence, written = _json.text(one.get("description")), _json.text(one.get("date"))
    location = _json.text(one.get("location"))
    location = "" if location.lower() == "transit scan" else location
    place, country = split_country(location.replace("(", "- ").replace(")", ""))
    found = _STATE.match(place.upper())
    region = found["state"] if found else ""
    country = "AU" if region else country or country_code(place if len(place) == 2 else "")
    return scan(
        codes.read(sentence, *_beginnings(sentence)),
        read_moment(written, country=country, region=region, home=_HOME),
        code="",
        description=sentence,
        place=place_name(found["city"], region) if found else place_name("" if len(place) == 2 else place),
        country=country,
        identity=f"{written}|{sentence}",  # there are no codes
    )
