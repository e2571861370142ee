"""Reading what people attach: photos are made anew, PDF files are taken as they are if nothing in them acts."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from . import pictures

PDF = "application/pdf"
FILES_MAX = pictures.PHOTOS_MAX
PDF_MAX = 5 * 1024 * 1024  # bytes
NAME_MAX = 80
# What a viewer would run, start or fetch. Names may be written with #xx for any sign, so these are read first.
_ACTS = re.compile(rb"/(JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA|OpenAction|AA|SubmitForm|ImportData)\b")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")


class Fault(StrEnum):
    """Why a file is not taken."""

    HEAVY = "heavy"
    UNKNOWN = "unknown"
    ACTS = "acts"
    MANY = "many"


class NotTaken(Exception):
    """A file that can't be attached; ``name`` is what it was called."""

    def __init__(self, fault: Fault, name: str) -> None:
        super().__init__(f"{fault.value}: {name}")
        self.fault = fault
        self.name = name


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent, with the name its sender gave it."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Attached:
    """A file as it is kept; ``digest`` is its SHA-256 in hex."""

    name: str
    media_type: str
    content: bytes
    digest: str


def read_uploads(uploads: Iterable[Upload]) -> list[Attached]:
    """All of them, or none.

    Raises:
        NotTaken: one is no photo and no harmless PDF, is too heavy, or there are too many.
    """
    files = list(uploads)
    if len(files) > FILES_MAX:
        raise NotTaken(Fault.MANY, files[FILES_MAX].name)
    return [read_upload(one) for one in files]


def read_upload(upload: Upload) -> Attached:
    """What it is tells the content, never the name.

    Raises:
        NotTaken: see `read_uploads`.
    """
    stem = _stem(upload.name)
    if upload.content[:1024].lstrip().startswith(b"%PDF-"):
        return _read_pdf(upload, stem)
    try:
        photo = pictures.read_photo(upload.content)
    except pictures.NotAPhoto as error:
        heavy = error.fault in (pictures.Fault.HEAVY, pictures.Fault.LARGE)
        raise NotTaken(Fault.HEAVY if heavy else Fault.UNKNOWN, upload.name) from error
    return Attached(f"{stem}.jpg", pictures.MEDIA_TYPE, photo.jpeg, photo.digest)


def _read_pdf(upload: Upload, stem: str) -> Attached:
    if len(upload.content) > PDF_MAX:
        raise NotTaken(Fault.HEAVY, upload.name)
    plain = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), upload.content)
    if _ACTS.search(plain):
        raise NotTaken(Fault.ACTS, upload.name)
    return Attached(f"{stem}.pdf", PDF, upload.content, hashlib.sha256(upload.content).hexdigest())


def _stem(name: str) -> str:
    """A file's name without folder and ending, fit for every system."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0]
    kept = "".join(sign for sign in last if sign.isprintable() and sign not in '<>:"|?*').strip(" .")
    return kept[:NAME_MAX] or "file"
