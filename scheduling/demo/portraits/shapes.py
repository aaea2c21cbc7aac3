"""Colours, the recipe of a portrait, and the few SVG shapes it is drawn with (640 × 640 canvas)."""

from dataclasses import dataclass

# base, shade, line
SKIN = {
    "porcelain": ("#f7dccb", "#ebc4af", "#b07a63"),
    "fair": ("#f2ccb3", "#e2b193", "#a56f50"),
    "warm": ("#e6b691", "#d29a70", "#8f5c39"),
    "olive": ("#d8a87f", "#c18c60", "#835633"),
    "tan": ("#c18d63", "#a8744a", "#6c4526"),
    "brown": ("#9b6943", "#825432", "#4f301a"),
    "deep": ("#71482c", "#5c3820", "#331e10"),
}
HAIR = {
    "black": ("#23202a", "#3a3644"),
    "espresso": ("#3a2923", "#54403a"),
    "brown": ("#5b3c2a", "#775340"),
    "chestnut": ("#7d4a2c", "#9a6342"),
    "copper": ("#a9552b", "#c47342"),
    "blond": ("#c99a56", "#debb7f"),
    "sand": ("#a98a62", "#c4a883"),
    "grey": ("#8d9097", "#aeb1b8"),
    "silver": ("#c3c6cc", "#dee0e5"),
}
BACKGROUND = {
    "mist": ("#e8edf3", "#c9d5e3"),
    "sand": ("#f4ece0", "#e3d2ba"),
    "sage": ("#e6eee6", "#c6d7c8"),
    "rose": ("#f5e6e3", "#e4c8c3"),
    "lilac": ("#ebe8f3", "#d0c9e2"),
    "sea": ("#e0eff0", "#bddbdd"),
    "butter": ("#f8f0d9", "#ead9a9"),
    "stone": ("#ececea", "#d2d1cc"),
}


@dataclass(frozen=True)
class Recipe:
    """What one portrait looks like; the values are keys of the tables here and of `_HAIR`, `_CLOTHES`, `_BEARDS`."""

    skin: str
    hair: str
    colour: str
    clothes: str
    cloth: str
    second: str = "#ffffff"
    background: str = "mist"
    broad: bool = False  # jaw and neck
    lips: bool = False
    smile: bool = False  # teeth
    beard: str = ""
    glasses: str = ""
    earrings: bool = False
    stethoscope: bool = False
    age: int = 0  # 0 young, 1 lines at the mouth, 2 lines at eyes and mouth


def stroke(d: str, colour: str, width: float, opacity: float = 1) -> str:
    return (
        f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="{width}" opacity="{opacity}" '
        'stroke-linecap="round" stroke-linejoin="round"/>'
    )


def fill(d: str, colour: str, opacity: float = 1) -> str:
    return f'<path d="{d}" fill="{colour}" opacity="{opacity}"/>'


def dots(points: list[tuple[float, float, float]], colour: str) -> str:
    return "".join(f'<circle cx="{x}" cy="{y}" r="{r}" fill="{colour}"/>' for x, y, r in points)


def mix(colour: str, other: str, share: float) -> str:
    a, b = (tuple(int(c[i : i + 2], 16) for i in (1, 3, 5)) for c in (colour, other))
    return "#" + "".join(f"{round(x + (y - x) * share):02x}" for x, y in zip(a, b, strict=True))
