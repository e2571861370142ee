"""A merchant's color made readable: text on it and in it keeps a contrast of 4.5:1, in light and in dark."""

import re
from dataclasses import dataclass

READABLE = 4.5  # WCAG 2.2, contrast (minimum)
VISIBLE = 1.5
DEFAULT = "#1f5eff"
_LIGHT_GROUNDS = ("#ffffff", "#f5f4f1")
_DARK_GROUNDS = ("#1a1d20", "#111315")
_STEPS = 20

Color = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Palette:
    """The colors that a theme takes from a brand, as #rrggbb."""

    accent: str
    on_accent: str
    accent_text: str
    accent_soft: str


def readable(color: str) -> str:
    """``color`` as #rrggbb in small letters, or the portal's own where it is none."""
    return color.lower() if re.fullmatch(r"#[0-9a-fA-F]{6}", color) else DEFAULT


def palettes(color: str) -> tuple[Palette, Palette]:
    """The light and the dark palette of a brand's color; one that is none counts as the portal's own."""
    brand = _parse(readable(color))
    return _palette(brand, _LIGHT_GROUNDS, (0, 0, 0), 0.09), _palette(brand, _DARK_GROUNDS, (255, 255, 255), 0.2)


def brand_sheet(color: str) -> str:
    """The palettes of a brand's color as CSS."""
    light, dark = (
        f":root{{--accent:{one.accent};--on-accent:{one.on_accent};"
        f"--accent-text:{one.accent_text};--accent-soft:{one.accent_soft}}}"
        for one in palettes(color)
    )
    return f"{light}@media(prefers-color-scheme:dark){{{dark}}}"


def contrast(one: str, other: str) -> float:
    """The contrast of two colors by WCAG, from 1 to 21."""
    darker, lighter = sorted((_luminance(_parse(one)), _luminance(_parse(other))))
    return (lighter + 0.05) / (darker + 0.05)


def _palette(brand: Color, grounds: tuple[str, str], toward: Color, softness: float) -> Palette:
    soft = _hex(_mix(_parse(grounds[0]), brand, softness))
    # A step too pale or too dark to read moves toward black or white until it can be read on every ground it meets.
    shades = [_hex(_mix(brand, toward, step / _STEPS)) for step in range(_STEPS + 1)]
    text = next(shade for shade in shades if all(contrast(shade, ground) >= READABLE for ground in (*grounds, soft)))
    # A button is known by its words; its fill must only not melt into the card.
    accent = next(shade for shade in shades if contrast(shade, grounds[0]) >= VISIBLE)
    on_accent = "#ffffff" if contrast(accent, "#ffffff") >= READABLE else "#000000"
    return Palette(accent=accent, on_accent=on_accent, accent_text=text, accent_soft=soft)


def _parse(color: str) -> Color:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _hex(color: Color) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)


def _mix(one: Color, other: Color, share: float) -> Color:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _luminance(color: Color) -> float:
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (part / 255 for part in color)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
