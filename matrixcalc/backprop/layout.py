"""Where the boxes of a drawing stand: in layers, after Sugiyama.

The labels of edges are boxes as well, so that nothing lies upon anything else. Edges are
straight within a layer, along its boxes, and bend only between two layers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from matrixcalc.errors import UnsupportedError

ACROSS, DOWN = 26.0, 36.0
"""Between two layers, from left to right and downwards."""

BETWEEN_BOXES = 26.0
PORTS = 16.0
"""The distance of two edges that end at the same side of a box."""

TIP = 9.0
"""The straight end of an edge, where its arrow is."""


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


Point = tuple[float, float]
Route = list[Point]
"""An even number of lines: straight and bent in turn, the first and the last straight."""


def arrange(
    boxes: Sequence[Box], edges: Sequence[tuple[int, int]], down: bool = False
) -> list[Route]:
    """Place the boxes, from left to right or ``down``; the route of each edge, box to box.

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
        # it draws from top to bottom, and so do we, turned back at the end
        vertex.view = _View(*((box.width, box.height) if down else (box.height, box.width)))
    links = [edge_type(vertices[a], vertices[b], data=k) for k, (a, b) in enumerate(edges)]
    for link in links:
        link.view = _Path()
    routes: list[Route] = [[] for _ in edges]
    offset = 0.0
    for part in Drawn(vertices, links).C:
        layout = SugiyamaLayout(part)
        layout.xspace, layout.yspace = BETWEEN_BOXES, DOWN if down else ACROSS
        layout.dw = layout.dh = PORTS  # the room for an edge that goes through a layer
        layout.route_edge = _keep_points
        layout.init_all(roots=[v for v in part.sV if not v.e_in()], optimize=True)
        layout.draw(8)
        views = {v.data: v.view for v in part.sV}
        own = {e.data: edges[e.data] for e in part.sE}
        shifts = _straightened(views, list(own.values()))
        start = min(view.left + shifts[_row(view.y)] for view in views.values())
        for view in views.values():
            view.x += shifts[_row(view.y)] + offset - start
        layers = _layers(views.values())
        ends = _ports(views, own)
        for link in part.sE:
            between = [
                (x + shifts.get(_row(y), 0.0) + offset - start, y)
                for x, y in link.view.points[1:-1]
            ]
            routes[link.data] = _route(ends[link.data], between, layers)
        offset = max(view.right for view in views.values()) + BETWEEN_BOXES
    for vertex, box in zip(vertices, boxes, strict=True):
        box.x, box.y = (vertex.view.x, vertex.view.y) if down else (vertex.view.y, vertex.view.x)
    return [[(x, y) if down else (y, x) for x, y in route] for route in routes]


def _number(part: Any) -> int:
    return hash(part.data)


class _View:
    """What the library asks of the drawing of a vertex: ``w`` across, ``h`` along the layers."""

    def __init__(self, w: float, h: float) -> None:
        self.w, self.h = w, h
        self.x = self.y = 0.0

    @property
    def xy(self) -> Point:
        return self.x, self.y

    @xy.setter
    def xy(self, place: Point) -> None:
        self.x, self.y = place

    @property
    def left(self) -> float:
        return self.x - self.w / 2

    @property
    def right(self) -> float:
        return self.x + self.w / 2


class _Path:
    """What the library asks of the drawing of an edge."""

    def __init__(self) -> None:
        self.points: Route = []

    def setpath(self, points: Route) -> None:
        self.points = list(points)


def _keep_points(edge: object, points: Route) -> None:
    """Edges are drawn by us, through the points that are found."""


def _row(y: float) -> float:
    """What tells a layer: the middle of it."""
    return round(y, 3)


def _straightened(views: dict[int, _View], edges: list[tuple[int, int]]) -> dict[float, float]:
    """How far each layer is moved, so that a chain of steps runs straight.

    The library puts a box in the middle below all that it comes from. Here the box with the
    most steps before it is put below the last of them, and its layer is moved as a whole.
    """
    parents: dict[int, list[int]] = defaultdict(list)
    for a, b in edges:
        parents[b].append(a)
    rows: dict[float, list[int]] = defaultdict(list)
    for k, view in views.items():
        rows[_row(view.y)].append(k)
    depth: dict[int, int] = {}
    shifts: dict[float, float] = {}
    before = 0.0
    for row in sorted(rows):
        wishes: dict[int, list[float]] = defaultdict(list)
        for k in rows[row]:
            above = [p for p in parents[k] if p in depth]
            depth[k] = 1 + max((depth[p] for p in above), default=0)
            last = [views[p] for p in above if depth[p] == depth[k] - 1]
            if last:
                places = [v.x + shifts[_row(v.y)] for v in last]
                wishes[depth[k]].append(sum(places) / len(places) - views[k].x)
        before = shifts[row] = median(wishes[max(wishes)]) if wishes else before
    return shifts


def _layers(views: Any) -> dict[float, float]:
    """By the middle of each layer, half of its extent."""
    found: dict[float, float] = defaultdict(float)
    for view in views:
        found[_row(view.y)] = max(found[_row(view.y)], view.h / 2)
    return found


def _ports(
    views: dict[int, _View], edges: dict[int, tuple[int, int]]
) -> dict[int, tuple[Point, Point]]:
    """Where each edge begins and ends, those on one side of a box beside each other."""
    sides: dict[tuple[int, bool], list[tuple[float, int]]] = defaultdict(list)
    for k, (a, b) in edges.items():
        sides[a, True].append((views[b].x, k))
        sides[b, False].append((views[a].x, k))
    found: dict[tuple[int, bool], Point] = {}
    for (box, out), others in sides.items():
        view, count = views[box], len(others)
        room = min(PORTS, (view.w - PORTS) / max(1, count - 1))
        for n, (_, k) in enumerate(sorted(others)):
            x = view.x + room * (n - (count - 1) / 2)
            found[k, out] = x, view.y + (view.h / 2 if out else -view.h / 2)
    return {k: (found[k, True], found[k, False]) for k in edges}


def _route(ends: tuple[Point, Point], between: Route, layers: dict[float, float]) -> Route:
    """Straight to the end of the layer, bent to the next one, straight through it, …"""
    (x0, y0), (x1, y1) = ends
    first, last = _layer_of(y0, layers), _layer_of(y1, layers)
    out = [(x0, y0), (x0, first + layers[first])]
    for x, y in between:
        half = layers.get(_row(y), 0.0)
        out += [(x, y - half), (x, y + half)]
    return [*out, (x1, last - layers[last] - TIP), (x1, y1)]


def _layer_of(y: float, layers: dict[float, float]) -> float:
    """The layer that a place is in."""
    return next(m for m, half in layers.items() if abs(y - m) <= half + 1)
