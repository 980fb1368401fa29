"""What flows back along an edge: local derivatives, and their products with what comes in."""

from __future__ import annotations

from collections.abc import Mapping

from matrixcalc import build, engine
from matrixcalc.build import add, had, transpose
from matrixcalc.calls import rebuild
from matrixcalc.expr import Expr, depends, topological
from matrixcalc.index import Term
from matrixcalc.printers.index import index_text
from matrixcalc.printers.text import to_text
from matrixcalc.templates import substitute


def pulled(formula: Expr, operand: Expr, upstream: Expr) -> Expr | None:
    """What flows back to an operand, in its shape; None where matrix notation has none."""
    if operand is formula:
        return upstream
    if operand.is_scalar and not formula.is_scalar:
        change = engine.derivative(engine.value_of(formula), operand).natural
        assert change is not None
        return engine.finish(build.call("sum", build.had(upstream, change)))
    made = engine.backpropagated(formula, operand, upstream).natural
    if made is None or made.shape == operand.shape:
        return made
    return transpose(made)


def local(formula: Expr, operand: Expr, names: Mapping[Expr, Expr]) -> tuple[str, bool]:
    """The local derivative as text, and whether it has more than two indices.

    ``names`` has the nodes whose names stand for their formulas.
    """
    tensor = engine.derivative(engine.value_of(formula), operand)
    if tensor.natural is not None:
        return to_text(named(tensor.natural, names)), False
    terms = [
        Term(
            tuple(named(s, names) for s in t.scalars),
            tuple((named(e, names), axes) for e, axes in t.factors),
            t.free,
        )
        for t in tensor.terms
    ]
    return index_text(terms, tensor.indices, tensor.order), True


def named(e: Expr, names: Mapping[Expr, Expr]) -> Expr:
    """The names of nodes put where their formulas stand, if that is not longer."""
    found = {f: names[f] for f in topological(e) if f in names and f.op != "sym"}
    if not found:
        return e
    made = engine.finish(substitute(e, found))
    return made if made.cost <= e.cost else e


def factored(e: Expr, flow: Expr) -> Expr:
    """The upstream gradient drawn out of sums of elementwise products.

    >>> from matrixcalc.infer import parse
    >>> e = parse("W*(g - g.*h.^2)", vars={"g": "vector(n)", "h": "vector(n)"})
    >>> g = next(s for s in topological(e) if s.op == "sym" and s.name == "g")
    >>> factored(e, g)
    W*(g.*(1 - h.^2))
    """
    active = depends(e, [flow])
    made: dict[Expr, Expr] = {}
    for node in topological(e, lambda n: n in active):
        if node not in active or node is flow:
            continue
        args = tuple(made.get(a, a) for a in node.args)
        parts = [_without(a, flow) for a in node.args] if node.op == "add" else []
        if parts and all(p is not None for p in parts):
            made[node] = had(flow, add(*(p for p in parts if p is not None)))
        elif args != node.args:
            made[node] = rebuild(node, args, node.shape)
    return made.get(e, e)


def _without(e: Expr, flow: Expr) -> Expr | None:
    """The other factor of an elementwise product with ``flow``; None for anything else."""
    if e is flow:
        return build.ones(flow.shape)
    if e.op == "mul" and not e.is_scalar and all(a.is_scalar for a in e.args[:-1]):
        inner = _without(e.args[-1], flow)
        return None if inner is None else build.mul(*e.args[:-1], inner)
    if e.op == "had" and sum(a is flow for a in e.args) == 1:
        rest = [a for a in e.args if a is not flow]
        return None if any(flow in topological(a) for a in rest) else had(*rest)
    return None
