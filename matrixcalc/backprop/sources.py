"""A graph in the languages of Mermaid and of Graphviz."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matrixcalc.backprop.labels import COLOURS, edge_label, node_lines, part_of

if TYPE_CHECKING:
    from matrixcalc.backprop.network import Graph


def mermaid(graph: Graph) -> str:
    """The graph as a Mermaid flowchart.

    >>> from matrixcalc.backprop import graph
    >>> print(mermaid(graph("q = a*x")).splitlines()[0])
    flowchart LR
    """
    out = ["flowchart LR"]
    ids = {n.name: f"n{k}" for k, n in enumerate(graph.nodes)}
    for node in graph.nodes:
        text = "<br/>".join(_entities(line) for line in node_lines(graph, node))
        left, right = ("([", "])") if node.formula is None else ("[", "]")
        out.append(f'    {ids[node.name]}{left}"{text}"{right}')
    for node in graph.nodes:
        for edge in node.incoming:
            label = _entities(edge_label(edge))
            arrow = f'-- "{label}" -->' if label else "-->"
            out.append(f"    {ids[edge.operand]} {arrow} {ids[edge.node]}")
    for part, (fill, line) in COLOURS.items():
        members = [ids[n.name] for n in graph.nodes if part_of(graph, n) == part]
        if members:
            out.append(f"    classDef {part} fill:{fill},stroke:{line},color:#1f2430")
            out.append(f"    class {','.join(members)} {part}")
    return "\n".join(out) + "\n"


def _entities(text: str) -> str:
    """Marks that Mermaid or HTML would read as their own."""
    table = {"&": "#amp;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "*": "#42;", "_": "#95;"}
    text = text.replace("#", "#35;")
    return "".join(table.get(mark, mark) for mark in text)


def dot(graph: Graph) -> str:
    """The graph in the DOT language."""
    out = [
        "digraph backpropagation {",
        "    rankdir=LR;",
        '    node [shape=box, style="rounded,filled", fontname="monospace"];',
        '    edge [fontname="monospace"];',
    ]
    ids = {n.name: f"n{k}" for k, n in enumerate(graph.nodes)}
    for node in graph.nodes:
        text = "\\n".join(_quoted(line) for line in node_lines(graph, node))
        fill, line = COLOURS[part_of(graph, node)]
        out.append(
            f'    {ids[node.name]} [label="{text}", fillcolor="{fill}", color="{line}"];'
        )
    for node in graph.nodes:
        for edge in node.incoming:
            label = _quoted(edge_label(edge))
            out.append(f'    {ids[edge.operand]} -> {ids[edge.node]} [label="{label}"];')
    return "\n".join([*out, "}"]) + "\n"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
