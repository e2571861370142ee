"""A case as one ZIP: every piece as a file, and a manifest with their digests that anybody can check."""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from io import BytesIO
from typing import Any

from .case import CaseFile
from .paypal import paypal_evidence
from .stripe import PDF, stripe_evidence

FORMAT, VERSION = "logistics-portal-evidence", 1
MANIFEST = "manifest.json"
_OLDEST = (1980, 1, 1, 0, 0, 0)  # one time for all files: the same case gives the same bytes
README = """\
Evidence of a case
==================

case.pdf        everything of the case, to read and to print
evidence/       what was known, as it was copied then: JSON with sorted keys and no spaces
photos/         photos that the customer added
signatures/     signatures given at the door
stripe.json     the case in Stripe's fields for dispute evidence
paypal.json     the case in PayPal's types of evidence
manifest.json   the SHA-256 digest of every file here, and a seal over all of them
verify.py       checks all of it: python3 verify.py THIS.zip (Python 3.9 or newer, nothing else is needed)

The seal is the SHA-256 of the lines "DIGEST  PATH", sorted by path, each ended by a line feed.
Compare it with the seal that the sender of this file tells you: then nothing was changed, left out or added.
"""


@dataclass(frozen=True, slots=True)
class Archive:
    """A ZIP with its seal: one digest that stands for all files."""

    content: bytes
    seal: str


def make_archive(case: CaseFile, *, pdf: bytes, verifier: bytes, exported_at: str) -> Archive:
    """The case as a ZIP.

    Args:
        verifier: the script that checks it.
        exported_at: ISO 8601, told in the manifest.
    """
    files = _files(case, pdf, verifier)
    seal = seal_of({name: hashlib.sha256(content).hexdigest() for name, content in files.items()})
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "case": {
            "id": case.case_id,
            "order": case.order_number,
            "merchant": case.merchant,
            "kind": case.kind,
            "status": case.status,
            "opened_at": case.opened_at,
        },
        "exported_at": exported_at,
        "pieces": [_about(piece) for piece in case.pieces],
        "files": [
            {"path": name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
            for name, content in sorted(files.items())
        ],
        "seal": seal,
    }
    return Archive(_zipped({MANIFEST: _json(manifest), **files}), seal)


def seal_of(digests: Mapping[str, str]) -> str:
    """One digest over all: of the lines “digest, two spaces, path”, sorted by path."""
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(digests.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def _files(case: CaseFile, pdf: bytes, verifier: bytes) -> dict[str, bytes]:
    files = {PDF: pdf, "README.txt": README.encode(), "verify.py": verifier}
    files |= {piece.file_name: piece.canonical for piece in case.pieces}
    files |= {photo.file_name: photo.jpeg for photo in case.photos}
    files |= {f"signatures/{number:02d}.svg": _svg(path) for number, path in enumerate(case.signatures, start=1)}
    return files | {"stripe.json": _json(stripe_evidence(case)), "paypal.json": _json(paypal_evidence(case))}


def _about(piece: Any) -> dict[str, str]:
    return {
        "path": piece.file_name,
        "kind": piece.kind,
        "about": piece.label,
        "occasion": piece.occasion,
        "collected_at": piece.collected_at,
        "sha256": piece.digest,
    }


def _svg(path: str) -> bytes:
    drawn = f'<path d="{escape(path)}" fill="none" stroke="#111" stroke-width="3" stroke-linecap="round"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 200">{drawn}</svg>\n'.encode()


def _json(content: Any) -> bytes:
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def _zipped(files: Mapping[str, bytes]) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _OLDEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return target.getvalue()
