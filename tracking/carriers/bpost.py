"""bpost: answers of the track and trace service (XML).

Format: bpost's Shipping Manager, Track & Trace (``itemTracking`` with ``stateInfo``). Times state their offset.
"""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from tracking.carriers import _json
from tracking.carriers._asking import basic, in_path
from tracking.carriers._codes import CodeReader
from tracking.carriers._direct import DirectCarrier, scan
from tracking.carriers._places import place_name
from tracking.carriers._times import read_date, read_moment
from tracking.carriers.base import Asked, Observation, Question, Reading, ScanEvent, Status

_HOME = "Europe/Brussels"
_MOVING = Reading(Status.IN_TRANSIT)
_HELD = Reading(Status.EXCEPTION)
_NOT_HOME = Reading(Status.ATTEMPT_FAILED, "consignee_not_home")
_FAILED = Reading(Status.ATTEMPT_FAILED)
_BAD_ADDRESS = Reading(Status.ATTEMPT_FAILED, "consignee_incorrect_address")
_LATE = Reading(Status.EXCEPTION, "carrier_delay")
_DELIVERED = Reading(Status.DELIVERED)
_PICKUP_POINT = Reading(Status.AVAILABLE_FOR_PICKUP)


def _each(codes: str, reading: Reading) -> dict[str, Reading]:
    return dict.fromkeys(codes.split(), reading)


class Carrier(DirectCarrier):
    """Reader of bpost's answers."""

    label = "bpost"
    # Track & Trace: state codes (T sorted, L on the round, U delivered, N not delivered, R received, B blocked)
    statuses: Mapping[str, Reading] = {
        **_each("T00 N14 R00 R01 R02 R03 R04 R05", _MOVING),
        **_each("L00", Reading(Status.OUT_FOR_DELIVERY)),
        **_each("U00 U01 U02 U03 U04 U05 U06 U07 U08", _DELIVERED),
        **_each("N74 R13", _PICKUP_POINT),
        **_each("B00 B01 B02", Reading(Status.EXCEPTION, "customs_delay")),
        **_each("C00 I03 I10 I11 I12 I18 I19 I58 I61 I66 I67 I68 I72 I88", _HELD),
        **_each("B03 B23", Reading(Status.ATTEMPT_FAILED, "consignee_refused")),
        **_each("B04 N01 N02", _NOT_HOME),
        **_each("N03", Reading(Status.ATTEMPT_FAILED, "consignee_business_closed")),
        **_each("B05 B08", Reading(Status.ATTEMPT_FAILED, "carrier_damaged_parcel")),
        **_each("B06 B07 B09 B10", _BAD_ADDRESS),
        **_each("B11 B12 B13 B18 B24 B28 R11 R12 T03 S00", _FAILED),
        **_each("N04 N05 N06 N07 N08 N10 N11 N12 N13 N16 N28 N32", _LATE),
        **_each("N91 N92 N93 N94 N95 N96 P00", _LATE),
    }
    messages = (
        ("systemException", "message"),
        ("businessException", "message"),
        ("invalidSelectionException", "message"),
        ("Body", "Fault", "faultstring"),
        ("Fault", "faultstring"),
    )
    answers = (("itemTracking",), ("systemException",), ("businessException",))

    base_url = "https://api.parcel.bpost.cloud/services/trackedmail"
    credentials_needed = ("account_id", "passphrase")

    def ask(self, asked: Sequence[Asked], credentials: Mapping[str, str]) -> Question:
        [one] = asked
        return Question(
            "GET",
            f"{self.address(credentials)}/item/{in_path(one.tracking_number)}/trackingInfo",
            headers={"Authorization": basic(credentials["account_id"], credentials["passphrase"])},
        )

    def observe(self, document: object) -> Iterator[Observation | None]:
        """The item of an answer."""
        for item in _json.rows(_json.at(document, "itemTracking"), "itemTracking"):
            yield self._item(item)

    def _item(self, item: _json.Fields) -> Observation | None:
        number = _json.text(item.get("itemCode"))
        states = _json.rows(item.get("stateInfo"), "stateInfo")
        if not number or not states:
            return None
        codes = self.codes()
        grams = _json.grams(_json.at(item, "itemDetail", "weightInGrams"), "G")
        return Observation(
            tracking_number=number,
            events=tuple(_event(state, codes) for state in states),
            carrier_eta=read_date(_json.text(item.get("deliveryTime"))),
            weight_g=grams,
            origin=place_name(_json.text(item.get("cityOrCountryOfdeparture"))),
            destination=place_name(_json.text(item.get("cityOrCountryOfDestination"))),
            unknown_codes=codes.unknown,
        )

    def tracking_url(self, tracking_number: str) -> str:
        """The public page of a number at bpost."""
        return f"https://track.bpost.cloud/btr/web/#/search?itemCode={quote(tracking_number)}"


def _event(state: _json.Fields, codes: CodeReader) -> ScanEvent:
    code = _json.text(state.get("stateCode"))
    return scan(
        codes.read(code),
        read_moment(_json.text(state.get("time")), home=_HOME),
        code=code,
        description=_json.text(state.get("stateDescription")),
        place=place_name(_json.text(state.get("location"))),
    )
