"""What is sent of an event: the same bytes each time it is sent; pure."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID


def envelope(*, event_type: str, published_at: datetime, subject_id: UUID, payload: Mapping[str, Any]) -> str:
    """The body of a call: the event in the words of docs/events.md."""
    told = {
        "type": event_type,
        "timestamp": timestamp(published_at),
        "data": data(subject_id=subject_id, payload=payload),
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def data(*, subject_id: UUID, payload: Mapping[str, Any]) -> dict[str, Any]:
    """The event's subject, then its payload, in an order that does not depend on how it was stored."""
    return {"subject_id": str(subject_id), **{key: payload[key] for key in sorted(payload)}}


def timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
