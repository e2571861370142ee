"""What carriers that are read directly have in common: the order of reading, and a shared secret where none sign."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from tracking.carriers import _json, _xml
from tracking.carriers._codes import CodeReader
from tracking.carriers._signatures import same
from tracking.carriers._times import Moment
from tracking.carriers.base import CarrierAdapter, NoTracking, Observation, Reading, ScanEvent, Unreadable

Path = tuple[str, ...]


class SharedSecret(CarrierAdapter):
    """A carrier that documents no signature: the portal's address for it carries a secret header."""

    signature = "header `x-portal-secret` equal to the shared secret (the carrier documents no signature)"

    def verify(self, *, body: bytes, headers: Mapping[str, str], secret: str) -> bool:
        """Compare the header that the sender was told to send; the body itself is not signed."""
        return same(headers.get("x-portal-secret", ""), secret)


class DirectCarrier(SharedSecret):
    """A carrier whose answers and pushes are one JSON or XML document.

    ``messages`` are the places of an error's words, ``answers`` the places whose presence proves the document to be
    this carrier's although it holds no tracking (both as paths of keys; lists are read as their first object).
    """

    messages: ClassVar[tuple[Path, ...]] = ()
    answers: ClassVar[tuple[Path, ...]] = ()

    def observe(self, document: object) -> Iterator[Observation | None]:
        """What the document says of each number; None for a number of which it says nothing."""
        raise NotImplementedError

    def codes(self) -> CodeReader:
        """A reader of this carrier's codes for one tracking number."""
        return CodeReader(self.statuses)

    def parse(self, body: bytes) -> list[Observation]:
        """Read an answer or a push."""
        document = load(body)
        found = [one for one in self.observe(document) if one and (one.events or one.summary)]
        if not found:
            raise NoTracking(f"{self.label} sent no tracking but {self._subject(document)}.")
        return found

    def _subject(self, document: object) -> str:
        for path in self.messages:
            if message := _json.text_at(document, *path):
                return message.rstrip(".")
        if any(_holds(document, path) for path in self.answers):
            return "an answer without scans"
        raise Unreadable(f"Neither an answer nor a push of {self.label}.")


def scan(
    reading: Reading,
    moment: Moment,
    *,
    code: str,
    description: str,
    place: str = "",
    country: str = "",
    latitude: float | None = None,
    longitude: float | None = None,
    signed_by: str = "",
    identity: str = "",
) -> ScanEvent:
    """A scan of the code's reading and its time."""
    return ScanEvent(
        occurred_at=moment.at,
        offset_source=moment.source,
        status=reading.status,
        reason=reading.reason,
        code=code,
        description=description,
        place=place,
        country=country,
        latitude=latitude,
        longitude=longitude,
        signed_by=signed_by,
        identity=identity,
    )


def coordinates(latitude: object, longitude: object) -> tuple[float | None, float | None]:
    """A latitude and longitude, or two Nones where either can't be read or names no place on Earth."""
    north, east = _json.number(latitude), _json.number(longitude)
    if north is None or east is None or abs(north) > 90 or abs(east) > 180:
        return None, None
    return north, east


def load(body: bytes) -> object:
    """A JSON document as it is; an XML document as its fields under the root's name, out of its SOAP envelope."""
    if _xml.looks_like(body):
        root, fields = _xml.load(body)
        return _xml.unwrap(root, fields)
    return _json.load(body)


def _holds(document: object, path: Path) -> bool:
    holder = _json.at(document, *path[:-1])
    if isinstance(holder, list):
        holder = next((item for item in holder if isinstance(item, Mapping)), None)
    return isinstance(holder, Mapping) and path[-1] in holder
