"""A graph as text: forwards, then backwards."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Any

from matrixcalc.printers.text import to_text

if TYPE_CHECKING:
    from matrixcalc.backprop.network import Graph, Node
    from matrixcalc.expr import Expr


def numbers(value: Any, digits: int = 6) -> str:
    """An array as nested lists, rounded.

    >>> import numpy
    >>> numbers(numpy.array([[0.22], [0.26]])), numbers(numpy.array(0.1160000001))
    ('[0.22, 0.26]', '0.116')
    """
    if value.ndim == 2 and 1 in value.shape:
        value = value.reshape(-1)
    if value.ndim == 0:
        return f"{float(value) + 0.0:.{digits}g}"
    return "[" + ", ".join(numbers(row, digits) for row in value) + "]"


def bare(e: Expr) -> str:
    """The text, in which what flows in, ``(∂f/∂q)``, has no parentheses that it does not need."""
    text = _TWICE.sub(r"(\1)", to_text(e))
    return text[1:-1] if e.op == "sym" and text[0] == "(" else text


_TWICE = re.compile(r"\(\((∂[^()]*)\)\)")


def listing(graph: Graph) -> str:
    """The nodes with shapes, then the gradients with local derivatives and reasons."""
    out = ["forwards"]
    rows = [_forward(n) for n in graph.nodes]
    out += [f"  {line}" for line in _columns(rows)]
    out += ["", "backwards"]
    if graph.scalar != graph.output.name:
        note = f"{graph.scalar} is any scalar that is computed from {graph.output.name}"
        out.append(f"  ({note}, and {graph.output.gradient_name} its gradient)")
    for node in reversed(graph.nodes):
        if node.gradient is None:
            continue
        out += _backward(graph, node)
    return "\n".join(out)


def _forward(node: Node) -> tuple[str, ...]:
    head = node.name if node.formula is None else f"{node.name} = {to_text(node.formula)}"
    value = "" if node.value is None else f"= {numbers(node.value)}"
    return head, node.shape, value


def _backward(graph: Graph, node: Node) -> list[str]:
    assert node.gradient is not None
    name = f"∂{graph.scalar}/∂{node.name}"
    text = bare(node.gradient)
    value = "" if node.gradient_value is None else f" = {numbers(node.gradient_value)}"
    same = value.strip(" =") == text
    out = [f"  {name} = {text}{'' if same else value}    {node.shape}"]
    for edge in node.outgoing:
        kind = "  (problem-dependent)" if edge.problem_dependent else ""
        out.append(f"      local: {edge.left} = {edge.local}{kind}")
        if edge.formula is not None and graph.node(edge.node) is not graph.output:
            out.append(f"      flows back: {bare(edge.formula)}")
        if edge.why:
            out += textwrap.wrap(
                f"why: {edge.why}", 96, initial_indent=" " * 6, subsequent_indent=" " * 11
            )
    return out


def _columns(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(c) for c in column) for column in zip(*rows, strict=True)]
    return [
        "   ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def to_dict(graph: Graph) -> dict[str, Any]:
    """The nodes and edges, ready for JSON; the nodes in the order of computation."""
    return {
        "scalar": graph.scalar,
        "output": graph.output.name,
        "nodes": [
            {
                "name": n.name,
                "kind": n.kind,
                "shape": n.shape,
                "formula": _text(n.formula),
                "gradient": _text(n.gradient),
                "value": _plain(n.value),
                "gradient_value": _plain(n.gradient_value),
            }
            for n in graph.nodes
        ],
        "edges": [
            {
                "from": e.operand,
                "to": e.node,
                "local": {"left": e.left, "right": e.local},
                "problem_dependent": e.problem_dependent,
                "flows_back": _text(e.formula),
                "why": e.why,
            }
            for n in graph.nodes
            for e in n.incoming
        ],
    }


def _text(e: Expr | None) -> str | None:
    return None if e is None else bare(e)


def _plain(value: Any) -> Any:
    return None if value is None else value.tolist()
