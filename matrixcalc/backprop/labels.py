"""The words that stand in and beside the nodes of a drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matrixcalc.backprop.listing import bare, numbers
from matrixcalc.printers.text import to_text

if TYPE_CHECKING:
    from matrixcalc.backprop.network import Edge, Graph, Node

LONGEST = 44
"""The longest line, in characters; what is longer is cut, and told in full on hovering."""


COLOURS = {
    "input": ("#eef6ee", "#3f7d4e"),
    "node": ("#f8fafc", "#475569"),
    "output": ("#fff7e6", "#b7791f"),
}
"""Inside and border of a variable, a step and the result."""


def part_of(graph: Graph, node: Node) -> str:
    """Which of the colours a node has."""
    if node.formula is None:
        return "input"
    return "output" if node is graph.output else "node"


def short(text: str, longest: int = LONGEST) -> str:
    """The text, cut where it is too long.

    >>> short("abcdef", 4)
    'abc…'
    """
    return text if len(text) <= longest else text[: longest - 1] + "…"


def head(node: Node) -> str:
    """The name with the formula and the shape."""
    formula = "" if node.formula is None else f" = {to_text(node.formula)}"
    return f"{node.name}{formula}"


def gradient_line(graph: Graph, node: Node) -> str:
    """The gradient, as in ``∂f/∂q = 2*q``; ``""`` where there is none."""
    if node.gradient is None:
        return ""
    return f"∂{graph.scalar}/∂{node.name} = {bare(node.gradient)}"


def node_lines(graph: Graph, node: Node) -> list[str]:
    """The lines within a node: what it is, its value, its gradient and the value of that."""
    lines = [f"{short(head(node))}  ({node.shape})"]
    if node.value is not None:
        lines.append(short(f"= {numbers(node.value, 4)}"))
    line = gradient_line(graph, node)
    if line:
        lines.append(short(line))
    if node.gradient_value is not None and node is not graph.output:
        lines.append(short(f"= {numbers(node.gradient_value, 4)}"))
    return lines


def edge_label(edge: Edge) -> str:
    """The local derivative along an edge."""
    return short(f"{edge.left} = {edge.local}", 36) if edge.local else ""
