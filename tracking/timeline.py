"""A parcel's events as a customer reads them: by day, on the clock of the place, newest first."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta, timezone
from functools import cache, lru_cache
from itertools import groupby
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import get_language

from logistics_portal.kernel.statements import Statement

from .carriers.base import OffsetSource
from .models import ProofOfDelivery, Retraction, TrackingEvent, TrackingStatus
from .reasons import REASON_LABELS

SHOWN_FIRST = 3
_STATUS_LABELS = dict(TrackingStatus.choices)  # to ask the model for one costs a translation of them all
_PROOFS = {f"proof_{kind}": words for kind, words in ProofOfDelivery.Kind.choices}  # by the code of their scan
_DIGITS = re.compile(r"\+?\d[\d\s()*./-]{3,}\d|\d{3,}")  # phones, and the short codes of gates and lockers
_HIDDEN = "•••"
_ASIAN = re.compile(r"[\u3040-\u30ff]|[\u3400-\u9fff](?!.*[\u3040-\u30ff])", re.DOTALL)  # kana, or Han without any
_LATIN = ""
# What a carrier writes beside these may name who took the parcel, or where it was left.
_PERSONAL = frozenset({TrackingStatus.DELIVERED, TrackingStatus.AVAILABLE_FOR_PICKUP, TrackingStatus.ATTEMPT_FAILED})


@dataclass(frozen=True, slots=True)
class Moment:
    """One event: ``at`` is on the clock of the place; ``is_zone_stated`` is False where that clock was inferred.

    ``text`` is in the reader's language. Where the carrier's own words are in another, they are ``original``, and
    ``original_language`` names it as far as their script tells ("" else).
    """

    at: datetime | None
    is_zone_stated: bool
    text: str
    label: str
    place: str
    country: str
    signed_by: str
    is_milestone: bool
    is_struck: bool  # the carrier took it back
    original: str = ""
    original_language: str = ""

    @property
    def on(self) -> date | None:
        return self.at.date() if self.at else None

    @property
    def has_notes(self) -> bool:
        """Whether there is anything to say beside what happened."""
        return bool(self.label or self.place or self.signed_by or self.original) or not self.is_zone_stated

    @property
    def machine_time(self) -> str:
        """For programs that read the page: with the offset only where the carrier stated it."""
        at = self.at if self.at is None or self.is_zone_stated else self.at.replace(tzinfo=None)
        return at.isoformat(timespec="minutes") if at else ""


@dataclass(frozen=True, slots=True)
class Day:
    on: date | None
    moments: tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """The first days of a timeline, and the rest that is shown on demand."""

    shown: tuple[Day, ...]
    rest: tuple[Day, ...]
    count: int


def with_strikes(events: QuerySet[TrackingEvent]) -> QuerySet[TrackingEvent]:
    """The events, each with ``is_struck``: what the newest word of its carrier on it says."""
    newest = Retraction.objects.filter(event=OuterRef("pk")).order_by("-id").values("is_struck")[:1]
    return events.annotate(is_struck=Coalesce(Subquery(newest), Value(False)))


@dataclass(slots=True)
class SeenEvent:
    """A row of `TrackingEvent` as pages need it, without the weight of a model."""

    pk: UUID
    parcel_id: UUID
    status: str
    reason: str
    source: str
    code: str
    description: str
    place: str
    country: str
    latitude: float | None
    longitude: float | None
    signed_by: str
    told_by: str
    occurred_at: datetime | None
    utc_offset_min: int | None
    offset_source: str
    is_struck: bool

    @property
    def local_time(self) -> datetime | None:
        """When it happened on the clock of the place, or None."""
        if self.occurred_at is None or self.utc_offset_min is None:
            return self.occurred_at
        return self.occurred_at.astimezone(_clock(self.utc_offset_min))


@cache
def _clock(minutes: int) -> timezone:
    return timezone(timedelta(minutes=minutes))


_SEEN = tuple(field.name for field in fields(SeenEvent))
_EVENTS = Statement(
    lambda key: (
        with_strikes(TrackingEvent.objects.filter(parcel__shipment__order_id=key))
        .latest_first()  # type: ignore[attr-defined]
        .values_list(*_SEEN)
    )
)


def events_of(order_id: UUID) -> dict[UUID, list[SeenEvent]]:
    """The events of all parcels of an order, by parcel and newest first."""
    found: dict[UUID, list[SeenEvent]] = defaultdict(list)
    for row in _EVENTS.rows(order_id):
        event = SeenEvent(*row)
        found[event.parcel_id].append(event)
    return found


def timeline(events: Sequence[TrackingEvent | SeenEvent], *, secrets: Iterable[str] | None = None) -> Timeline:
    """Events (newest first, those without a time last) as a timeline.

    Args:
        secrets: who may not see whose parcel it is gets the words without these, without numbers that may be a phone,
            and without what carriers write of the handover; None shows everything.
    """
    hide = None if secrets is None else _pattern(secrets)
    news = _news(events)
    spoken = get_language() or "en"
    moments = [_moment(event, event.pk in news, hide, spoken) for event in events]
    first = len(moments) if len(moments) <= SHOWN_FIRST + 1 else SHOWN_FIRST
    return Timeline(shown=_days(moments[:first]), rest=_days(moments[first:]), count=len(moments))


def is_struck(event: TrackingEvent | SeenEvent) -> bool:
    """Whether its carrier took an event back, of one that `with_strikes` or `events_of` read."""
    return getattr(event, "is_struck", False)


def _news(events: Sequence[TrackingEvent | SeenEvent]) -> set[UUID]:
    """The events that changed the status: of those with a time that still count."""
    timed = [event for event in events if event.occurred_at and not is_struck(event)]
    befores = [*timed[1:], None][: len(timed)]
    return {
        event.pk
        for event, before in zip(timed, befores, strict=True)
        if before is None or (before.status, before.reason) != (event.status, event.reason)
    }


@lru_cache(2000)
def _label(status: str, reason: str, _language: str) -> str:
    """What happened in the reader's words, who reads ``_language`` now."""
    return str(REASON_LABELS.get(reason) or _STATUS_LABELS[status])


def _moment(event: TrackingEvent | SeenEvent, is_news: bool, hide: re.Pattern[str] | None, spoken: str) -> Moment:
    label = _label(event.status, event.reason, spoken)
    language = spoken.partition("-")[0]
    own = own_words(event)
    words, place, signed_by = own or event.description.strip(), event.place.strip(), event.signed_by
    if hide is not None:
        words = "" if event.status in _PERSONAL else _redact(words, hide)
        place, signed_by = _redact(place, hide), ""
    written_in = _language_of(words)
    is_readable = bool(words) and (bool(own) or written_in == (language if language != "en" else _LATIN))
    text = words if is_readable else label
    return Moment(
        at=event.local_time,
        is_zone_stated=event.offset_source == OffsetSource.STATED,
        text=text,
        label=label if is_news and label != text else "",
        place="" if place in words else place,
        country=event.country,
        signed_by=signed_by,
        is_milestone=is_news,
        is_struck=is_struck(event),
        original="" if is_readable or words == label else words,
        original_language=written_in,
    )


def own_words(event: TrackingEvent | SeenEvent) -> str:
    """What was proved at the door, in the reader's words: ours to say, whatever language the courier's page had."""
    if event.source != TrackingEvent.Source.COURIER:
        return ""
    return str(_PROOFS.get(event.code, ""))


def _language_of(words: str) -> str:
    """The language of a carrier's words as far as their script tells; `_LATIN` for the many that share one.

    Carriers write English where they write for everybody, so readers of English are shown what is in Latin script.
    """
    if words.isascii() or not (script := _ASIAN.search(words)):
        return _LATIN
    return "zh" if script[0] >= "\u3400" else "ja"


def _days(moments: Sequence[Moment]) -> tuple[Day, ...]:
    return tuple(Day(on, tuple(of_day)) for on, of_day in groupby(moments, key=lambda moment: moment.on))


def _pattern(secrets: Iterable[str]) -> re.Pattern[str]:
    words = {word for secret in secrets for word in [secret.strip(), *re.split(r"[\s,;]+", secret)] if len(word) > 1}
    bounded = [rf"(?<!\w){re.escape(word)}(?!\w)" if word.isascii() else re.escape(word) for word in words]
    return re.compile("|".join(sorted(bounded, key=len, reverse=True)) or r"(?!)", re.IGNORECASE)


def _redact(text: str, hide: re.Pattern[str]) -> str:
    return _DIGITS.sub(_HIDDEN, hide.sub(_HIDDEN, text))
