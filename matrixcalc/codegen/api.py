"""``compile`` and ``code``: from the text of a function to a function that runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matrixcalc.codegen.program import Program
from matrixcalc.codegen.programs import derivative_program, product_program
from matrixcalc.codegen.targets import WITH_OPERATORS, target_named
from matrixcalc.expr import Expr


def code(
    f: str | Expr,
    wrt: str,
    order: int | Sequence[int] = 1,
    target: str = "numpy",
    vars: Mapping[str, str] | None = None,
    layout: str = "mixed",
    sizes: Mapping[str, int] | None = None,
    structured: str | None = None,
    *,
    dense: bool = False,
    product: str | None = None,
) -> str:
    """The source of one function that computes a derivative.

    Args:
        f: text of the input language, or an expression. wrt: the variable.
        order: 0 the value, 1, 2, or a tuple of them, computed with all common work shared.
        target: what it is written for; ``"numpy"`` uses SciPy's BLAS and LAPACK too.
        vars, layout, structured: as for ``derive``; a derivative with more than two axes
            has the axes of the function first, then those of the variable.
        sizes: hints for dimensions, which decide the order of multiplication.
        dense: a Hessian that is diagonal, a Kronecker product, in blocks, of low rank or a sum
            of these as an array too; the target ``"numpy"`` makes it an operator.
        product: ``"jvp"``, ``"vjp"`` or ``"hvp"`` instead of a derivative: its product with
            a direction ``v``, or with an upstream gradient ``G``.

    Raises:
        As ``derive``; UnsupportedError for an order, a target or a product that there is not.

    >>> "A.dot(x)" in code("x'*A*x", "x")
    True
    """
    chosen = target_named(target)
    dense = dense or target not in WITH_OPERATORS
    program = _program(f, wrt, order, vars, layout, sizes, structured, dense, product)
    return chosen.source(program)


def compile(
    f: str | Expr,
    wrt: str,
    order: int | Sequence[int] = 1,
    target: str = "numpy",
    vars: Mapping[str, str] | None = None,
    layout: str = "mixed",
    sizes: Mapping[str, int] | None = None,
    structured: str | None = None,
    *,
    dense: bool = False,
    product: str | None = None,
) -> Callable[..., Any]:
    """A function that computes a derivative, called by name or in sorted order.

    Arguments and errors as for :func:`code`. Vectors are arrays with one axis; a tuple of
    orders gives a tuple of results.

    >>> g = compile("x'*x", "x")
    >>> g(x=[1.0, 2.0]).tolist()
    [2.0, 4.0]
    >>> h = compile("sum(exp(x))", "x", order=2)(x=[0.0, 0.0])
    >>> (h @ [5.0, 6.0]).tolist(), h.dense().tolist()
    ([5.0, 6.0], [[1.0, 0.0], [0.0, 1.0]])
    >>> compile("x'*x", "x", product="hvp")(x=[5.0, 6.0], v=[1.0, 0.0]).tolist()
    [2.0, 0.0]
    """
    chosen = target_named(target)
    dense = dense or target not in WITH_OPERATORS
    program = _program(f, wrt, order, vars, layout, sizes, structured, dense, product)
    made: Callable[..., Any] = chosen.load(program)
    return made


def _program(
    f: str | Expr,
    wrt: str,
    order: int | Sequence[int],
    vars: Mapping[str, str] | None,
    layout: str,
    sizes: Mapping[str, int] | None,
    structured: str | None,
    dense: bool,
    product: str | None,
) -> Program:
    if product is not None:
        return product_program(f, wrt, product, vars, sizes, structured)
    return derivative_program(f, wrt, order, vars, layout, sizes, structured, dense)
