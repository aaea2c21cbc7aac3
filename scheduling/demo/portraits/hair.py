"""Hair, headscarf and turban: each style gives what lies behind the head and what lies before it."""

from scheduling.demo.portraits.shapes import HAIR, Recipe, dots, fill, mix, stroke

Layers = tuple[str, str]


def _tones(recipe: Recipe) -> tuple[str, str]:
    return HAIR[recipe.colour]


def _sides(width: float, colour: str) -> str:
    """Cropped hair at the temples, down to the ears."""
    left, right = 320 - width, 320 + width
    return fill(
        f"M{left - 4} 236 C{left - 8} 262 {left - 5} 284 {left + 1} 300 L{left + 11} 300 C{left + 12} 272 {left + 18} 250 {left + 28} 230Z",
        colour,
    ) + fill(
        f"M{right + 4} 236 C{right + 8} 262 {right + 5} 284 {right - 1} 300 L{right - 11} 300 C{right - 12} 272 {right - 18} 250 {right - 28} 230Z",
        colour,
    )


def _width(recipe: Recipe) -> float:
    return 98 if recipe.broad else 93


def _parted(recipe: Recipe) -> Layers:
    dark, light = _tones(recipe)
    w = _width(recipe)
    top = (
        f"M{320 - w - 5} 262 C{320 - w - 14} 186 250 128 330 126 C404 124 {320 + w + 20} 176 {320 + w + 5} 262 "
        f"C{320 + w - 4} 240 404 226 392 212 C350 218 306 208 272 186 C262 206 236 226 {320 - w - 5} 262Z"
    )
    return "", _sides(w, dark) + fill(top, dark) + stroke(
        "M282 182 C318 200 356 206 394 200 M296 158 C330 176 366 182 404 182", light, 5, 0.7
    )


def _swept(recipe: Recipe) -> Layers:
    dark, light = _tones(recipe)
    w = _width(recipe)
    top = (
        f"M{320 - w - 5} 262 C{320 - w - 12} 178 252 122 324 122 C396 122 {320 + w + 14} 178 {320 + w + 5} 262 "
        f"C{320 + w - 6} 234 396 214 372 204 C338 194 302 194 268 204 C244 214 {320 - w + 6} 234 {320 - w - 5} 262Z"
    )
    return "", _sides(w, dark) + fill(top, dark) + stroke(
        "M270 196 C276 166 296 148 322 142 M306 190 C312 166 332 150 356 146 M346 190 C352 172 368 160 388 162",
        light,
        5,
        0.65,
    )


def _crop(recipe: Recipe) -> Layers:
    dark, light = _tones(recipe)
    w = _width(recipe)
    top = (
        f"M{320 - w - 3} 262 C{320 - w - 6} 188 256 146 320 146 C384 146 {320 + w + 6} 188 {320 + w + 3} 262 "
        f"C{320 + w - 8} 236 394 222 378 214 Q320 202 262 214 C246 222 {320 - w + 8} 236 {320 - w - 3} 262Z"
    )
    return "", _sides(w, dark) + fill(top, dark) + stroke("M276 176 Q320 158 364 176", light, 6, 0.35)


def _curls(recipe: Recipe) -> Layers:
    dark, light = _tones(recipe)
    w = _width(recipe)
    points = [
        (320 - w + 4, 226, 25),
        (236, 192, 32),
        (266, 162, 35),
        (306, 146, 37),
        (350, 150, 36),
        (390, 172, 33),
        (412, 204, 28),
        (320 + w - 2, 236, 22),
    ]
    points += [(280, 186, 32), (322, 180, 34), (364, 188, 30)]
    shine = "".join(
        stroke(f"M{x - 12} {y - 6} q12 -16 26 -4", light, 5, 0.6)
        for x, y in ((248, 184), (296, 156), (346, 164), (392, 188))
    )
    return "", _sides(w, dark) + dots([(float(x), float(y), float(r)) for x, y, r in points], dark) + shine


def _bald(recipe: Recipe) -> Layers:
    dark, _light = _tones(recipe)
    return "", _sides(_width(recipe), dark)


def _shaved(recipe: Recipe) -> Layers:
    return "", ""


def _receding(recipe: Recipe) -> Layers:
    dark, light = _tones(recipe)
    w = _width(recipe)
    top = (
        f"M{320 - w - 5} 264 C{320 - w - 10} 184 258 136 322 136 C386 136 {320 + w + 10} 184 {320 + w + 5} 264 "
        f"C{320 + w - 8} 236 408 214 392 184 C372 176 352 190 322 192 C292 190 268 176 248 184 C232 214 {320 - w + 8} 236 {320 - w - 5} 264Z"
    )
    return "", _sides(w, dark) + fill(top, dark) + stroke("M286 176 C300 158 330 152 356 160", light, 5, 0.6)


def _quiff(recipe: Recipe) -> Layers:
    dark, light = _tones(recipe)
    w = _width(recipe)
    top = (
        f"M{320 - w - 5} 258 C{320 - w - 10} 200 232 160 262 138 C300 98 390 96 414 148 C430 182 {320 + w + 8} 220 {320 + w + 5} 258 "
        f"C{320 + w - 6} 232 406 216 398 198 C366 206 340 186 300 196 C266 202 244 220 {320 - w - 5} 258Z"
    )
    return "", _sides(w, dark) + fill(top, dark) + stroke(
        "M270 182 C286 148 330 130 380 136 M318 182 C334 158 364 150 398 158", light, 5, 0.65
    )


# --- longer ------------------------------------------------------------------------------------------------

_CURTAIN = (
    "M316 142 C252 140 206 190 212 300 C213 326 219 346 226 356 C228 316 234 292 246 270 C274 246 304 214 318 178 "
    "C336 214 366 246 394 270 C406 292 412 316 414 356 C421 346 427 326 428 300 C434 190 388 140 316 142Z"
)
_FRINGE = (
    "M318 138 C250 138 204 190 212 304 C213 328 219 346 225 354 C227 316 232 290 242 268 C300 262 362 236 384 196 "
    "C396 226 410 262 415 354 C421 346 427 328 428 304 C436 190 390 138 318 138Z"
)
_CURTAIN_SHINE = "M246 240 C262 206 286 178 308 164 M394 240 C378 206 354 178 332 164"
_FRINGE_SHINE = "M246 246 C296 236 346 214 372 180 M244 214 C280 204 320 190 346 164"


def _fall(length: float, flare: float, curve: str = "") -> str:
    """Hair behind the shoulders, `length` down and `flare` wide."""
    return (
        f"M320 132 C236 132 196 200 202 300 C204 360 {212 - flare} 420 {206 - flare} {length} Q320 {length + 26} {434 + flare} {length} "
        f"C{428 + flare} 420 436 360 438 300 C444 200 404 132 320 132Z"
    )


def _long(recipe: Recipe) -> Layers:
    dark, light = _tones(recipe)
    back = mix(dark, "#000000", 0.16)
    locks = fill("M214 290 C208 360 196 440 200 540 C226 552 244 548 252 538 C240 470 236 400 226 340Z", dark) + fill(
        "M426 290 C432 360 444 440 440 540 C414 552 396 548 388 538 C400 470 404 400 414 340Z", dark
    )
    return fill(_fall(500, 8), back), locks + fill(_CURTAIN, dark) + stroke(_CURTAIN_SHINE, light, 6, 0.6) + stroke(
        "M214 400 C212 450 214 490 220 526 M426 400 C428 450 426 490 420 526", light, 5, 0.4
    )


def _side_long(recipe: Recipe) -> Layers:
    dark, light = _tones(recipe)
    back = mix(dark, "#000000", 0.16)
    lock = fill("M426 286 C434 360 448 440 438 548 C412 562 392 556 384 544 C400 476 408 400 412 330Z", dark)
    return fill(_fall(486, 4), back), lock + fill(_FRINGE, dark) + stroke(_FRINGE_SHINE, light, 6, 0.6) + stroke(
        "M428 390 C434 440 430 500 420 536", light, 5, 0.4
    )


def _bob(recipe: Recipe) -> Layers:
    dark, light = _tones(recipe)
    back = mix(dark, "#000000", 0.18)
    locks = fill("M212 286 C202 340 200 390 208 428 C224 440 246 438 258 424 C238 396 228 360 226 330Z", dark) + fill(
        "M428 286 C438 340 440 390 432 428 C416 440 394 438 382 424 C402 396 412 360 414 330Z", dark
    )
    return fill(_fall(414, 2), back), locks + fill(_FRINGE, dark) + stroke(_FRINGE_SHINE, light, 6, 0.6)


def _bob_middle(recipe: Recipe) -> Layers:
    dark, light = _tones(recipe)
    back = mix(dark, "#000000", 0.18)
    locks = fill("M212 286 C204 350 204 410 214 456 C232 464 250 458 258 444 C240 410 230 370 226 330Z", dark) + fill(
        "M428 286 C436 350 436 410 426 456 C408 464 390 458 382 444 C400 410 410 370 414 330Z", dark
    )
    return fill(_fall(440, 2), back), locks + fill(_CURTAIN, dark) + stroke(_CURTAIN_SHINE, light, 6, 0.6)


def _straight_fringe(recipe: Recipe) -> Layers:
    dark, light = _tones(recipe)
    back = mix(dark, "#000000", 0.18)
    front = (
        "M320 136 C246 136 204 190 212 300 C210 360 206 410 214 452 C232 460 248 456 256 444 C240 400 228 340 232 262 "
        "Q320 240 408 262 C412 340 400 400 384 444 C392 456 408 460 426 452 C434 410 430 360 428 300 C436 190 394 136 320 136Z"
    )
    return fill(_fall(436, 2), back), fill(front, dark) + stroke(
        "M250 226 Q320 204 390 226 M258 196 Q320 176 382 196", light, 6, 0.5
    )


_UP = (
    "M320 136 C254 136 208 186 214 286 C218 276 222 268 228 258 C238 236 258 222 286 206 Q320 192 354 206 "
    "C382 222 402 236 412 258 C418 268 422 276 426 286 C432 186 386 136 320 136Z"
)


def _bun(recipe: Recipe) -> Layers:
    dark, light = _tones(recipe)
    knot = f'<circle cx="320" cy="116" r="46" fill="{mix(dark, "#000000", 0.14)}"/>' + stroke(
        "M292 104 Q320 84 348 104 M296 126 Q320 112 344 126", light, 5, 0.5
    )
    return knot, fill(_UP, dark) + stroke(
        "M262 210 C276 178 298 160 320 152 M378 210 C364 178 342 160 320 152", light, 5, 0.6
    )


def _low_bun(recipe: Recipe) -> Layers:
    dark, light = _tones(recipe)
    knot = f'<ellipse cx="320" cy="398" rx="112" ry="44" fill="{mix(dark, "#000000", 0.2)}"/>'
    side = fill(_FRINGE.replace("354", "318"), dark)
    return knot, side + stroke(_FRINGE_SHINE, light, 6, 0.55)


def _ponytail(recipe: Recipe) -> Layers:
    dark, light = _tones(recipe)
    tail = fill(
        "M396 190 C470 200 492 300 470 392 C460 430 440 452 424 458 C432 400 430 300 396 250Z",
        mix(dark, "#000000", 0.14),
    )
    return tail + stroke("M440 260 C458 310 456 370 442 420", light, 5, 0.4), fill(_UP, dark) + stroke(
        "M258 214 C290 176 340 160 384 176 M286 190 C312 166 350 156 380 162", light, 5, 0.6
    )


def _pixie(recipe: Recipe) -> Layers:
    dark, light = _tones(recipe)
    front = (
        "M318 134 C250 132 204 182 214 282 C216 304 220 320 224 326 C228 300 232 280 240 262 C288 258 340 236 366 200 "
        "C380 226 402 244 412 270 C415 290 416 306 417 324 C424 312 428 296 428 276 C434 184 388 136 318 134Z"
    )
    return "", fill(front, dark) + stroke(
        "M246 238 C290 230 332 208 354 178 M256 206 C284 198 314 182 332 160", light, 6, 0.6
    )


def _waves(recipe: Recipe) -> Layers:
    dark, light = _tones(recipe)
    back = mix(dark, "#000000", 0.16)
    outer = [(212, 250, 34), (202, 300, 36), (198, 352, 38), (196, 404, 40), (204, 456, 42), (224, 498, 40)]
    left = [(float(x), float(y), float(r)) for x, y, r in outer]
    right = [(640 - x, y, r) for x, y, r in left]
    behind = dots(left + right, back) + fill(_fall(470, 0), back)
    locks = dots([(216, 330, 22), (212, 372, 26), (214, 416, 28), (224, 460, 28)], dark) + dots(
        [(424, 330, 22), (428, 372, 26), (426, 416, 28), (416, 460, 28)], dark
    )
    shine = "".join(
        stroke(f"M{x} {y} q10 -14 24 -4", light, 5, 0.5)
        for x, y in ((200, 366), (204, 414), (212, 460), (418, 366), (416, 414), (404, 460))
    )
    return behind, locks + fill(_CURTAIN, dark) + stroke(_CURTAIN_SHINE, light, 6, 0.55) + shine


def _afro(recipe: Recipe) -> Layers:
    dark, light = _tones(recipe)
    ring = [
        (214, 330, 46),
        (190, 276, 52),
        (196, 212, 56),
        (232, 156, 58),
        (290, 122, 60),
        (350, 122, 60),
        (408, 156, 58),
        (444, 212, 56),
        (450, 276, 52),
        (426, 330, 46),
    ]
    behind = (
        dots([(float(x), float(y), float(r)) for x, y, r in ring], dark)
        + f'<circle cx="320" cy="240" r="130" fill="{dark}"/>'
    )
    front = [
        (232, 246, 22),
        (246, 216, 26),
        (276, 194, 28),
        (314, 184, 29),
        (352, 190, 28),
        (386, 212, 26),
        (406, 244, 22),
    ]
    shine = "".join(
        stroke(f"M{x} {y} q10 -14 24 -4", light, 5, 0.55)
        for x, y in ((212, 200), (256, 150), (330, 128), (398, 166), (424, 226))
    )
    return behind, dots([(float(x), float(y), float(r)) for x, y, r in front], dark) + shine


def _braids(recipe: Recipe) -> Layers:
    dark, light = _tones(recipe)
    strands = ""
    for x in (202, 222, 418, 438):
        strands += dots(
            [(x + (2 if k % 2 else -2), 300 + 24.0 * k, 14) for k in range(10)],
            dark if x in (222, 418) else mix(dark, "#000000", 0.2),
        )
    part = "".join(
        stroke(d, light, 3.5, 0.7)
        for d in (
            "M320 148 L320 196",
            "M284 154 L290 198",
            "M250 176 L264 212",
            "M356 154 L350 198",
            "M390 176 L376 212",
        )
    )
    return strands, fill(_UP, dark) + part


def _headscarf(recipe: Recipe) -> Layers:
    """`second` is its colour."""
    cloth = recipe.second
    dark, light = mix(cloth, "#000000", 0.2), mix(cloth, "#ffffff", 0.22)
    behind = fill(
        "M320 112 C226 112 186 188 190 290 C192 380 190 440 150 520 L490 520 C450 440 448 380 450 290 C454 188 414 112 320 112Z",
        dark,
    )
    hood = (
        "M320 114 C232 114 192 184 196 286 C198 360 214 420 250 462 C200 486 168 520 160 560 Q320 640 480 560 "
        "C472 520 440 486 390 462 C426 420 442 360 444 286 C448 184 408 114 320 114Z "
        "M320 186 C372 186 406 222 408 284 C408 356 372 434 320 436 C268 434 232 356 232 284 C234 222 268 186 320 186Z"
    )
    folds = stroke("M234 300 C238 372 272 432 320 446 C366 434 400 380 408 300", dark, 4, 0.5)
    folds += stroke("M250 462 C300 510 360 508 430 478 M222 506 C290 560 380 552 452 516", dark, 4, 0.55)
    folds += stroke("M230 220 C246 164 284 140 326 138 M218 262 C222 236 228 218 238 200", light, 6, 0.7)
    return behind, f'<path fill-rule="evenodd" d="{hood}" fill="{cloth}"/>' + folds


def _turban(recipe: Recipe) -> Layers:
    cloth = recipe.second
    dark, light = mix(cloth, "#000000", 0.18), mix(cloth, "#ffffff", 0.18)
    wrap = "M206 268 C184 190 214 96 320 92 C426 96 456 190 434 268 C420 246 392 226 356 208 L320 190 L284 208 C248 226 220 246 206 268Z"
    folds = "".join(
        stroke(d, c, 4, 0.75)
        for d, c in (
            ("M214 246 C232 196 276 150 338 120", dark),
            ("M210 214 C230 164 268 128 316 106", light),
            ("M426 246 C408 202 372 168 330 148", dark),
            ("M432 212 C414 170 386 140 350 122", light),
            ("M320 190 C316 170 322 150 334 134", dark),
        )
    )
    return "", fill(wrap, cloth) + folds


STYLES = {
    "parted": _parted, "swept": _swept, "crop": _crop, "curls": _curls, "bald": _bald, "shaved": _shaved,
    "receding": _receding, "quiff": _quiff, "long": _long, "side_long": _side_long, "bob": _bob,
    "bob_middle": _bob_middle, "fringe": _straight_fringe, "bun": _bun, "low_bun": _low_bun, "ponytail": _ponytail,
    "pixie": _pixie, "waves": _waves, "afro": _afro, "braids": _braids, "headscarf": _headscarf, "turban": _turban,
}  # fmt: skip
