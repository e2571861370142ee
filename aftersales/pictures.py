"""Reading photos that customers add: decoded, scaled down and written anew, so that nothing of the file itself is kept.

What a camera writes beside the picture (place, time, owner, thumbnail) is gone; how it was held is applied first.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO

from PIL import Image, ImageOps

UPLOAD_MAX = 10 * 1024 * 1024  # bytes
PIXELS_MAX = 50_000_000  # of an upload: more is refused before it is unpacked
SIDE_MAX = 1600  # pixels of the longer side of what is kept
SIDE_MIN = 16  # pixels: less shows nothing
PHOTOS_MAX = 6  # of one case at a time
MEDIA_TYPE = "image/jpeg"
_FORMATS = ("JPEG", "PNG", "WEBP")
_QUALITY = 82


class Fault(StrEnum):
    """Why a file can't be a photo."""

    HEAVY = "heavy"
    UNREADABLE = "unreadable"
    LARGE = "large"
    SMALL = "small"


class NotAPhoto(Exception):
    """A file that can't be a photo."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo as it is kept: ``jpeg`` has no metadata; ``digest`` is its SHA-256 in hex."""

    jpeg: bytes
    width: int
    height: int
    digest: str


def read_photo(upload: bytes) -> Photo:
    """A JPEG, PNG or WebP file, whatever its name says, as a photo.

    Raises:
        NotAPhoto: it is none of these, or too heavy, too large or too small.
    """
    if len(upload) > UPLOAD_MAX:
        raise NotAPhoto(Fault.HEAVY)
    image = _decoded(upload)
    image.thumbnail((SIDE_MAX, SIDE_MAX), Image.Resampling.LANCZOS)
    clean = Image.new("RGB", image.size, "white")  # what is copied into it brings no profile and no notes along
    clean.paste(image, mask=image.getchannel("A"))
    file = BytesIO()
    clean.save(file, "JPEG", quality=_QUALITY, optimize=True)
    jpeg = file.getvalue()
    return Photo(jpeg, *clean.size, hashlib.sha256(jpeg).hexdigest())


def _decoded(upload: bytes) -> Image.Image:
    try:
        image = Image.open(BytesIO(upload), formats=_FORMATS)
        width, height = image.size
        if width * height > PIXELS_MAX:
            raise NotAPhoto(Fault.LARGE)
        if min(width, height) < SIDE_MIN:
            raise NotAPhoto(Fault.SMALL)
        return ImageOps.exif_transpose(image).convert("RGBA")
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise NotAPhoto(Fault.UNREADABLE) from error
