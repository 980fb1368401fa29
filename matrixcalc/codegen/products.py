"""Products with a derivative that never form it: JVP, VJP and HVP.

The Jacobian times a direction ``v`` is the differential of the function with ``dx = v``; the
Hessian times ``v`` is that of the gradient; an upstream gradient ``G`` flows back through the
function. Where matrix notation has none of these, index terms say it, in which the direction
stands among the factors: no Jacobian or Hessian is formed on the way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from matrixcalc import build, engine
from matrixcalc.derive import check_reading, telling
from matrixcalc.errors import ShapeError, UnsupportedError
from matrixcalc.expr import Expr, depends
from matrixcalc.forward import differential
from matrixcalc.index import Term
from matrixcalc.problem import Problem, problem_of

PRODUCTS = ("jvp", "vjp", "hvp")


@dataclass(frozen=True, slots=True)
class Product:
    """A product with a derivative.

    Attributes:
        operand: what the derivative is multiplied with, ``v`` or ``G``, with the property of
            the space in which a direction lies (symmetric, diagonal, skew).
        tensor: the product; its ``natural`` is the formula, None where only terms say it.
    """

    operand: Expr
    tensor: engine.Tensor


def jvp(
    f: str | Expr, wrt: str, vars: Mapping[str, str] | None = None, structured: str | None = None
) -> Expr:
    """The Jacobian times a direction ``v`` in the shape of the variable, as a formula.

    It has the shape of the function. ``v`` is named ``v_1``, … where there is a variable v.
    Where the variable is declared symmetric, diagonal or skew, so is ``v``.

    >>> jvp("A*exp(x)", "x")
    A*(exp(x).*v)
    """
    return _formula("jvp", f, wrt, vars, structured)


def vjp(
    f: str | Expr, wrt: str, vars: Mapping[str, str] | None = None, structured: str | None = None
) -> Expr:
    """An upstream gradient ``G`` times the Jacobian, in the shape of the variable.

    ``G`` has the shape of the function. Raises UnsupportedError where matrix notation has
    no such product; ``code`` and ``compile`` have one for it.

    >>> vjp("W*x", "W")
    G*x'
    """
    return _formula("vjp", f, wrt, vars, structured)


def hvp(
    f: str | Expr, wrt: str, vars: Mapping[str, str] | None = None, structured: str | None = None
) -> Expr:
    """The Hessian of a scalar times a direction ``v``, in the shape of the variable.

    It is the change of the gradient along ``v``. Raises as :func:`vjp`; ShapeError for a
    function that is no scalar.

    >>> hvp("norm2(T - U*V')^2", "U")
    2*v*V'*V
    """
    return _formula("hvp", f, wrt, vars, structured)


def _formula(
    product: str, f: str | Expr, wrt: str, vars: Mapping[str, str] | None, structured: str | None
) -> Expr:
    check_reading(structured)
    made = product_of(product, problem_of(f, (wrt,), vars, structured))
    if made.tensor.natural is None:
        raise UnsupportedError(
            f"this {product} has no matrix notation",
            hint=f'there is code for it: code(…, product="{product}")',
        )
    return made.tensor.natural


def product_of(product: str, problem: Problem) -> Product:
    """A product for a problem with one variable. UnsupportedError for a name that is none."""
    if product not in PRODUCTS:
        raise UnsupportedError(
            f"no product {product!r}", hint=f"the products are {', '.join(PRODUCTS)}"
        )
    with telling(problem):
        if product == "vjp":
            made = problem.backpropagated()
            assert made is not None
            return Product(problem.upstream(problem.function), made)
        if product == "hvp" and not problem.function.is_scalar:
            raise ShapeError(
                f"a Hessian is of a scalar; this is a {problem.function.kind}",
                hint="the product jvp is the Jacobian times a direction",
            )
        v = direction(problem)
        y = problem.before_restoring(0 if product == "jvp" else 1)
        made = along(y, problem.twins[0], v)
        if made.natural is not None and not problem.back:
            made.natural = engine.finish(made.natural)
        return Product(v, problem.restored(made))


def along(y: engine.Tensor, x: Expr, v: Expr) -> engine.Tensor:
    """The change of a tensor when the variable moves along v."""
    if y.natural is not None:
        made = differential(y.natural, {x: v})
        return engine.Tensor(made, [], y.indices, y.orders)
    terms: list[Term] = []
    for t in y.terms:
        factors = [*((s, ()) for s in t.scalars), *t.factors]
        for k, (e, axes) in enumerate(factors):
            if e in depends(e, [x]):
                moved = (differential(e, {x: v}), axes)
                changed = [*factors[:k], moved, *factors[k + 1 :]]
                scalars = tuple(f for f, ax in changed if not ax)
                terms.append(Term(scalars, tuple(f for f in changed if f[1]), t.free))
    return engine.Tensor(None, engine.tidy(terms, y.indices), y.indices, y.orders)


def direction(problem: Problem) -> Expr:
    """The direction of a product: ``v``, or the first free ``v_1``, ``v_2``, …"""
    taken = problem.source.variables
    names = ("v", *(f"v_{k}" for k in range(1, len(taken) + 2)))
    kind = engine.structure_of(problem.targets[0]) if problem.structured != "none" else None
    properties = [kind] if kind else []
    return build.sym(next(n for n in names if n not in taken), problem.targets[0].shape, properties)
