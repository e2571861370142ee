"""Any brand stays readable."""

import random

import pytest

from logistics_portal.colors import READABLE, contrast, palettes

BRANDS = ["#000000", "#ffffff", "#ffff00", "#808080", "#1f5eff", "#e4002b", "#00a651", "#f5f4f1", "#111315"]
GROUNDS = [("#ffffff", "#f5f4f1"), ("#1a1d20", "#111315")]


@pytest.mark.parametrize("brand", [*BRANDS, *(f"#{random.Random(seed).randrange(1 << 24):06x}" for seed in range(200))])
def test_text_on_and_in_a_brands_color_can_be_read(brand: str) -> None:
    for palette, grounds in zip(palettes(brand), GROUNDS, strict=True):
        assert contrast(palette.accent, palette.on_accent) >= READABLE
        for ground in (*grounds, palette.accent_soft):
            assert contrast(palette.accent_text, ground) >= READABLE


def test_a_readable_brand_is_left_as_it_is() -> None:
    light, _ = palettes("#0b6e4f")
    assert (light.accent, light.accent_text, light.on_accent) == ("#0b6e4f", "#0b6e4f", "#ffffff")


@pytest.mark.parametrize("color", ["", "red", "#fff", "#12345g", "#1f5eff;}body{display:none"])
def test_what_is_no_color_becomes_the_portals_own(color: str) -> None:
    assert palettes(color) == palettes("#1f5eff")


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
