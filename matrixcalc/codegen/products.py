"""Products with a derivative that never form it: JVP, VJP and HVP as formulas."""

from __future__ import annotations

from collections.abc import Mapping

from matrixcalc import build, engine
from matrixcalc.derivative import Derivative
from matrixcalc.derive import derive
from matrixcalc.errors import ParseError, UnsupportedError
from matrixcalc.expr import Expr
from matrixcalc.forward import differential

PRODUCTS = ("jvp", "vjp", "hvp")


def jvp(f: str | Expr, wrt: str, vars: Mapping[str, str] | None = None) -> Expr:
    """The Jacobian times a direction ``v`` in the shape of the variable, as a formula.

    >>> jvp("A*exp(x)", "x")
    A*(exp(x).*v)
    """
    return jvp_of(derive(f, wrt, vars=vars, verify=False))


def vjp(f: str | Expr, wrt: str, vars: Mapping[str, str] | None = None) -> Expr:
    """An upstream gradient ``G`` times the Jacobian, in the shape of the variable.

    >>> vjp("W*x", "W")
    G*x'
    """
    return vjp_of(derive(f, wrt, vars=vars, verify=False))


def hvp(f: str | Expr, wrt: str, vars: Mapping[str, str] | None = None) -> Expr:
    """The Hessian of a scalar times a direction ``v``, without the Hessian.

    >>> hvp("norm2(T - U*V')^2", "U")
    2*v*V'*V
    """
    return hvp_of(derive(f, wrt, vars=vars, verify=False, layout="mixed"))


def jvp_of(d: Derivative) -> Expr:
    """The product of :func:`jvp`, for a derivative that is known."""
    return engine.finish(differential(d.function, {d.targets[0]: direction(d)}))


def vjp_of(d: Derivative) -> Expr:
    """The product of :func:`vjp`, for a derivative that is known."""
    made = d.problem.backpropagated()
    if made is None:
        raise UnsupportedError("this product with an upstream gradient has no matrix notation")
    return made


def hvp_of(d: Derivative) -> Expr:
    """The product of :func:`hvp`, for a first derivative that is known."""
    if not d.function.is_scalar or d.tensor.natural is None:
        raise ParseError("a Hessian is of a scalar")
    return engine.finish(differential(d.tensor.natural, {d.targets[0]: direction(d)}))


def direction(d: Derivative) -> Expr:
    """The direction of a product: ``v``, or the first free ``v_1``, ``v_2``, …"""
    names = ("v", *(f"v_{k}" for k in range(1, len(d.variables) + 2)))
    return build.sym(next(n for n in names if n not in d.variables), d.targets[0].shape)
