"""Draws the demo portraits: one flat illustration per recipe, as SVG text. No person living or dead is shown.

`python -m scheduling.demo.portraits.render` turns the recipes of `recipes.py` into the committed WebP files; it needs
a Chromium and is run by hand only when a recipe changes. Coordinates are those of a 640 × 640 canvas.
"""

from scheduling.demo.portraits.clothes import STYLES as CLOTHES
from scheduling.demo.portraits.hair import STYLES as HAIRSTYLES
from scheduling.demo.portraits.shapes import BACKGROUND, HAIR, SKIN, Recipe, fill, stroke


def portrait(recipe: Recipe) -> str:
    """One portrait as an SVG document."""
    base, shade, line = SKIN[recipe.skin]
    back, front = HAIRSTYLES[recipe.hair](recipe)
    light, dark = BACKGROUND[recipe.background]
    jaw = _face(recipe.broad)
    neck = 58 if recipe.broad else 46
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 640" width="640" height="640"><defs>',
        f'<linearGradient id="b" x1="0" y1="0" x2="1" y2="1"><stop stop-color="{light}"/>',
        f'<stop offset="1" stop-color="{dark}"/></linearGradient>',
        f'<clipPath id="f"><path d="{jaw}"/></clipPath></defs>',
        '<rect width="640" height="640" fill="url(#b)"/>',
        '<circle cx="320" cy="330" r="262" fill="#ffffff" opacity=".28"/>',
        '<g transform="translate(-44.8 -66) scale(1.14)">',
        back,
        f'<path d="M{320 - neck} 370 L{320 - neck} 440 Q{320 - neck} 470 240 492 Q320 640 400 492 Q{320 + neck} 470 {320 + neck} 440 L{320 + neck} 370Z" fill="{base}"/>',
        f'<path d="M{320 - neck} 392 Q320 520 {320 + neck} 408 L{320 + neck} 370 L{320 - neck} 370Z" fill="{shade}"/>',
        CLOTHES[recipe.clothes](recipe),
        _ears(recipe),
        f'<path d="{jaw}" fill="{base}"/>',
        f'<g clip-path="url(#f)"><path d="M352 120 C400 220 404 340 336 460 L470 460 L470 120Z" fill="{shade}" opacity=".38"/>',
        _BEARDS[recipe.beard](recipe) if recipe.beard else "",
        "</g>",
        _features(recipe, shade, line),
        front,
        _GLASSES[recipe.glasses] if recipe.glasses else "",
        "</g></svg>",
    ]
    return "".join(parts)


def _face(broad: bool) -> str:
    w, jaw, chin = (98, 84, 440) if broad else (93, 72, 434)
    return (
        f"M{320 - w} 268 C{320 - w} 196 262 158 320 158 C378 158 {320 + w} 196 {320 + w} 268 "
        f"C{320 + w} 318 {320 + w - 4} 352 {320 + jaw} 386 C{320 + jaw - 18} 422 348 {chin} 320 {chin} "
        f"C292 {chin} {320 - jaw + 18} 422 {320 - jaw} 386 C{320 - w + 4} 352 {320 - w} 318 {320 - w} 268Z"
    )


def _ears(recipe: Recipe) -> str:
    if recipe.hair in ("headscarf", "turban"):
        return ""
    base, shade, _line = SKIN[recipe.skin]
    left, right = (219, 421) if recipe.broad else (225, 415)
    ring = "".join(f'<circle cx="{x}" cy="338" r="5.5" fill="#d9b24c"/>' for x in (left - 4, right + 4))
    return (
        f'<ellipse cx="{left}" cy="304" rx="17" ry="27" fill="{base}"/>'
        f'<ellipse cx="{right}" cy="304" rx="17" ry="27" fill="{shade}"/>'
        f'<path d="M{left - 7} 292 q-6 12 2 24" stroke="{shade}" stroke-width="4" fill="none" stroke-linecap="round"/>'
        + (ring if recipe.earrings else "")
    )


def _features(recipe: Recipe, shade: str, line: str) -> str:
    brow = HAIR[recipe.colour][0] if recipe.colour not in ("silver", "blond") else "#8f7a5c"
    if recipe.colour == "silver":
        brow = "#9a9ca3"
    thick = 8 if recipe.broad else 6
    cheeks = "".join(
        f'<ellipse cx="{x}" cy="340" rx="22" ry="13" fill="#d9655b" opacity="{0.08 if recipe.broad else 0.13}"/>'
        for x in (262, 378)
    )
    eyes = "".join(
        f'<ellipse cx="{x}" cy="298" rx="7" ry="8.5" fill="#2a2326"/><circle cx="{x + 2.5}" cy="294.5" r="2.3" fill="#fff"/>'
        for x in (282, 358)
    )
    lash = (
        ""
        if recipe.broad
        else stroke("M268 296 Q280 281 296 291", "#2a2326", 3.6) + stroke("M372 296 Q360 281 344 291", "#2a2326", 3.6)
    )
    lids = stroke("M269 290 Q281 279 295 288", line, 3) + stroke("M371 290 Q359 279 345 288", line, 3)
    brows = stroke("M262 267 Q279 254 301 264", brow, thick) + stroke("M378 267 Q361 254 339 264", brow, thick)
    nose = stroke("M324 300 C331 320 339 335 331 343 C326 347 317 347 312 343", line, 4, 0.75)
    return cheeks + eyes + (lash or lids) + brows + nose + _mouth(recipe, line) + _lines(recipe.age, line)


def _mouth(recipe: Recipe, line: str) -> str:
    lip = {"brown": "#a04a45", "deep": "#8a3d3d"}.get(recipe.skin, "#c05a56")
    if recipe.smile:
        outer = "M287 371 Q320 381 353 371 Q345 403 320 403 Q295 403 287 371Z"
        edge = f' stroke="{lip}" stroke-width="5" stroke-linejoin="round"' if recipe.lips else ""
        return f'<path d="{outer}" fill="#fffaf6"{edge}/>' + ("" if recipe.lips else stroke(outer, line, 4))
    if recipe.lips:
        return f'<path d="M289 378 Q306 367 320 373 Q334 367 351 378 Q320 408 289 378Z" fill="{lip}"/>' + stroke(
            "M290 378 Q320 389 350 378", line, 3, 0.7
        )
    return stroke("M290 377 Q320 398 350 377", line, 5)


def _lines(age: int, line: str) -> str:
    mouth = stroke("M273 352 Q264 366 268 380", line, 3, 0.4) + stroke("M367 352 Q376 366 372 380", line, 3, 0.4)
    eyes = stroke("M246 300 l10 4 M246 310 l10 1", line, 2.5, 0.4) + stroke(
        "M394 300 l-10 4 M394 310 l-10 1", line, 2.5, 0.4
    )
    return ("", mouth, mouth + eyes)[age]


# --- beards and glasses ------------------------------------------------------------------------------------


def _full_beard(recipe: Recipe) -> str:
    shape = (
        "M215 292 C232 322 240 348 262 352 C284 345 300 352 320 356 C340 352 356 345 378 352 C400 348 408 322 425 292 "
        "L425 450 L215 450Z"
    )
    return fill(shape, HAIR[recipe.colour][0]) + fill(
        "M280 372 Q320 360 360 372 Q356 408 320 409 Q284 408 280 372Z", SKIN[recipe.skin][0]
    )


def _short_beard(recipe: Recipe) -> str:
    shape = "M215 300 C228 345 246 372 272 372 Q320 342 368 372 C394 372 412 345 425 300 L425 450 L215 450Z"
    return fill(shape, HAIR[recipe.colour][0], 0.82) + fill(
        "M276 374 Q320 358 364 374 Q354 408 320 409 Q286 408 276 374Z", SKIN[recipe.skin][0]
    )


def _stubble(recipe: Recipe) -> str:
    shape = "M215 305 C228 350 250 368 276 362 Q320 346 364 362 C390 368 412 350 425 305 L425 450 L215 450Z"
    return fill(shape, HAIR[recipe.colour][0], 0.17)


def _moustache(recipe: Recipe) -> str:
    return fill("M272 372 Q292 348 320 358 Q348 348 368 372 Q344 367 320 368 Q296 367 272 372Z", HAIR[recipe.colour][0])


_BEARDS = {"full": _full_beard, "short": _short_beard, "stubble": _stubble, "moustache": _moustache}

_ARMS = '<path d="M240 292 L222 286 M400 292 L418 286 M308 294 Q320 286 332 294" {s}/>'
_GLASSES = {
    "round": '<g fill="#ffffff" fill-opacity=".22" stroke="#3a2d2a" stroke-width="5"><circle cx="276" cy="298" r="33"/>'
    '<circle cx="364" cy="298" r="33"/></g>' + _ARMS.format(s='stroke="#3a2d2a" stroke-width="5" fill="none"'),
    "square": '<g fill="#ffffff" fill-opacity=".2" stroke="#20222a" stroke-width="6"><rect x="241" y="271" width="68" height="52" rx="13"/>'
    '<rect x="331" y="271" width="68" height="52" rx="13"/></g>'
    + _ARMS.format(s='stroke="#20222a" stroke-width="6" fill="none"'),
    "thin": '<g fill="#ffffff" fill-opacity=".18" stroke="#8b7a55" stroke-width="3.5"><rect x="243" y="275" width="65" height="45" rx="20"/>'
    '<rect x="332" y="275" width="65" height="45" rx="20"/></g>'
    + _ARMS.format(s='stroke="#8b7a55" stroke-width="3.5" fill="none"'),
}
