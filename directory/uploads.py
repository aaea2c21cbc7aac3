"""What a brand may upload as logo and favicon. An SVG is a document that can carry code, so it is checked closely."""

import re
from pathlib import PurePath
from xml.etree import ElementTree

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.utils.translation import gettext_lazy as _
from PIL import Image, UnidentifiedImageError

LARGEST = 512 * 1024
FORMATS = {".png": "PNG", ".webp": "WEBP", ".ico": "ICO"}
SVG = "{http://www.w3.org/2000/svg}"
# Drawing only: no script, foreignObject, image, a, or animation (which can set a link when it runs).
SVG_ELEMENTS = frozenset(
    [
        "svg",
        "g",
        "defs",
        "symbol",
        "use",
        "title",
        "desc",
        "style",
        "path",
        "rect",
        "circle",
        "ellipse",
        "line",
        "polyline",
        "polygon",
        "text",
        "tspan",
        "textPath",
        "linearGradient",
        "radialGradient",
        "stop",
        "clipPath",
        "mask",
        "pattern",
        "marker",
        "switch",
        "view",
        "filter",
        "feBlend",
        "feColorMatrix",
        "feComponentTransfer",
        "feComposite",
        "feConvolveMatrix",
        "feDiffuseLighting",
        "feDisplacementMap",
        "feDistantLight",
        "feDropShadow",
        "feFlood",
        "feFuncA",
        "feFuncB",
        "feFuncG",
        "feFuncR",
        "feGaussianBlur",
        "feMerge",
        "feMergeNode",
        "feMorphology",
        "feOffset",
        "fePointLight",
        "feSpecularLighting",
        "feSpotLight",
        "feTile",
        "feTurbulence",
    ]
)
# Names that drawing programs leave behind; nothing executes them.
EDITOR_NAMESPACES = (
    "http://www.inkscape.org/",
    "http://sodipodi.sourceforge.net/",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "http://creativecommons.org/ns#",
    "http://web.resource.org/cc/",
    "http://purl.org/dc/elements/",
    "http://www.bohemiancoding.com/",
)
FOREIGN_REFERENCE = re.compile(r"@import|expression\s*\(|image-set\s*\(|url\s*\((?!\s*['\"]?\s*#)|\\", re.IGNORECASE)
DECLARATION = re.compile(r"<!\s*(doctype|entity)|<\?xml-stylesheet", re.IGNORECASE)


def validate_artwork(file: File) -> None:
    """Refuse a file that is not the picture its name says, is too large, or is an SVG with more than drawing in it."""
    if file.size > LARGEST:
        raise ValidationError(_("The file is larger than 512 kB."), code="too_large")
    extension = PurePath(file.name or "").suffix.lower()
    file.seek(0)
    if extension == ".svg":
        validate_svg(file.read())
    elif extension in FORMATS:
        _validate_raster(file, FORMATS[extension])
    file.seek(0)


def _validate_raster(file: File, expected: str) -> None:
    try:
        with Image.open(file) as image:
            image.verify()
            found = image.format
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValidationError(_("This file cannot be read as a picture."), code="unreadable") from error
    if found != expected:
        raise ValidationError(_("The file's content does not match its name."), code="mismatch")


def validate_svg(content: bytes) -> None:
    """Only drawing elements, no handlers, no references outside the file. Raises ValidationError with the reason."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValidationError(_("Save the SVG in UTF-8."), code="encoding") from error
    if DECLARATION.search(text):
        raise ValidationError(_("The SVG has a document type or a style sheet of its own. Save it as plain SVG."))
    try:
        root = ElementTree.fromstring(text)  # noqa: S314  no declarations, so no entities; 512 kB at most
    except (ElementTree.ParseError, ValueError) as error:
        raise ValidationError(_("This file cannot be read as SVG."), code="unreadable") from error
    if root.tag != f"{SVG}svg":
        raise ValidationError(_("This file cannot be read as SVG."), code="unreadable")
    _check(root)


def _check(root: ElementTree.Element) -> None:
    for element in root.iter():
        if element.tag == f"{SVG}metadata" or _is_of_an_editor(element.tag):
            _refuse_handlers(element)
            continue
        name = element.tag.removeprefix(SVG)
        if not element.tag.startswith(SVG) or name not in SVG_ELEMENTS:
            raise _refusal(f"<{name.rpartition('}')[2]}>")
        _refuse_handlers(element)
        if name == "style" and FOREIGN_REFERENCE.search("".join(element.itertext())):
            raise _refusal("<style>")


def _is_of_an_editor(tag: str) -> bool:
    return tag.startswith(tuple("{" + namespace for namespace in EDITOR_NAMESPACES))


def _refuse_handlers(element: ElementTree.Element) -> None:
    for attribute, value in element.attrib.items():
        name = attribute.rpartition("}")[2].lower()
        if name.startswith("on"):
            raise _refusal(name)
        if name in ("href", "src") and not value.strip().startswith("#") and not _is_of_an_editor(element.tag):
            raise _refusal(f"{name}=“{value[:40]}”")
        if not _is_of_an_editor(attribute) and name != "d" and FOREIGN_REFERENCE.search(value):
            raise _refusal(name)


def _refusal(what: str) -> ValidationError:
    return ValidationError(
        _(
            "The SVG contains %(what)s, which could run code or load something. Save it as plain SVG with outlines only."
        ),
        code="active_content",
        params={"what": what},
    )
