"""What people in the portraits wear."""

from scheduling.demo.portraits.shapes import SKIN, Recipe, fill, mix, stroke

_TORSO = (
    "M24 640 C28 584 62 546 128 524 L252 482 C262 478 266 472 268 464 Q320 610 372 464 C374 472 378 478 388 482 "
    "L512 524 C578 546 612 584 616 640Z"
)


def _sleeves(colour: str) -> str:
    dark = mix(colour, "#000000", 0.22)
    return stroke("M132 640 Q136 606 124 580", dark, 4, 0.6) + stroke("M508 640 Q504 606 516 580", dark, 4, 0.6)


def _suit(recipe: Recipe) -> str:
    cloth, tie = recipe.cloth, recipe.second
    lapel, edge = mix(cloth, "#ffffff", 0.09), mix(cloth, "#000000", 0.3)
    return (
        fill(_TORSO, cloth)
        + fill("M262 474 L320 640 L378 474 Q320 540 262 474Z", "#fbfbf9")
        + (
            fill("M306 524 L334 524 L342 548 L338 640 L302 640 L298 548Z", tie)
            + fill("M304 516 L336 516 L330 546 L310 546Z", mix(tie, "#000000", 0.18))
            if tie != "#ffffff"
            else ""
        )
        + fill("M264 462 L320 522 L290 556 L250 486Z", "#ffffff")
        + fill("M376 462 L320 522 L350 556 L390 486Z", "#eef0f2")
        + fill("M252 482 L288 560 L312 640 L254 640 L206 556 L230 540 L208 520Z", lapel)
        + fill("M388 482 L352 560 L328 640 L386 640 L434 556 L410 540 L432 520Z", lapel)
        + stroke("M252 484 L288 560 L312 640 M254 640 L206 556 L230 540 L208 520", edge, 2.5, 0.55)
        + stroke("M388 484 L352 560 L328 640 M386 640 L434 556 L410 540 L432 520", edge, 2.5, 0.55)
        + _sleeves(cloth)
    )


def _blazer(recipe: Recipe) -> str:
    cloth, top, skin = recipe.cloth, recipe.second, SKIN[recipe.skin][0]
    lapel, edge = mix(cloth, "#ffffff", 0.1), mix(cloth, "#000000", 0.3)
    return (
        fill(_TORSO, cloth)
        + fill("M250 482 L310 640 L330 640 L390 482 Q320 540 250 482Z", top)
        + fill("M266 470 Q276 540 320 544 Q364 540 374 470 Q320 520 266 470Z", skin)
        + fill("M250 482 L290 566 L314 640 L250 640 L204 552 L232 540 L214 512Z", lapel)
        + fill("M390 482 L350 566 L326 640 L390 640 L436 552 L408 540 L426 512Z", lapel)
        + stroke("M250 484 L290 566 L314 640 M250 640 L204 552 L232 540 L214 512", edge, 2.5, 0.5)
        + stroke("M390 484 L350 566 L326 640 M390 640 L436 552 L408 540 L426 512", edge, 2.5, 0.5)
        + _sleeves(cloth)
    )


def _blouse(recipe: Recipe) -> str:
    cloth, skin = recipe.cloth, SKIN[recipe.skin][0]
    edge = mix(cloth, "#000000", 0.22)
    return (
        fill(_TORSO, cloth)
        + fill("M262 472 Q282 556 320 580 Q358 556 378 472 Q320 520 262 472Z", skin)
        + fill("M256 476 Q272 548 320 584 L296 604 Q248 560 236 488Z", mix(cloth, "#ffffff", 0.16))
        + fill("M384 476 Q368 548 320 584 L344 604 Q392 560 404 488Z", mix(cloth, "#ffffff", 0.08))
        + stroke("M320 586 L320 640", edge, 3, 0.6)
        + _sleeves(cloth)
    )


def _round_neck(recipe: Recipe) -> str:
    cloth, skin = recipe.cloth, SKIN[recipe.skin][0]
    return (
        fill(_TORSO, cloth)
        + fill("M260 474 Q272 542 320 544 Q368 542 380 474 Q320 520 260 474Z", skin)
        + stroke("M256 478 Q270 550 320 552 Q370 550 384 478", mix(cloth, "#ffffff", 0.25), 7)
        + _sleeves(cloth)
    )


def _turtleneck(recipe: Recipe) -> str:
    cloth = recipe.cloth
    return (
        fill(_TORSO, cloth)
        + fill("M256 476 L384 476 L360 600 L280 600Z", cloth)
        + fill("M262 432 Q320 476 378 432 L386 498 Q320 546 254 498Z", mix(cloth, "#ffffff", 0.1))
        + stroke("M258 492 Q320 538 382 492", mix(cloth, "#000000", 0.2), 3, 0.6)
        + _sleeves(cloth)
    )


def _open_shirt(recipe: Recipe) -> str:
    cloth, skin = recipe.cloth, SKIN[recipe.skin][0]
    edge = mix(cloth, "#000000", 0.2)
    return (
        fill(_TORSO, cloth)
        + fill("M266 470 L320 584 L374 470 Q320 520 266 470Z", skin)
        + fill("M262 456 L320 584 L284 596 L240 488Z", mix(cloth, "#ffffff", 0.22))
        + fill("M378 456 L320 584 L356 596 L400 488Z", mix(cloth, "#ffffff", 0.12))
        + stroke("M320 586 L320 640", edge, 3, 0.7)
        + f'<circle cx="328" cy="616" r="4" fill="{edge}"/>'
        + _sleeves(cloth)
    )


def _jumper(recipe: Recipe) -> str:
    """A jumper over a shirt collar."""
    cloth = recipe.cloth
    return (
        fill(_TORSO, cloth)
        + stroke("M252 482 Q282 556 320 560 Q358 556 388 482", mix(cloth, "#000000", 0.16), 12)
        + fill("M262 474 Q290 546 320 550 Q350 546 378 474 Q320 528 262 474Z", recipe.second)
        + fill("M262 458 L320 522 L286 556 L246 486Z", mix(recipe.second, "#ffffff", 0.35))
        + fill("M378 458 L320 522 L354 556 L394 486Z", mix(recipe.second, "#ffffff", 0.15))
        + _sleeves(cloth)
    )


def _coat(recipe: Recipe) -> str:
    """A white coat; `cloth` is what is worn below it."""
    skin, edge = SKIN[recipe.skin][0], "#b9c3cd"
    below = (
        fill("M248 482 L300 640 L340 640 L392 482 Q320 540 248 482Z", recipe.cloth)
        + fill("M268 468 L320 556 L372 468 Q320 520 268 468Z", skin)
        + stroke("M266 474 L320 560 L374 474", mix(recipe.cloth, "#ffffff", 0.25), 7)
    )
    return (
        fill(_TORSO, "#f5f7f9")
        + below
        + fill("M250 480 L286 572 L306 640 L246 640 L196 556 L226 540 L206 512Z", "#ffffff")
        + fill("M390 480 L354 572 L334 640 L394 640 L444 556 L414 540 L434 512Z", "#ffffff")
        + stroke("M250 482 L286 572 L306 640 M246 640 L196 556 L226 540 L206 512", edge, 3)
        + stroke("M390 482 L354 572 L334 640 M394 640 L444 556 L414 540 L434 512", edge, 3)
        + _sleeves("#cfd6dd")
        + (_stethoscope() if recipe.stethoscope else "")
    )


def _scrubs(recipe: Recipe) -> str:
    cloth, skin = recipe.cloth, SKIN[recipe.skin][0]
    return (
        fill(_TORSO, cloth)
        + fill("M260 474 L320 580 L380 474 Q320 520 260 474Z", skin)
        + stroke("M254 480 L320 590 L386 480", mix(cloth, "#ffffff", 0.22), 10)
        + _sleeves(cloth)
        + (_stethoscope() if recipe.stethoscope else "")
    )


def _stethoscope() -> str:
    tube = stroke("M258 478 C236 520 236 560 262 590 M382 478 C408 520 410 548 396 584", "#39424e", 8)
    return (
        tube
        + '<circle cx="264" cy="598" r="15" fill="#a9b3be"/><circle cx="264" cy="598" r="8" fill="#dfe5ea"/>'
        + stroke("M396 584 q-12 18 -6 40 M396 584 q14 16 10 40", "#39424e", 6)
    )


STYLES = {
    "suit": _suit, "blazer": _blazer, "blouse": _blouse, "round": _round_neck, "turtleneck": _turtleneck,
    "shirt": _open_shirt, "jumper": _jumper, "coat": _coat, "scrubs": _scrubs,
}  # fmt: skip
