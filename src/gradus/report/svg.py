"""A figure of matplotlib as a part of a page: small, the same bytes every time, light and dark.

What the figure shows must not be known here.
"""

import io
import re
import warnings
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

from gradus.report.axes import short
from gradus.report.palette import COLORS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_VARIABLE = {light: f"var(--{name})" for name, (light, _) in COLORS.items()}
_COLOR = re.compile(r"#[0-9a-f]{6}\b")
_LONG_NUMBER = re.compile(r"-?\d+\.\d{2,}")
_GEOMETRY = {"d", "x", "y"}
# What every drawing has anyway, or the page says once.
_USUAL = re.compile(
    r"(?:font-family: [^;]*|font: (?=\S+ )|stroke-linejoin: miter|stroke-linecap: butt)(?:; |$)"
)
_REFERENCE = re.compile(r"#(\w+)")
_HREF = "{http://www.w3.org/1999/xlink}href"


def svg_of(figure: "Figure", label: str, key: str) -> str:
    """Return a figure as an SVG element for the inside of a page.

    Parameters
    ----------
    figure
        Drawn in the light colors; those become variables of the page's style.
    label
        What is to be seen, for who cannot see it.
    key
        Begins the names inside, so that no two figures of a page share one.
    """
    root = _written(figure)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag.rpartition("}")[2] in {"metadata", "style"}:
                parent.remove(child)
    used = {name for element in root.iter() for name in _references(element)}
    for element in root.iter():
        _tidy(element, used, key)
    for group in root.iter("g"):
        _share_style(group)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    width = root.attrib["viewBox"].split()[2]
    root.attrib |= {
        "role": "img",
        "aria-label": short(label, 120),
        "style": f"--width: {float(width):g}px",
    }
    return ET.tostring(root, encoding="unicode")


def _written(figure: "Figure") -> ET.Element:
    """Let matplotlib write a figure and read that."""
    from matplotlib import rc_context

    buffer = io.BytesIO()
    options: Any = {"svg.fonttype": "none", "svg.hashsalt": "gradus"}
    with rc_context(options), warnings.catch_warnings():
        # A page's own fonts show what the one that measures lacks.
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(buffer, format="svg", metadata=nothing, transparent=True)
    return ET.fromstring(buffer.getvalue().decode())  # noqa: S314 our own


def _references(element: ET.Element) -> list[str]:
    """Return the names that an element refers to."""
    values = [element.attrib.get(_HREF, ""), element.attrib.get("clip-path", "")]
    return [name for value in values for name in _REFERENCE.findall(value[:100])]


def _tidy(element: ET.Element, used: set[str], key: str) -> None:
    """Leave out namespaces, unused names and digits; name colors by what they stand for."""
    element.tag = element.tag.rpartition("}")[2]
    given, element.attrib = dict(element.attrib), {}
    element.tail = None
    if element.text is not None and element.tag != "text":
        element.text = element.text.strip() or None
    for name, value in given.items():
        if name == "id":
            if value in used:
                element.attrib["id"] = f"{key}-{value}"
        elif name == _HREF:
            element.attrib["href"] = value.replace("#", f"#{key}-") if value[0] == "#" else value
        elif name == "clip-path":
            element.attrib[name] = value.replace("#", f"#{key}-")
        elif name == "style":
            style = _COLOR.sub(lambda c: _VARIABLE.get(c[0], c[0]), _USUAL.sub("", value))
            if style:
                element.attrib[name] = style
        elif name in _GEOMETRY:
            element.attrib[name] = _LONG_NUMBER.sub(lambda n: f"{float(n[0]):.1f}", value)
        else:
            element.attrib[name] = value


def _share_style(group: ET.Element) -> None:
    """Say once what thousands of markers share; they inherit it."""
    styles = {child.attrib.get("style") for child in group}
    if len(group) > 1 and len(styles) == 1 and {child.tag for child in group} == {"use"}:
        style = styles.pop()
        if style and "style" not in group.attrib:
            group.attrib["style"] = style
            for child in group:
                del child.attrib["style"]
