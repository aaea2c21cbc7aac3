"""Colour arithmetic for brand colours (WCAG 2.2, relative luminance and contrast)."""

import colorsys
import re

HEX = re.compile(r"^#[0-9a-f]{6}$")
WHITE, INK = "#ffffff", "#14181f"
# The surfaces of static/css/app.css on which a brand colour must be readable.
LIGHT_SURFACE, DARK_SURFACE = "#ffffff", "#14181f"
TEXT_CONTRAST = 4.5


def rgb(colour: str) -> tuple[float, float, float]:
    """'#rrggbb' → three floats 0…1."""
    return tuple(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))  # type: ignore[return-value]


def luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    """Contrast ratio 1…21 of two '#rrggbb' colours."""
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def on(colour: str) -> str:
    """The text colour, white or ink, that reads better on `colour`."""
    return WHITE if contrast(WHITE, colour) >= contrast(INK, colour) else INK


def readable(colour: str, surface: str, wanted: float = TEXT_CONTRAST) -> str:
    """`colour`, made darker (on a light surface) or lighter (on a dark one) just enough to be readable there."""
    hue, light, saturation = colorsys.rgb_to_hls(*rgb(colour))
    step = -0.01 if luminance(surface) > 0.5 else 0.01
    while contrast(colour, surface) < wanted and 0 < light < 1:
        light = min(1.0, max(0.0, light + step))
        colour = "#" + "".join(f"{round(c * 255):02x}" for c in colorsys.hls_to_rgb(hue, light, saturation))
    return colour
