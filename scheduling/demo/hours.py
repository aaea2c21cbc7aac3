"""Shapes of a working week: weekday (Monday = 0) → windows in hours of the wall clock."""

Week = dict[int, list[tuple[float, float]]]


def _same(days: range | tuple[int, ...], *windows: tuple[float, float]) -> Week:
    return {day: list(windows) for day in days}


SHAPES: dict[str, Week] = {
    "office": _same(range(4), (9, 12.5), (13.5, 17)) | _same((4,), (9, 13)),
    "early": _same(range(4), (7.5, 12), (13, 15.5)) | _same((4,), (7.5, 11.5)),
    "three": _same((0, 2, 4), (8, 10), (10.5, 13), (14.5, 18)) | _same((1, 3), (8, 12)),
    "evening": _same((0, 2), (9, 13)) | _same((1, 3), (13, 16), (17, 20)) | _same((4,), (9, 12)),
    "saturday": _same((1, 2, 3), (10, 13), (14, 18)) | _same((4,), (10, 14)) | _same((5,), (9, 13)),
    "part": _same((0, 1, 2), (9, 12), (12.5, 15)),
    "late": _same((0, 1, 3), (11, 14), (15, 19)) | _same((2,), (11, 15)),
    "split": _same((0,), (8, 12)) | _same((1, 3), (13, 18.5)) | _same((2,), (8, 12), (14, 17)) | _same((4,), (8, 12)),
    "long": _same(range(4), (8.5, 12.5), (13.25, 18)) | _same((4,), (8.5, 14)),
}
