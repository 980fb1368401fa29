"""Differentials: d(inv(X)) = -inv(X)*dX*inv(X), for all variables or for some."""

from __future__ import annotations

from collections.abc import Mapping

from matrixcalc import build, engine, forward
from matrixcalc.claims import SKIPPED, Verification
from matrixcalc.declare import Declaration, declare
from matrixcalc.errors import MatrixCalcError
from matrixcalc.expr import Expr, symbols
from matrixcalc.printers.equations import html
from matrixcalc.printers.latex import differential_latex, to_latex
from matrixcalc.printers.text import to_text
from matrixcalc.problem import plain_names, source_of, unknown_variable
from matrixcalc.templates import substitute


class Differential:
    """The differential of an expression, linear in the differentials of its variables.

    ``str`` gives the result alone, in the input language.

    Attributes:
        result: the differential, in the shape of the function.
        name: the name on the left of the equation, or None.
        wrt: the variables that vary; increments: their differentials (``dX``), by name.
        variables: name -> declaration, those of the increments among them.
        verification: what the check did.
    """

    def __init__(
        self,
        name: str | None,
        function: Expr,
        result: Expr,
        increments: dict[str, Expr],
        variables: dict[str, Declaration],
        verification: Verification,
    ) -> None:
        self.name = name
        self.function = function
        self.result = result
        self.wrt = tuple(increments)
        self.increments = increments
        self.variables = variables
        self.verification = verification

    def __str__(self) -> str:
        return to_text(self.result)

    def __repr__(self) -> str:
        return str(self)

    def latex(self) -> str:
        """The differential as LaTeX."""
        written = {
            d.name: differential_latex(build.sym(x, d.shape)) for x, d in self.increments.items()
        }
        return to_latex(self.result, increments=written)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def _repr_html_(self) -> str:
        return html(self.latex(), str(self))


def differential(
    function: str | Expr,
    *wrt: str,
    vars: Mapping[str, str] | None = None,
    verify: bool = True,
) -> Differential:
    """The differential of an expression; without ``wrt``, for all variables in it.

    The differential of a variable ``X`` is ``dX``, of the same shape and properties.

    Args:
        function: text of the input language, or an expression from ``parse``.
        wrt: the variables that vary; the others are constants.
        vars: declarations, as for :func:`matrixcalc.derive`.
        verify: check the result with SymPy, along random increments.

    Raises:
        As :func:`matrixcalc.derive`.

    >>> differential("inv(X)", verify=False)
    -inv(X)*dX*inv(X)
    >>> differential("x'*A*x", "x", verify=False)
    dx'*(A + A')*x
    """
    wrt = plain_names(wrt, vars)
    source = source_of(function, vars, wrt)
    found = {e.name: e for e in symbols(source.expr)}
    for name in wrt:
        if name not in source.variables:
            raise unknown_variable(name, source)
    taken = set(source.variables)
    increments: dict[str, Expr] = {}
    for name in wrt or tuple(found):
        if name in found:
            x = found[name]
            increments[name] = build.sym(_increment(name, taken), x.shape, x.data[1])
    try:
        changes = {found[name]: d for name, d in increments.items()}
        result = engine.finish(forward.differential(source.expr, changes))
        check = _verified(source.expr, result, changes) if verify else SKIPPED
    except MatrixCalcError as error:
        error.with_text(source.text)
        raise
    variables = dict(source.variables)
    for d in increments.values():
        variables[d.name] = declare(d.shape, d.data[1])
    return Differential(source.name, source.expr, result, increments, variables, check)


def _increment(name: str, taken: set[str]) -> str:
    made = f"d{name}"
    while made in taken:
        made += "_"
    return made


def _verified(function: Expr, result: Expr, changes: dict[Expr, Expr]) -> Verification:
    """The derivative of f(x + e*dx) by the scalar e is the differential at that place."""
    from matrixcalc.claims import Claim, placement
    from matrixcalc.verify import verify

    step = build.sym("ε")
    moved = {x: build.add(x, build.mul(step, d)) for x, d in changes.items()}
    axes = list(range(function.order))
    rows, cols = (axes[:1], axes[1:]) if function.kind != "row" else ([], axes)
    claim = Claim(substitute(result, moved), placement(rows, cols))
    return verify(substitute(function, moved), [step], claim)
