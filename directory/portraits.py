"""Uploaded portraits: verified, turned upright, cut to a square, made small. What is stored never is what was sent."""

import io
import secrets
import warnings
from typing import IO

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

MAX_BYTES = 8 * 1024 * 1024
MAX_PIXELS = 50_000_000  # cameras of phones reach this; a small file that claims more is a bomb
MIN_SIDE, MAX_SIDE = 160, 640
FORMATS = ("JPEG", "PNG", "WEBP")
# Faces are rarely in the middle of a tall picture, but a little above.
CENTRE = (0.5, 0.4)


def square(upload: IO[bytes]) -> ContentFile:
    """The upload as a square WebP of at most 640 pixels, without metadata, under a new random name.

    Raises ValidationError, to be shown at the field, for what is no picture, too large, too small, or of a kind that
    we do not take.
    """
    data = upload.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValidationError(_("This file is larger than 8 MB. Please choose a smaller one."), code="too_large")
    picture = _open(data)
    side = min(picture.size)
    if side < MIN_SIDE:
        raise ValidationError(
            _("This picture is too small: both sides need at least %(pixels)s pixels."),
            code="too_small",
            params={"pixels": MIN_SIDE},
        )
    side = min(side, MAX_SIDE)
    portrait = ImageOps.fit(picture, (side, side), Image.Resampling.LANCZOS, centering=CENTRE)
    target = io.BytesIO()
    portrait.save(target, "WEBP", quality=82, method=5)
    return ContentFile(target.getvalue(), name=f"{secrets.token_hex(8)}.webp")


def _open(data: bytes) -> Image.Image:
    """Decoded, upright, RGB on white. Pillow answers a broken file with many kinds of errors; all mean the same."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as check:
                width, height = check.size
                if width * height > MAX_PIXELS:
                    raise Image.DecompressionBombError
                check.verify()
            picture: Image.Image = Image.open(io.BytesIO(data), formats=FORMATS)
            picture.draft("RGB", (2 * MAX_SIDE, 2 * MAX_SIDE))  # JPEG: decoded at a fraction of its size
            picture = ImageOps.exif_transpose(picture).convert("RGBA")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValidationError(
            _("This picture has too many pixels. Please choose a smaller one."), code="too_many_pixels"
        ) from error
    except (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, EOFError, MemoryError) as error:
        raise ValidationError(
            _("This file could not be read as a picture. JPEG, PNG and WebP work."), code="no_picture"
        ) from error
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture).convert("RGB")
