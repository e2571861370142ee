"""Code 128 as the outline of an SVG: no style attributes, which the content security policy would refuse."""

from dataclasses import dataclass
from itertools import groupby

from barcode import Code128
from barcode.errors import BarcodeError

QUIET_MODULES = 10  # the empty margin that scanners need on both sides
HEIGHT = 40


@dataclass(frozen=True, slots=True)
class Barcode:
    """Bars as one SVG path in a box of ``width`` modules by ``height``."""

    text: str
    path: str
    width: int
    height: int = HEIGHT


def code128(text: str) -> Barcode | None:
    """The barcode of a text; None where Code 128 has no sign for one of its letters."""
    if not text or not text.isascii() or not text.isprintable():
        return None
    try:
        modules = Code128(text).build()[0]
    except BarcodeError:
        return None
    bars, at = [], QUIET_MODULES
    for is_bar, run in groupby(modules):
        width = len(list(run))
        if is_bar == "1":
            bars.append(f"M{at} 0h{width}v{HEIGHT}h-{width}z")
        at += width
    return Barcode(text=text, path="".join(bars), width=at + QUIET_MODULES)
