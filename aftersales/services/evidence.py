"""Evidence collects itself: each collector copies what is known of a dispute; copies are kept with their digests."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from ..models import Dispute, Evidence

Content = dict[str, Any]
Collector = Callable[[Dispute], Content | None]
COLLECTORS: dict[str, Collector] = {}


def collects(kind: str) -> Callable[[Collector], Collector]:
    """Register what gathers a kind of evidence: a function of the dispute that returns plain JSON, or None for nothing.

    Apps above register what they know (messages, conversations) when they get ready.
    """

    def register(collector: Collector) -> Collector:
        if kind not in Evidence.Kind.values or kind in COLLECTORS:
            raise ValueError(f"evidence of the kind {kind!r} is unknown or collected already")
        COLLECTORS[kind] = collector
        return collector

    return register


def canonical(content: Content) -> bytes:
    """The content as JSON with sorted keys and no spaces, in UTF-8: what its digest is taken of."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest_of(content: Content) -> str:
    """SHA-256 in hex of the canonical JSON."""
    return hashlib.sha256(canonical(content)).hexdigest()


@transaction.atomic
def collect_evidence(*, dispute: Dispute, occasion: str, by: User | None = None) -> list[Evidence]:
    """Copy what is known now; what is as it was at the last copy of its kind is not copied again.

    Returns what was added. Later scans change the timeline, not what was known today.
    """
    known = dict(dispute.evidence.order_by("pk").values_list("kind", "digest"))  # the newest of each kind
    now, added = timezone.now(), []
    for kind in Evidence.Kind.values:
        content = COLLECTORS[kind](dispute) if kind in COLLECTORS else None
        if content is None or known.get(kind) == digest_of(content):
            continue
        added.append(_piece(dispute, kind, content, occasion=occasion, collected_at=now, collected_by=by))
    return Evidence.objects.bulk_create(added)


def keep_decision(*, dispute: Dispute, content: Content, by: User | None) -> Evidence:
    """Keep what was decided as a piece of its own."""
    piece = _piece(dispute, Evidence.Kind.DECISION, content, occasion=Evidence.Occasion.DECIDED, collected_by=by)
    piece.save(force_insert=True)
    return piece


def _piece(dispute: Dispute, kind: str, content: Content, **known: Any) -> Evidence:
    return Evidence(dispute=dispute, kind=kind, content=content, digest=digest_of(content), **known)
