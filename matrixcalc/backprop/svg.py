"""A graph as an SVG picture: values in blue, gradients in red, local derivatives between."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

from matrixcalc.backprop.labels import COLOURS, edge_label, gradient_line, head, part_of, short
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
  .matrixcalc-graph text {{ font-family: {FONT}; font-size: {SIZE:g}px; fill: #1f2430; }}
  .matrixcalc-graph .shape {{ fill: #6b7280; font-size: {SMALL:g}px; }}
  .matrixcalc-graph .value {{ fill: #1d4ed8; font-size: {SMALL:g}px; }}
  .matrixcalc-graph .gradient {{ fill: #b91c1c; font-size: {SMALL:g}px; }}
  .matrixcalc-graph .local {{ fill: #374151; font-size: {SMALL:g}px; }}
  .matrixcalc-graph .edge {{ fill: none; stroke: #64748b; stroke-width: 1.3; }}
  .matrixcalc-graph .paper {{ fill: #ffffff; }}
""" + "".join(
    f"  .matrixcalc-graph .{part} {{ fill: {fill}; stroke: {line}; stroke-width: 1.4; }}\n"
    for part, (fill, line) in COLOURS.items()
)

MOST_ACROSS = 1000.0
"""The widest picture that goes from left to right; a wider one goes down, if that is narrower."""

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
    routes, down = _placed(boxes, links)
    keys = _legend(graph)
    xs = [x for b in boxes for x in (b.left, b.right)] + [x for r in routes for x, _ in r]
    ys = [y for b in boxes for y in (b.top, b.bottom)] + [y for r in routes for _, y in r]
    left, top, below = min(xs) - MARGIN, min(ys) - MARGIN, max(ys) + MARGIN
    width = max(*xs, left + MARGIN + sum(k[2] for k in keys)) + MARGIN - left
    height = below + LINE + 4 - top
    tips = {k for k, _ in labels}
    body = [
        _edge(route, down, into_label=b in tips)
        for route, (_, b) in zip(routes, links, strict=True)
    ]
    body += [_label(boxes[k], edge) for k, edge in labels]
    body += [_node(graph, n, boxes[k], lines[k]) for k, n in enumerate(graph.nodes)]
    body += _drawn_legend(keys, left + MARGIN, below + LINE / 2)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="matrixcalc-graph" role="img" '
            f'width="{width:.0f}" height="{height:.0f}" style="max-width: 100%; height: auto" '
            f'viewBox="{left:.1f} {top:.1f} {width:.1f} {height:.1f}">',
            f"<title>{escape(_title(graph))}</title>",
            f"<desc>{escape(_description(graph))}</desc>",
            f"<style>{_STYLE}</style>",
            '<defs><marker id="matrixcalc-tip" viewBox="0 0 10 10" refX="9" refY="5" '
            'markerWidth="7" markerHeight="7" orient="auto">'
            '<path d="M0,0 L10,5 L0,10 z" fill="#64748b"/></marker></defs>',
            f'<rect class="paper" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" '
            f'height="{height:.1f}"/>',
            *body,
            "</svg>",
        ]
    )


def _placed(boxes: list[Box], links: list[tuple[int, int]]) -> tuple[list[Route], bool]:
    """The boxes placed from left to right, or downwards where that would be too wide."""
    routes = arrange(boxes, links)
    across = _width_of(boxes)
    if across <= MOST_ACROSS:
        return routes, False
    copies = [replace(b) for b in boxes]
    downwards = arrange(copies, links, down=True)
    if _width_of(copies) >= across:
        return routes, False
    for box, copy in zip(boxes, copies, strict=True):
        box.x, box.y = copy.x, copy.y
    return downwards, True


def _width_of(boxes: list[Box]) -> float:
    return max(b.right for b in boxes) - min(b.left for b in boxes)


def _title(graph: Graph) -> str:
    return f"computational graph of {graph.output.name}"


def _description(graph: Graph) -> str:
    """What is to be seen, for those who cannot see it."""
    steps = "; ".join(head(n) for n in graph.nodes if n.formula is not None)
    gradients = "; ".join(gradient_line(graph, n) for n in graph.inputs if n.gradient is not None)
    return f"{steps}. Gradients: {gradients}."


def _legend(graph: Graph) -> list[tuple[str, str, float]]:
    """Class, words and width of what is explained below the picture."""
    words = [("input", "variable"), ("node", "step"), ("output", "result")]
    if any(n.value is not None for n in graph.nodes):
        words.append(("value", "value"))
    words += [("gradient", "gradient"), ("local", "on an edge: local derivative")]
    return [(k, w, len(w) * SMALL * WIDE + (20 if k in COLOURS else 0) + 20) for k, w in words]


def _drawn_legend(keys: list[tuple[str, str, float]], x: float, y: float) -> list[str]:
    out: list[str] = []
    for style, words, width in keys:
        start = x
        if style in COLOURS:
            radius = 5 if style == "input" else 2
            out.append(
                f'<path class="{style}" d="M{x + radius:.1f},{y - 6:.1f} h{14 - 2 * radius} '
                f"a{radius},{radius} 0 0 1 {radius},{radius} v{11 - 2 * radius} "
                f"a{radius},{radius} 0 0 1 -{radius},{radius} h-{14 - 2 * radius} "
                f"a{radius},{radius} 0 0 1 -{radius},-{radius} v-{11 - 2 * radius} "
                f'a{radius},{radius} 0 0 1 {radius},-{radius} z"/>'
            )
            start += 20
            style = "shape"
        out.append(_text(start, y + 4, style, words, words))
        x += width
    return out


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
    kind = part_of(graph, node)
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


def _edge(route: Route, down: bool, into_label: bool) -> str:
    """Straight and bent lines in turn, along the layers at both ends of a bend."""
    path = f"M{route[0][0]:.1f},{route[0][1]:.1f}"
    for n, ((x0, y0), (x1, y1)) in enumerate(pairwise(route)):
        bend = ((y1 - y0) if down else (x1 - x0)) / 2
        if n % 2 == 0:
            path += f" L{x1:.1f},{y1:.1f}"
        elif down:
            path += f" C{x0:.1f},{y0 + bend:.1f} {x1:.1f},{y1 - bend:.1f} {x1:.1f},{y1:.1f}"
        else:
            path += f" C{x0 + bend:.1f},{y0:.1f} {x1 - bend:.1f},{y1:.1f} {x1:.1f},{y1:.1f}"
    tip = "" if into_label else ' marker-end="url(#matrixcalc-tip)"'
    return f'<path class="edge" d="{path}"{tip}/>'
