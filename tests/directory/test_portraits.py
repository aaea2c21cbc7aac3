"""Uploaded portraits."""

import io
import struct
import zlib

import pytest
from django.core.exceptions import ValidationError
from PIL import Image

from directory import portraits

RED, BLUE = (200, 30, 30), (30, 30, 200)


def upload(picture: Image.Image, kind: str = "JPEG", **options: object) -> io.BytesIO:
    data = io.BytesIO()
    picture.save(data, kind, **options)
    data.seek(0)
    return data


def opened(content) -> Image.Image:  # type: ignore[no-untyped-def]
    return Image.open(io.BytesIO(content.read()))


def near(pixel: tuple[int, ...], colour: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < 30 for a, b in zip(pixel, colour, strict=True))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_any_picture_becomes_a_square_webp_of_at_most_640_pixels(kind):
    result = portraits.square(upload(Image.new("RGB", (2000, 3000), RED), kind))
    assert result.name.endswith(".webp")
    picture = opened(result)
    assert (picture.format, picture.size) == ("WEBP", (640, 640))


def test_a_small_picture_is_not_blown_up():
    assert opened(portraits.square(upload(Image.new("RGB", (300, 200), RED)))).size == (200, 200)


def test_the_camera_orientation_is_applied_and_metadata_is_gone():
    picture = Image.new("RGB", (400, 400), RED)
    picture.paste(BLUE, (200, 0, 400, 400))  # right half blue
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned by 90° clockwise: the right half comes to the bottom
    exif[0x010E] = "at home, 50.1 N"
    result = opened(portraits.square(upload(picture, exif=exif)))
    assert near(result.convert("RGB").getpixel((200, 40)), RED)
    assert near(result.convert("RGB").getpixel((200, 360)), BLUE)
    assert not result.getexif()


def test_transparency_becomes_white():
    result = portraits.square(upload(Image.new("RGBA", (300, 300), (0, 0, 0, 0)), "PNG"))
    assert near(opened(result).convert("RGB").getpixel((10, 10)), (255, 255, 255))


def png_header(width: int, height: int) -> bytes:
    """A few bytes that claim to be a huge picture."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "no_picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "no_picture"),
        (b"GIF89a" + b"\0" * 50, "no_picture"),
        (upload(Image.new("RGB", (400, 400), RED)).getvalue()[:400], "no_picture"),
        (png_header(30000, 30000), "too_many_pixels"),
        (png_header(9000, 9000), "too_many_pixels"),
        (b"\xff\xd8" + b"\0" * portraits.MAX_BYTES, "too_large"),
        (upload(Image.new("RGB", (1000, 90), RED)).getvalue(), "too_small"),
    ],
)
def test_what_is_no_usable_picture_is_an_error_at_the_field(data, code):
    with pytest.raises(ValidationError) as error:
        portraits.square(io.BytesIO(data))
    assert error.value.code == code
