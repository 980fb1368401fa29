"""``compile`` and ``code``: from the text of a function to a function that runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matrixcalc.codegen.programs import program_of
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
            With a product, a tuple gives what comes before it: ``order=(0, 1), product="hvp"``
            is value, gradient and product; a single order gives the product alone.
        target: what it is written for; ``"numpy"`` uses SciPy's BLAS and LAPACK too.
        vars, layout, structured: as for ``derive``; a derivative with more than two axes
            has the axes of the function first, then those of the variable.
        sizes: hints for dimensions, which decide the order of multiplication; names that
            are no dimension count for nothing.
        dense: a Hessian that is diagonal, a Kronecker product, in blocks, of low rank or a sum
            of these as an array too; the target ``"numpy"`` makes it an operator.
        product: ``"jvp"`` or ``"hvp"``, the Jacobian or the Hessian times a direction ``v``,
            or ``"vjp"``, an upstream gradient ``G`` times the Jacobian; what is multiplied is
            never formed. A name that is taken becomes ``v_1`` or ``G_1``. For a variable
            with a property ``v`` is taken in its space: of a symmetric variable, the
            symmetric part of ``v``.

    Raises:
        As ``derive``; UnsupportedError for an order, a target or a product that there is not.

    >>> "A.dot(x)" in code("x'*A*x", "x")
    True
    """
    chosen = target_named(target)
    dense = dense or target not in WITH_OPERATORS
    program = program_of(f, wrt, order, vars, layout, sizes, structured, dense, product)
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
    program = program_of(f, wrt, order, vars, layout, sizes, structured, dense, product)
    made: Callable[..., Any] = chosen.load(program)
    return made

