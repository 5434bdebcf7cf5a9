"""A customer's identifiers as a picture: a tree from left to right, in SVG on its own.

It needs no font or script of others, and has colours for light and dark screens.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from xml.etree import ElementTree as Xml

from msgspec import Struct

from legato.cli.format.identity import kind_of_proof
from legato.cli.format.output import moment
from legato.core.identity.device_logins import latest_login
from legato.core.identity.events import Evidence, IdentifierLinked
from legato.core.values.time import Instant
from legato.queries.identity_cluster import Cluster, Identifier


class Edge(Struct, frozen=True):
    """A link of an identifier to another, or to the customer; without evidence if too old."""

    child: str
    parent: str
    evidence: Evidence | None = None
    time: Instant | None = None


def edges_of(cluster: Cluster) -> dict[str, Edge]:
    """Name for each identifier but the customer's own where it leads: a tree."""
    linked = {
        told.identifier: told for told in cluster.log if isinstance(told, IdentifierLinked)
    }
    return {
        each.name: _edge(cluster, each, linked.get(each.name))
        for each in cluster.identifiers
        if each.name != cluster.customer_id
    }


def _edge(cluster: Cluster, each: Identifier, told: IdentifierLinked | None) -> Edge:
    claim = latest_login(each.claims)
    parent = told.customer_id if told is not None else ""
    if claim is not None:
        parent = claim.by
    if parent not in cluster.names or parent >= each.name:
        parent = cluster.customer_id
    if told is None:
        return Edge(each.name, parent, time=each.since)
    return Edge(each.name, parent, told.evidence, told.time)


WIDTH, HEIGHT = 270, 56
GAP, BEND, BETWEEN = 220, 80, 18
MARGIN, HEAD = 32, 44
NARROWEST = 400
LONGEST = {"head": 60, "small": 20}
"""Letters that fit; of a value 32, but the whole value is in its tooltip."""

STYLE = """
text { font-family: system-ui, sans-serif; fill: #1b1f24; font-size: 14px; }
.paper { fill: #ffffff; } .band { fill: #eef1f4; }
.box { fill: #ffffff; stroke: #57606a; stroke-width: 1.2; }
.customer { stroke: #0b6bcb; stroke-width: 2.4; } .gone { stroke-dasharray: 5 4; }
.kind { fill: #0b5cad; font-size: 11px; font-weight: 600; letter-spacing: .04em; }
.small { fill: #57606a; font-size: 11px; } .head { font-weight: 600; }
.link { fill: none; stroke: #8c959f; stroke-width: 1.4; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; } .paper { fill: #0d1117; } .band { fill: #161b22; }
.box { fill: #0d1117; stroke: #8b949e; } .customer { stroke: #58a6ff; }
.kind { fill: #79c0ff; } .small { fill: #9198a1; } .link { stroke: #6e7681; }
}
"""
_STRANGE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What may not stand in XML, even escaped."""


class Box(Struct):
    """An identifier in its place; `edge` leads to it, `below` are those that lead to it."""

    name: str
    kind: str
    label: str
    note: str
    style: str = "box"
    edge: Edge | None = None
    below: list[Box] = []
    x: int = 0
    y: int = 0


def cluster_svg(cluster: Cluster) -> str:
    """Draw a customer; all text is escaped."""
    root = _tree(cluster)
    bottom = _place(root, 0, HEAD + MARGIN)
    boxes = [*_all(root)]
    width = max(NARROWEST, max(box.x for box in boxes) + WIDTH + MARGIN)
    size = {"width": str(width), "height": str(bottom + MARGIN - BETWEEN)}
    view = f"0 0 {width} {bottom + MARGIN - BETWEEN}"
    xmlns = "http://www.w3.org/2000/svg"
    svg = Xml.Element("svg", {"xmlns": xmlns, "viewBox": view, "role": "img", **size})
    _add(svg, "title", f"customer {cluster.customer_id}")
    _add(svg, "style", STYLE)
    _add(svg, "rect", cls="paper", width="100%", height="100%")
    _text(svg, "head", MARGIN, HEAD, f"customer {cluster.customer_id}")
    for box in boxes:
        _draw_below(svg, box)
    for box in boxes:
        _draw_box(svg, box)
    return Xml.tostring(svg, encoding="unicode")


def _tree(cluster: Cluster) -> Box:
    """Hang each identifier below the one that it leads to."""
    edges = edges_of(cluster)
    boxes = {each.name: _box(each, edges.get(each.name)) for each in cluster.identifiers}
    name = cluster.customer_id
    root = boxes.setdefault(name, Box(name, "customer", name, ""))
    root.style = "box customer"
    for told in cluster.former:
        gone = "split off" if told.reason == "asked" else "blocked"
        edge = Edge(told.identifier, name, time=told.time)
        kind, _, label = cluster.call(told.identifier, told.type).partition(" ")
        root.below.append(Box(told.identifier, kind, label, gone, "box gone", edge))
    for edge in edges.values():
        boxes[edge.parent].below.append(boxes[edge.child])
    for box in boxes.values():
        box.below.sort(key=lambda each: each.name)
    return root


def _box(each: Identifier, edge: Edge | None) -> Box:
    note = "blocked" if each.blocked else ""
    if len(each.claims) > 1:
        note = f"{len(each.claims)} claims"
    return Box(each.name, each.type, each.label, note, edge=edge)


def _place(box: Box, depth: int, top: int) -> int:
    """Give a box and all below it their places; return where the next may begin."""
    box.x = MARGIN + depth * (WIDTH + GAP)
    below = top
    for child in box.below:
        below = _place(child, depth + 1, below)
    box.y = (top + below - BETWEEN - HEIGHT) // 2 if box.below else top
    return max(below, top + HEIGHT + BETWEEN)


def _all(box: Box) -> Iterator[Box]:
    yield box
    for child in box.below:
        yield from _all(child)


def _draw_below(svg: Xml.Element, parent: Box) -> None:
    """Draw a band around those of one type, and the links that lead to them."""
    for _, group in groupby(parent.below, key=lambda child: child.kind):
        same = list(group)
        if len(same) > 1:
            high = same[-1].y - same[0].y + HEIGHT + 12
            _rect(svg, "band", same[0].x - 6, same[0].y - 6, WIDTH + 12, high)
    for child in parent.below:
        x, y = parent.x + WIDTH, parent.y + HEIGHT // 2
        to, half = child.y + HEIGHT // 2, x + BEND // 2
        style = "link gone" if "gone" in child.style else "link"
        path = f"M{x},{y} C{half},{y} {half},{to} {x + BEND},{to} H{child.x}"
        _add(svg, "path", cls=style, d=path)


def _draw_box(svg: Xml.Element, box: Box) -> None:
    group = _add(svg, "g")
    _add(group, "title", f"{box.kind} {box.label} ({box.name})")
    _rect(group, box.style, box.x, box.y, WIDTH, HEIGHT)
    kind = f"{box.kind}, {box.note}" if box.note else box.kind
    _text(group, "kind", box.x + 14, box.y + 22, kind)
    _text(group, "", box.x + 14, box.y + 42, box.label)
    if box.edge is not None:
        middle = box.y + HEIGHT // 2
        for line, height in zip(_proof(box.edge), (-7, 14), strict=False):
            _text(group, "small", box.x - 12, middle + height, line, anchor="end")


def _proof(edge: Edge) -> Iterator[str]:
    """Say what proved a link, above its line, and when, below."""
    yield "" if edge.evidence is None else kind_of_proof(edge.evidence)
    yield "" if edge.time is None else moment(edge.time)[:-3]


def _text(
    parent: Xml.Element, style: str, x: int, y: int, text: str, anchor: str = "start"
) -> None:
    at = {"x": str(x), "y": str(y), "text-anchor": anchor}
    most = LONGEST.get(style, 32)
    short = text if len(text) <= most else f"{text[: most - 1]}…"
    _add(parent, "text", short, cls=style, **at)


def _rect(parent: Xml.Element, style: str, x: int, y: int, width: int, height: int) -> None:
    size = {"width": str(width), "height": str(height), "rx": "8"}
    _add(parent, "rect", cls=style, x=str(x), y=str(y), **size)


def _add(
    parent: Xml.Element, tag: str, text: str = "", cls: str = "", **attributes: str
) -> Xml.Element:
    """Add an element; the writer escapes what is to be escaped."""
    made = Xml.SubElement(parent, tag, {"class": cls, **attributes} if cls else attributes)
    made.text = _STRANGE.sub("\ufffd", text) or None
    return made
