"""A graph as an SVG picture: values in blue, gradients in red, local derivatives between."""

from __future__ import annotations

from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

from matrixcalc.backprop.labels import edge_label, gradient_line, head, short
from matrixcalc.backprop.layout import Box, Route, arrange
from matrixcalc.backprop.listing import numbers

if TYPE_CHECKING:
    from matrixcalc.backprop.network import Edge, Graph, Node

FONT = "'DejaVu Sans Mono', Menlo, Consolas, monospace"
SIZE, SMALL = 14.0, 12.0
WIDE = 0.615
"""Width of a letter, in sizes of the font."""

LINE = 19.0
PAD = 11.0
MARGIN = 16.0

_STYLE = f"""
  text {{ font-family: {FONT}; font-size: {SIZE:g}px; fill: #1f2430; }}
  .shape {{ fill: #6b7280; font-size: {SMALL:g}px; }}
  .value {{ fill: #1d4ed8; font-size: {SMALL:g}px; }}
  .gradient {{ fill: #b91c1c; font-size: {SMALL:g}px; }}
  .local {{ fill: #374151; font-size: {SMALL:g}px; }}
  .node {{ fill: #f8fafc; stroke: #475569; stroke-width: 1.3; }}
  .input {{ fill: #eef6ee; stroke: #3f7d4e; stroke-width: 1.3; }}
  .output {{ fill: #fff7e6; stroke: #b7791f; stroke-width: 1.6; }}
  .edge {{ fill: none; stroke: #64748b; stroke-width: 1.3; }}
  .paper {{ fill: #ffffff; }}
"""

Line = tuple[str, str, str]
"""Class, text as it is shown, text in full."""


def svg(graph: Graph) -> str:
    """The picture, as text."""
    nodes = {n.name: k for k, n in enumerate(graph.nodes)}
    lines = [_lines(graph, n) for n in graph.nodes]
    boxes = [_box(ls) for ls in lines]
    links: list[tuple[int, int]] = []
    labels: list[tuple[int, Edge]] = []
    for node in graph.nodes:
        for edge in node.incoming:
            text = edge_label(edge)
            start, end = nodes[edge.operand], nodes[edge.node]
            if not text:
                links.append((start, end))
                continue
            boxes.append(Box(len(text) * SMALL * WIDE + 10, LINE + 4))
            labels.append((len(boxes) - 1, edge))
            links += [(start, len(boxes) - 1), (len(boxes) - 1, end)]
    routes = arrange(boxes, links)
    left = min(b.left for b in boxes) - MARGIN
    top = min(b.top for b in boxes) - MARGIN
    width = max(b.right for b in boxes) + MARGIN - left
    height = max(b.bottom for b in boxes) + MARGIN - top
    tips = {k for k, _ in labels}
    body = [_edge(r, into_label=b in tips) for r, (_, b) in zip(routes, links, strict=True)]
    body += [_label(boxes[k], edge) for k, edge in labels]
    body += [
        _node(graph, n, boxes[k], lines[k]) for k, n in enumerate(graph.nodes)
    ]
    title = escape(f"computational graph of {graph.output.name}")
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width:.0f}" '
            f'height="{height:.0f}" viewBox="{left:.1f} {top:.1f} {width:.1f} {height:.1f}">',
            f"<title>{title}</title>",
            f"<style>{_STYLE}</style>",
            '<defs><marker id="mc-tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" '
            'markerHeight="7" orient="auto"><path d="M0,0 L10,5 L0,10 z" fill="#64748b"/>'
            "</marker></defs>",
            f'<rect class="paper" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" '
            f'height="{height:.1f}"/>',
            *body,
            "</svg>",
        ]
    )


def _lines(graph: Graph, node: Node) -> list[Line]:
    title = head(node)
    out: list[Line] = [("name", short(title), title)]
    if node.value is not None:
        value = f"= {numbers(node.value, 4)}"
        out.append(("value", short(value), value))
    gradient = gradient_line(graph, node)
    if gradient:
        out.append(("gradient", short(gradient), gradient))
    if node.gradient_value is not None and node is not graph.output:
        value = f"= {numbers(node.gradient_value, 4)}"
        out.append(("gradient", short(value), value))
    return [("shape", node.shape, node.shape), *out]


def _width(kind: str, text: str) -> float:
    return len(text) * WIDE * (SIZE if kind == "name" else SMALL)


def _box(lines: list[Line]) -> Box:
    shape = _width(*lines[0][:2])
    rest = [_width(kind, text) for kind, text, _ in lines[1:]]
    rest[0] += shape + 14
    return Box(max(rest) + 2 * PAD, LINE * (len(lines) - 1) + 2 * PAD - 4)


def _node(graph: Graph, node: Node, box: Box, lines: list[Line]) -> str:
    kind = "input" if node.formula is None else "output" if node is graph.output else "node"
    radius = 14 if kind == "input" else 5
    out = [
        f'<g><rect class="{kind}" x="{box.left:.1f}" y="{box.top:.1f}" rx="{radius}" '
        f'width="{box.width:.1f}" height="{box.height:.1f}"/>'
    ]
    for n, (style, text, full) in enumerate(lines[1:]):
        y = box.top + PAD + LINE * n + 11
        out.append(_text(box.left + PAD, y, style, text, full))
    style, text, full = lines[0]
    y = box.top + PAD + 11
    out.append(_text(box.right - PAD, y, style, text, full, 'text-anchor="end" '))
    return "".join(out) + "</g>"


def _text(x: float, y: float, style: str, text: str, full: str, more: str = "") -> str:
    hover = f"<title>{escape(full)}</title>" if full != text else ""
    return f'<text {more}class="{style}" x="{x:.1f}" y="{y:.1f}">{hover}{escape(text)}</text>'


def _label(box: Box, edge: Edge) -> str:
    text = edge_label(edge)
    full = f"{edge.left} = {edge.local}"
    paper = (
        f'<rect class="paper" x="{box.left:.1f}" y="{box.top:.1f}" '
        f'width="{box.width:.1f}" height="{box.height:.1f}"/>'
    )
    return paper + _text(box.x, box.y + 4.5, "local", text, full, 'text-anchor="middle" ')


def _edge(route: Route, into_label: bool) -> str:
    """A smooth curve through the points of a route, level at both ends."""
    path = f"M{route[0][0]:.1f},{route[0][1]:.1f}"
    for (x0, y0), (x1, y1) in pairwise(route):
        bend = (x1 - x0) / 2
        path += f" C{x0 + bend:.1f},{y0:.1f} {x1 - bend:.1f},{y1:.1f} {x1:.1f},{y1:.1f}"
    tip = "" if into_label else ' marker-end="url(#mc-tip)"'
    return f'<path class="edge" d="{path}"{tip}/>'
