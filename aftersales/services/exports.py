"""A dispute for readers outside of the portal: its case file, its PDF, its ZIP, and payment providers' forms."""

import subprocess
import sys
from functools import cache

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from logistics_portal.kernel.errors import DomainError

from ..exports.archive import Archive, make_archive
from ..exports.case import CaseFile, CasePhoto, Piece
from ..models import Dispute
from .collecting import stamp
from .sheets import minute, sheet

PRINTER = "aftersales.exports.print_pdf"
PRINTER_SECONDS = 60


class UnableToExport(DomainError):
    """The PDF could not be made; the message says what to do."""

    status = 503
    code = "unable_to_export"


def case_file(dispute: Dispute) -> CaseFile:
    """Everything that was kept of a dispute."""
    pieces = dispute.evidence.order_by("pk")
    return CaseFile(
        case_id=str(dispute.pk),
        order_number=dispute.order.number,
        merchant=dispute.merchant.name,
        kind=dispute.kind,
        status=dispute.status,
        opened_at=stamp(dispute.opened_at) or "",
        resolution=dispute.resolution,
        decided_at=stamp(dispute.decided_at) or "",
        decision_note=dispute.decision_note,
        pieces=tuple(
            Piece(
                number=number,
                kind=piece.kind,
                label=piece.get_kind_display(),
                occasion=piece.occasion,
                collected_at=stamp(piece.collected_at) or "",
                digest=piece.digest,
                content=piece.content,
            )
            for number, piece in enumerate(pieces, start=1)
        ),
        photos=tuple(
            CasePhoto(number, bytes(photo.jpeg), photo.digest, stamp(photo.added_at) or "")
            for number, photo in enumerate(dispute.photos.order_by("pk"), start=1)
        ),
    )


def case_html(case: CaseFile, *, kind: str) -> str:
    """The sheet as one HTML page that needs nothing else; ``kind`` is the dispute's in words."""
    told = {"case": case, "kind": kind, "sections": sheet(case), "opened": minute(case.opened_at)}
    return render_to_string("aftersales/case_sheet.html", {**told, "language": get_language() or "en"})


def case_pdf(dispute: Dispute) -> bytes:
    """The case to read and to print, in the language of now.

    Raises:
        UnableToExport: the printer failed, or took more than a minute.
    """
    return _printed(case_html(case_file(dispute), kind=dispute.get_kind_display()))


def case_archive(dispute: Dispute) -> Archive:
    """The case as one ZIP whose every file can be checked.

    Raises:
        UnableToExport: see `case_pdf`.
    """
    case = case_file(dispute)
    pdf = _printed(case_html(case, kind=dispute.get_kind_display()))
    return make_archive(case, pdf=pdf, verifier=_verifier(), exported_at=stamp(timezone.now()) or "")


@cache
def _verifier() -> bytes:
    return (settings.BASE_DIR / "bin" / "verify-evidence").read_bytes()


def _printed(html: str) -> bytes:
    """HTML as PDF, by a program of its own."""
    command = [sys.executable, "-m", PRINTER]
    try:
        done = subprocess.run(  # noqa: S603 - our own program; what it reads is no part of the command
            command,
            input=html.encode(),
            capture_output=True,
            timeout=PRINTER_SECONDS,
            cwd=settings.BASE_DIR,
            check=True,
        )
    except (subprocess.SubprocessError, OSError) as error:
        raise UnableToExport(_("The PDF can't be made now. Try again, or tell who runs the portal.")) from error
    return done.stdout
