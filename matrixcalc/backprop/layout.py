"""Where the boxes of a drawing stand: layers from left to right, after Sugiyama.

The labels of edges are boxes as well, so that nothing lies upon anything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matrixcalc.errors import UnsupportedError

BETWEEN_LAYERS = 46.0
BETWEEN_BOXES = 26.0


@dataclass
class Box:
    """A rectangle; ``x`` and ``y`` are its middle."""

    width: float
    height: float
    x: float = 0.0
    y: float = 0.0

    @property
    def left(self) -> float:
        return self.x - self.width / 2

    @property
    def right(self) -> float:
        return self.x + self.width / 2

    @property
    def top(self) -> float:
        return self.y - self.height / 2

    @property
    def bottom(self) -> float:
        return self.y + self.height / 2


Route = list[tuple[float, float]]


def arrange(boxes: Sequence[Box], edges: Sequence[tuple[int, int]]) -> list[Route]:
    """Place the boxes; the points that each edge runs through, box to box.

    Raises UnsupportedError where the library for it is not installed.
    """
    try:
        from grandalf.graphs import Edge, Vertex
        from grandalf.graphs import Graph as Drawn
        from grandalf.layouts import SugiyamaLayout
    except ImportError:
        raise UnsupportedError(
            "a drawing needs the library grandalf",
            hint="install it with: pip install 'matrixcalc-engine[graph]'",
        ) from None
    # the library walks through sets: with hashes of their own the order is always the same
    vertex_type = type("Numbered", (Vertex,), {"__hash__": _number})
    edge_type = type("Numbered", (Edge,), {"__hash__": _number})
    vertices = [vertex_type(k) for k in range(len(boxes))]
    for vertex, box in zip(vertices, boxes, strict=True):
        vertex.view = Box(box.height, box.width)  # it draws from top to bottom
        vertex.view.w, vertex.view.h = box.height, box.width
        vertex.view.xy = (0.0, 0.0)
    links = [
        edge_type(vertices[a], vertices[b], data=k) for k, (a, b) in enumerate(edges)
    ]
    for link in links:
        link.view = _Path()
    offset = 0.0
    for part in Drawn(vertices, links).C:
        layout = SugiyamaLayout(part)
        layout.xspace, layout.yspace = BETWEEN_BOXES, BETWEEN_LAYERS
        layout.route_edge = _keep_points
        layout.init_all(roots=[v for v in part.sV if not v.e_in()], optimize=True)
        layout.draw(8)
        own = [boxes[v.data] for v in part.sV]
        for v in part.sV:
            boxes[v.data].x, boxes[v.data].y = v.view.xy[1], v.view.xy[0]
        shift = offset - min(b.top for b in own)
        for b in own:
            b.y += shift
        for link in part.sE:
            link.view.points = [(y, x + shift) for x, y in link.view.points]
        offset = max(b.bottom for b in own) + BETWEEN_BOXES
    return [
        [(boxes[a].right, boxes[a].y), *link.view.points[1:-1], (boxes[b].left, boxes[b].y)]
        for (a, b), link in zip(edges, links, strict=True)
    ]


def _number(part: Any) -> int:
    return hash(part.data)


class _Path:
    """What the library asks of the drawing of an edge."""

    def __init__(self) -> None:
        self.points: Route = []

    def setpath(self, points: Route) -> None:
        self.points = list(points)


def _keep_points(edge: object, points: Route) -> None:
    """Edges are drawn by us, through the points that are found."""
