"""A dispute with everything that was kept of it, as plain values: what every export is made from."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Content = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Piece:
    """A copy of evidence: ``content`` is plain JSON, ``digest`` the SHA-256 of its canonical form."""

    number: int
    kind: str
    label: str  # in words
    occasion: str
    collected_at: str  # ISO 8601 with offset
    digest: str
    content: Content

    @property
    def file_name(self) -> str:
        return f"evidence/{self.number:02d}-{self.kind}.json"

    @property
    def canonical(self) -> bytes:
        """The bytes that the digest is taken of."""
        return json.dumps(self.content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class CasePhoto:
    """A photo of the customer's; ``digest`` is the SHA-256 of the JPEG."""

    number: int
    jpeg: bytes
    digest: str
    added_at: str

    @property
    def file_name(self) -> str:
        return f"photos/{self.number:02d}.jpg"


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case: ``kind`` and ``status`` are the codes of `Dispute`; times are ISO 8601; money is a decimal as text."""

    case_id: str
    order_number: str
    merchant: str
    kind: str
    status: str
    opened_at: str
    resolution: str = ""
    decided_at: str = ""
    decision_note: str = ""
    pieces: Sequence[Piece] = field(default_factory=tuple)  # oldest first
    photos: Sequence[CasePhoto] = field(default_factory=tuple)

    def newest(self, kind: str) -> Content:
        """The newest copy of a kind; empty where none was kept."""
        return next((piece.content for piece in reversed(self.pieces) if piece.kind == kind), {})

    def file_of(self, kind: str) -> str:
        """The name of the newest copy's file, "" where none was kept."""
        return next((piece.file_name for piece in reversed(self.pieces) if piece.kind == kind), "")

    @property
    def signatures(self) -> list[str]:
        """The strokes of signatures, as SVG paths."""
        proofs = self.newest("proof").get("proofs", ())
        return [proof["signature_svg"] for proof in proofs if proof.get("signature_svg")]


def address_lines(order: Content) -> list[str]:
    """The address as on a label."""
    address = order.get("address", {})
    town = " ".join(filter(None, (address.get("postal_code"), address.get("city"))))
    lines = (address.get("line1"), address.get("line2"), town, address.get("region"), address.get("country"))
    return [line for line in (address.get("consignee"), *lines) if line]
