"""Reading an uploaded logo: decoded, scaled down and written anew, so that nothing of the file itself is shown."""

from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO

from PIL import Image, ImageOps

UPLOAD_MAX = 200 * 1024  # bytes
SIDE_MAX = 4000  # pixels of an upload: more is refused before it is unpacked
SIZE_MAX = (600, 200)  # pixels of what is kept
_FORMATS = ("PNG", "JPEG", "WEBP")
_HEAVY = 6_000  # bytes, from which fewer colors are tried: the whole page weighs 60,000 at most
_COLORS = 256
_OPAQUE = 128  # alpha from which a pixel is seen
_SURFACES = {"light": 1.0, "dark": 0.012}  # luminance of the pages' header in both themes
_VISIBLE = 2.0  # contrast, by WCAG's formula
_MOST = 0.6  # of the seen pixels must be visible


class Fault(StrEnum):
    """Why a file can't be a logo."""

    HEAVY = "heavy"
    SVG = "svg"
    UNREADABLE = "unreadable"
    LARGE = "large"
    EMPTY = "empty"


class NotALogo(Exception):
    """A file that can't be a logo."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Picture:
    """A logo: ``png`` holds it without any metadata; ``ground`` is "light" or "dark" where it needs one, else ""."""

    png: bytes
    width: int
    height: int
    ground: str


def read_logo(upload: bytes) -> Picture:
    """A PNG, JPEG or WebP file as a logo.

    Raises:
        NotALogo: it is none of these, or too large, or nothing can be seen in it.
    """
    if len(upload) > UPLOAD_MAX:
        raise NotALogo(Fault.HEAVY)
    image = _decoded(upload)
    image.thumbnail(SIZE_MAX, Image.Resampling.LANCZOS)
    clean = Image.new("RGBA", image.size)  # what is copied into it brings no profile and no notes along
    clean.paste(image)
    seen = clean.getchannel("A").point(lambda alpha: 255 if alpha >= _OPAQUE else 0)
    if not seen.getbbox():
        raise NotALogo(Fault.EMPTY)
    is_solid = clean.getchannel("A").getextrema()[0] == 255
    ground = "" if is_solid else _ground(clean, seen)
    return Picture(_png(clean.convert("RGB") if is_solid else clean), *clean.size, ground)


def _decoded(upload: bytes) -> Image.Image:
    start = upload[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith(b"<svg") or (start.startswith((b"<?xml", b"<!")) and b"<svg" in upload[:4096].lower()):
        raise NotALogo(Fault.SVG)
    try:
        image = Image.open(BytesIO(upload), formats=_FORMATS)
        if max(image.size) > SIDE_MAX:
            raise NotALogo(Fault.LARGE)
        return ImageOps.exif_transpose(image).convert("RGBA")
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise NotALogo(Fault.UNREADABLE) from error


def _ground(image: Image.Image, seen: Image.Image) -> str:
    """On which ground a logo with see-through parts can be seen, where one of the themes' is not it."""
    counts = image.convert("L").histogram(mask=seen)
    shares = {name: _visible_share(counts, luminance) for name, luminance in _SURFACES.items()}
    if min(shares.values()) >= _MOST:
        return ""
    return max(shares, key=lambda name: shares[name])


def _visible_share(counts: list[int], surface: float) -> float:
    visible = sum(count for gray, count in enumerate(counts) if _contrast((gray / 255) ** 2.2, surface) >= _VISIBLE)
    return visible / sum(counts)


def _contrast(one: float, other: float) -> float:
    darker, lighter = sorted((one, other))
    return (lighter + 0.05) / (darker + 0.05)


def _png(image: Image.Image) -> bytes:
    """The image as PNG; a heavy one with fewer colors where that makes it lighter."""
    whole = _saved(image)
    if len(whole) <= _HEAVY:
        return whole
    return min(whole, _saved(image.quantize(_COLORS, method=Image.Quantize.FASTOCTREE)), key=len)


def _saved(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()
