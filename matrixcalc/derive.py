"""The pipeline: text in, derivative out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from matrixcalc.cases import READINGS
from matrixcalc.derivative import Derivative
from matrixcalc.errors import (
    LimitError,
    MatrixCalcError,
    ShapeError,
    UnsupportedError,
)
from matrixcalc.expr import Expr
from matrixcalc.layouts import check_layout
from matrixcalc.problem import Problem, problem_of


def derive(
    function: str | Expr,
    *wrt: str,
    vars: Mapping[str, str] | None = None,
    layout: str = "numerator",
    verify: bool = True,
    structured: str | None = None,
) -> Derivative:
    r"""The derivative of an expression by one variable, or by several in turn.

    Args:
        function: text of the input language, LaTeX, an expression from ``parse`` or one of
            SymPy.
        wrt: names of variables, as text or in LaTeX, or SymPy's symbols; two of them give a
            second derivative.
        vars: declarations, such as ``{"A": "matrix(n, n) symmetric"}``.
        layout: ``"numerator"`` (a scalar by a vector is a row, by a matrix has entry
            (j, i) = ∂y/∂X_ij), ``"denominator"`` (its transpose) or ``"mixed"``
            (gradients in the shape of the variable, Jacobians as in numerator layout).
        verify: check the result entry by entry with SymPy.
        structured: for a variable declared symmetric, diagonal or skew: ``"gradient"``
            (in the space of such matrices; the default), ``"entries"`` (by the
            independent entries) or ``"none"`` (entries taken as independent).

    Raises:
        ParseError, ShapeError, UnknownNameError: the input is at fault.
        UnsupportedError, LimitError: there is no derivative here, or it is too large.
        VerificationError: the result failed its check; please report it.

    >>> derive("y = W*x", "x", verify=False)
    W
    >>> derive("x'*A*x", "x", verify=False)
    x'*(A + A')
    >>> derive(r"\mathbf{x}^\top A \mathbf{x}", "x", verify=False)
    x'*(A + A')
    """
    check_layout(layout)
    check_reading(structured)
    problem = problem_of(function, wrt, vars, structured)
    made = derivative_of(problem, layout)
    if verify:
        with telling(problem):
            made.verification = made.check()
    return made


def derivative_of(problem: Problem, layout: str) -> Derivative:
    """The derivative that is asked for, not yet checked."""
    with telling(problem):
        tensor = problem.tensor()
        made = Derivative(problem, tensor, layout)
        return made.in_vec_form() if tensor.natural is None else made


def check_reading(structured: str | None) -> None:
    """UnsupportedError for a reading of structured variables that there is not."""
    if structured is not None and structured not in READINGS:
        raise UnsupportedError(
            f"no reading {structured!r} of a structured variable",
            hint=f"the readings are {', '.join(READINGS)}",
        )


@contextmanager
def telling(problem: Problem) -> Iterator[None]:
    """Work on a problem, whose errors show its text."""
    try:
        yield
    except MatrixCalcError as error:
        error.with_text(problem.source.text)
        if isinstance(error, LimitError) and error.span is None:
            error.span = (0, len(problem.source.text))
        raise
    except RecursionError:
        # a simplification met sums within products within sums beyond Python's stack
        raise LimitError("the expression is nested too deeply") from None


def gradient(function: str | Expr, wrt: str, **options: Any) -> Derivative:
    """The gradient of a scalar, in the shape of the variable.

    Options and errors as for :func:`derive`; ShapeError for a function that is no scalar.

    >>> gradient("norm2(W*x)^2", "W", verify=False)
    2*W*x*x'
    """
    made = derive(function, wrt, **{"layout": "mixed", **options})
    return _of_scalar(made, "a gradient", "use jacobian or derive")


def jacobian(function: str | Expr, wrt: str, **options: Any) -> Derivative:
    """The Jacobian, one row for each entry of the function (numerator layout).

    Options and errors as for :func:`derive`.

    >>> jacobian("sin(A*x)", "x", verify=False)
    diag(cos(A*x))*A
    """
    return derive(function, wrt, **options)


def hessian(function: str | Expr, wrt: str, **options: Any) -> Derivative:
    """The second derivative of a scalar by one variable.

    Options and errors as for :func:`derive`; ShapeError for a function that is no scalar.

    >>> hessian("x'*A*x", "x", verify=False)
    A + A'
    """
    made = derive(function, wrt, wrt, **options)
    return _of_scalar(made, "a Hessian", "use derive with the variable twice")


def _of_scalar(made: Derivative, what: str, hint: str) -> Derivative:
    """The derivative, if it is one of a scalar."""
    if not made.function.is_scalar:
        raise ShapeError(
            f"{what} is of a scalar; this is a {made.function.kind}",
            hint=hint,
            text=made.expression_text,
        )
    return made
