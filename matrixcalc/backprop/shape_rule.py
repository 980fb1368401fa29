"""The shape rule in words: a gradient has the shape of what it is a gradient by."""

from __future__ import annotations

from matrixcalc.expr import Expr, symbols
from matrixcalc.printers.text import to_text
from matrixcalc.templates import substitute


def sizes(e: Expr) -> str:
    """The shape of an expression, such as ``n×m``; ``1×1`` for a number."""
    return "×".join(f"({d})" if "*" in str(d) else str(d) for d in e.shape)


def why(node: Expr, operand: Expr, flow: Expr, made: Expr, written: Expr) -> str:
    """Why what flows back to an operand is what it is, by the shapes alone.

    Args:
        node: the node; operand: one of the symbols that it is computed from.
        flow: what flows into the node; made: what flows on to the operand.
        written: what flows into the node, written out if it is short.
    """
    if operand.is_scalar or node.is_scalar or made.op != "mul":
        return ""
    factors = [f for f in made.args if not f.is_scalar]
    if len(factors) < 2 or not any(flow in symbols(f) for f in factors):
        return ""
    fit = "".join(f"({sizes(f)})" for f in factors)
    name = to_text(flow).strip("()")
    flows = name if written is flow else f"{name} = {to_text(written)}"
    others = [s for s in symbols(made) if s not in (operand, flow, node) and not s.is_scalar]
    shapes = "; ".join(f"{s.name} is {sizes(s)}" for s in others)
    product = to_text(made if written is flow else substitute(made, {flow: written}))
    return (
        f"a gradient has the shape of its variable, and {operand.name} is {sizes(operand)}. "
        f"{flows} is {sizes(node)}, like {node.name}"
        + (f"; {shapes}" if shapes else "")
        + f". The product of them that has this shape is {product}: {fit}"
    )
