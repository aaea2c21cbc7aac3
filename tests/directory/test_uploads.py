"""A brand's pictures may be pictures only."""

import io

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from directory.uploads import LARGEST, validate_artwork, validate_svg

PLAIN = """<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 10 10">
<title>Logo</title>
<defs><linearGradient id="a"><stop offset="0" style="stop-color:#123456"/></linearGradient></defs>
<style>.b { fill: url(#a); }</style>
<path class="b" d="M0 0h10v10z"/><rect fill="url( '#a' )" width="2" height="2"/><use xlink:href="#a"/>
</svg>"""
EDITOR = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"
xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd" inkscape:version="1.3">
<sodipodi:namedview inkscape:zoom="2"/><metadata><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></metadata>
<circle r="4"/></svg>"""


def picture(name: str, kind: str) -> SimpleUploadedFile:
    target = io.BytesIO()
    Image.new("RGB", (16, 16), "navy").save(target, kind)
    return SimpleUploadedFile(name, target.getvalue())


@pytest.mark.parametrize("text", [PLAIN, EDITOR])
def test_drawings_pass(text: str) -> None:
    validate_svg(text.encode())


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        "<SCRIPT>alert(1)</SCRIPT>",
        '<foreignObject><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject>',
        '<script xmlns="http://www.w3.org/1999/xhtml">alert(1)</script>',
        "<metadata><script>alert(1)</script></metadata>",
        '<circle r="1" onload="alert(1)"/>',
        '<circle r="1" OnClick="alert(1)"/>',
        '<a href="javascript:alert(1)"><circle r="1"/></a>',
        '<use href="https://elsewhere.example/x.svg#a"/>',
        '<use xmlns:x="http://www.w3.org/1999/xlink" x:href="data:image/svg+xml;base64,AAAA"/>',
        '<image href="https://elsewhere.example/pixel.png"/>',
        '<circle r="1"><set attributeName="onclick" to="alert(1)"/></circle>',
        '<circle r="1"><animate attributeName="href" values="javascript:alert(1)"/></circle>',
        "<style>@import url(https://elsewhere.example/x.css);</style>",
        "<style>circle { fill: url(https://elsewhere.example/x); }</style>",
        '<rect style="fill: url( &quot;//elsewhere.example/x&quot; )"/>',
        '<iframe src="https://elsewhere.example"/>',
    ],
)
def test_what_could_act_is_refused(inside: str) -> None:
    with pytest.raises(ValidationError):
        validate_svg(f'<svg xmlns="http://www.w3.org/2000/svg">{inside}</svg>'.encode())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not xml",
        b"<html xmlns='http://www.w3.org/1999/xhtml'/>",
        b"<svg/>",
        b'<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>',
        b'<?xml-stylesheet href="x.css"?><svg xmlns="http://www.w3.org/2000/svg"/>',
        '<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'.encode("utf-16"),
    ],
)
def test_what_is_no_plain_svg_is_refused(content: bytes) -> None:
    with pytest.raises(ValidationError):
        validate_svg(content)


def test_pictures_must_be_what_they_are_called() -> None:
    validate_artwork(picture("logo.png", "PNG"))
    validate_artwork(picture("logo.webp", "WEBP"))
    validate_artwork(picture("favicon.ico", "ICO"))
    with pytest.raises(ValidationError):
        validate_artwork(picture("logo.png", "WEBP"))
    with pytest.raises(ValidationError):
        validate_artwork(SimpleUploadedFile("logo.png", b"<svg/>"))


def test_large_files_are_refused() -> None:
    with pytest.raises(ValidationError):
        validate_artwork(SimpleUploadedFile("logo.svg", b" " * (LARGEST + 1)))
