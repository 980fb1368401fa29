"""The computational graph of a function, with gradients that flow back through it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from matrixcalc import build, engine
from matrixcalc.backprop.flow import factored, local, named, pulled
from matrixcalc.backprop.shape_rule import sizes, why
from matrixcalc.backprop.splitting import Split, split
from matrixcalc.claims import Claim, Verification, placement
from matrixcalc.errors import MatrixCalcError, UnknownNameError, UnsupportedError
from matrixcalc.expr import Expr, symbols
from matrixcalc.infer import names_of
from matrixcalc.notation import plain
from matrixcalc.printers.index import axis_names
from matrixcalc.simplify import simplify_sum
from matrixcalc.templates import substitute

LONG = 5
"""The longest gradient that is written out in the gradients before it."""


@dataclass
class Edge:
    """From an operand to a node that uses it.

    Attributes:
        operand, node: their names.
        left: the local derivative's name, such as ``∂q/∂x``; local: its text.
        problem_dependent: whether the local derivative has more than two indices; then it
            is in index form.
        formula: what flows back along the edge, in terms of what flows into the node, as
            in ``(∂f/∂q)*x'``; None where matrix notation has none.
        contribution: the same with that written out, ``2*q*x'``.
        why: the shape rule, in words.
    """

    operand: str
    node: str
    left: str
    local: str
    problem_dependent: bool
    formula: Expr | None
    contribution: Expr | None
    why: str = ""


@dataclass
class Node:
    """A variable, or a step of the computation.

    Attributes:
        name, shape: such as ``q`` and ``n×1``; kind: ``"vector"``.
        formula: what it is computed from, or None for a variable.
        gradient: the derivative of the function by it, in its shape; None where it is
            not asked for.
        gradient_name: such as ``∂f/∂q``, or a shorter name used by what comes before it.
        value, gradient_value: arrays, where values were given.
    """

    name: str
    symbol: Expr
    formula: Expr | None
    gradient: Expr | None = None
    gradient_name: str = ""
    value: Any = None
    gradient_value: Any = None
    incoming: list[Edge] = field(default_factory=list)
    outgoing: list[Edge] = field(default_factory=list)

    @property
    def shape(self) -> str:
        return sizes(self.symbol)

    @property
    def kind(self) -> str:
        return self.symbol.kind


class Graph:
    """A computational graph: nodes in the order of computation.

    ``str`` gives it as text; :meth:`svg`, :meth:`mermaid` and :meth:`dot` as pictures. In
    a notebook it is drawn.
    """

    def __init__(self, parts: Split, wrt: Sequence[str] | None) -> None:
        self.text_given = parts.text
        self.function = parts.function
        inputs = [Node(s.name, s, None) for s in parts.inputs]
        steps = [Node(p.symbol.name, p.symbol, p.formula) for p in parts.parts]
        self.nodes = [*inputs, *steps]
        self.by_name = {n.name: n for n in self.nodes}
        for name in wrt or ():
            if name not in self.by_name:
                raise UnknownNameError(
                    f"no variable {name!r} in the graph",
                    hint=f"its nodes are {', '.join(self.by_name)}",
                    text=parts.text,
                )
        self.wrt = tuple(wrt) if wrt else tuple(n.name for n in inputs)
        self.values: dict[str, Any] = {}
        self._formulas = {p.formula: p.symbol for p in parts.parts if p.formula.op != "sym"}
        self._flows: set[Expr] = set()
        self._backwards()

    @property
    def output(self) -> Node:
        """The last node: the function."""
        return self.nodes[-1]

    @property
    def inputs(self) -> list[Node]:
        return [n for n in self.nodes if n.formula is None]

    def node(self, name: str) -> Node:
        return self.by_name[name]

    @cached_property
    def scalar(self) -> str:
        """The name of the scalar whose gradient it is: the function, or what comes after it."""
        if self.output.symbol.is_scalar:
            return self.output.name
        return next(n for n in ("L", "E", "L_0", "E_0") if n not in self.by_name)

    @cached_property
    def _upstream(self) -> Expr | None:
        """What flows into the last node, where it is no number."""
        if self.output.symbol.is_scalar:
            return None
        name = "G"
        while name in self.by_name:
            name += "_"
        return build.sym(name, self.output.symbol.shape)

    # gradients

    def _backwards(self) -> None:
        asked = {self.by_name[name].symbol for name in self.wrt}
        last = self.output
        last.gradient = self._upstream or build.UNIT
        last.gradient_name = "1" if self._upstream is None else self._upstream.name
        active = set(asked)
        for node in self.nodes:
            if node.formula is not None and active.intersection(symbols(node.formula)):
                active.add(node.symbol)
        received: dict[str, list[Expr]] = {}
        for node in reversed(self.nodes):
            if node is not last:
                self._add_up(node, received.get(node.name, []), node.symbol in active)
            if node.formula is None or node.symbol not in active:
                continue
            for operand in symbols(node.formula):
                edge = self._edge(node, operand, operand in active)
                node.incoming.append(edge)
                self.by_name[operand.name].outgoing.append(edge)
                if edge.contribution is not None:
                    received.setdefault(operand.name, []).append(edge.contribution)

    def _add_up(self, node: Node, parts: list[Expr], active: bool) -> None:
        node.gradient_name = f"∂{self.scalar}/∂{node.name}"
        if not active:
            return
        if len(parts) < len([e for e in node.outgoing if e.formula is None]):
            return
        made = engine.finish(simplify_sum(parts)) if parts else build.zeros(node.symbol.shape)
        # what depends on the node is known by its name, but not the node itself
        names = {f: n for f, n in self._formulas.items() if n is not node.symbol}
        made = named(made, names)
        for symbol in symbols(made):
            if symbol in self._flows:
                made = factored(made, symbol)
        node.gradient = made

    def _edge(self, node: Node, operand: Expr, active: bool) -> Edge:
        assert node.formula is not None
        left = f"∂{node.name}/∂{operand.name}"
        if not active:
            return Edge(operand.name, node.name, left, "", False, None, None)
        text, dependent = local(node.formula, operand, self._formulas)
        if dependent:
            names = axis_names([node.formula.order, operand.order])
            left = f"∂{node.name}_{''.join(names[0])}/∂{operand.name}_{''.join(names[1])}"
            left = left.replace("_/", "/")
        flow = self._flow(node)
        formula = pulled(node.formula, operand, flow)
        gradient = node.gradient
        if formula is not None:
            formula = factored(named(formula, self._formulas), flow)
        if formula is None or gradient is None:
            return Edge(operand.name, node.name, left, text, dependent, formula, None)
        written = gradient if gradient.cost <= LONG else flow
        contribution = pulled(node.formula, operand, written)
        edge = Edge(operand.name, node.name, left, text, dependent, formula, contribution)
        edge.why = why(node.symbol, operand, flow, formula, written)
        return edge

    def _flow(self, node: Node) -> Expr:
        """What flows into a node, as one symbol."""
        if node is self.output:
            return self._upstream or build.UNIT
        made = build.sym(f"({node.gradient_name})", node.symbol.shape)
        self._flows.add(made)
        return made

    # numbers

    def evaluate(self, values: Mapping[str, Any]) -> Graph:
        """The same graph with the value of each node and of each gradient."""
        from matrixcalc.numeric import evaluate_many

        known: dict[str, Any] = dict(values)
        inputs = [n.symbol for n in self.inputs]

        def evaluate(e: Expr, values: Mapping[str, Any]) -> Any:
            # the variables tell the sizes of constants such as eye(n)
            return evaluate_many([e, *inputs], values)[0]

        for node in self.inputs:
            if node.name not in known:
                raise UnknownNameError(
                    f"no value for {node.name}", hint="give one for each variable"
                )
        for node in self.nodes:
            if node.formula is None:
                node.value = evaluate(node.symbol, known)
            else:
                node.value = evaluate(node.formula, known)
            known[node.name] = node.value
        given = self._upstream is None or self._upstream.name in known
        for node in reversed(self.nodes):
            if node.gradient is not None and given:
                node.gradient_value = evaluate(node.gradient, known)
                known[f"({node.gradient_name})"] = node.gradient_value
        self.values = known
        return self

    # checking

    def check(self) -> dict[str, Verification]:
        """Check every gradient by a variable with SymPy, entry by entry, by name.

        The status is ``"failed"`` where one is wrong.
        """
        from matrixcalc.verify import compare

        found: dict[str, Verification] = {}
        change: dict[Expr, Expr] = {}
        flows: dict[Expr, Expr] = {}
        for node in self.nodes:
            if node.formula is not None:
                change[node.symbol] = substitute(node.formula, change)
        function = self.function
        if self._upstream is not None:
            function = build.call("sum", build.had(self._upstream, function))
        for node in reversed(self.nodes):
            if node.gradient is None:
                continue
            written = substitute(substitute(node.gradient, flows), change)
            flows[build.sym(f"({node.gradient_name})", node.symbol.shape)] = written
            if node.formula is not None:
                continue
            axes = list(range(node.symbol.order))
            place = placement([], axes) if node.kind == "row" else placement(axes[:1], axes[1:])
            found[node.name] = compare(function, [node.symbol], Claim(written, place))
        return found

    # output

    def __str__(self) -> str:
        from matrixcalc.backprop.listing import listing

        return listing(self)

    def __repr__(self) -> str:
        return str(self)

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        from matrixcalc.backprop.listing import to_dict

        return to_dict(self)

    def svg(self) -> str:
        """The graph as an SVG picture; needs the extra ``graph``."""
        from matrixcalc.backprop.svg import svg

        return svg(self)

    def mermaid(self) -> str:
        """The graph in the language of Mermaid."""
        from matrixcalc.backprop.sources import mermaid

        return mermaid(self)

    def dot(self) -> str:
        """The graph in the DOT language of Graphviz."""
        from matrixcalc.backprop.sources import dot

        return dot(self)

    def _repr_svg_(self) -> str | None:
        try:
            return self.svg()
        except UnsupportedError:
            return None

    def _repr_html_(self) -> str:
        from html import escape

        drawn = self._repr_svg_() or ""
        return f"{drawn}<pre>{escape(str(self))}</pre>"


def graph(
    function: str,
    wrt: Sequence[str] | str | None = None,
    values: Mapping[str, Any] | None = None,
    vars: Mapping[str, str] | None = None,
) -> Graph:
    """The computational graph of a function, and what flows back through it.

    Args:
        function: several equations, which are the nodes as they are written, or a single
            one, which is split into one node for each operator.
        wrt: the names by which the gradient is wanted; all variables, if it is left out.
        values: numbers or arrays by name, for numbers beside the symbols.
        vars: declarations, as for :func:`matrixcalc.derive`. Entries of a variable count
            as independent here, whatever its properties.

    Raises:
        As :func:`matrixcalc.derive`.

    >>> g = graph("q = W*x; f = norm2(q)^2")
    >>> g.node("q").gradient, g.node("W").gradient, g.node("x").gradient
    (2*q, 2*q*x', 2*W'*q)
    """
    if isinstance(wrt, str):
        wrt = [wrt]
    try:
        names = [plain(name, names_of(vars)) for name in wrt or ()]
        made = Graph(split(function, vars), names)
    except MatrixCalcError as error:
        error.with_text(function)
        raise
    return made if values is None else made.evaluate(values)
