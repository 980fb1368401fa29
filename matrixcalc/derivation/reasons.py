"""The words beside a step: which identities bring dx to the end, and why a form is read so."""

from __future__ import annotations

from matrixcalc.build import mul, sym
from matrixcalc.calls import make_call
from matrixcalc.derivation.linear import monomials, shape_of
from matrixcalc.dims import Dim
from matrixcalc.expr import Expr, depends, topological
from matrixcalc.operators import LAWS, TABLE
from matrixcalc.printers.text import to_text

LONG = 44
"""The longest equation that is said again when the derivative is read off."""


def trick(y: Expr, dx: Expr, change: Expr, coefficient: Expr) -> tuple[str, str]:
    """The rule that brings a differential to its form, and the identities that it uses."""
    s = shape_of(y, dx)
    active = depends(change, [dx])
    ops = {e.op for e in active}
    outer = {e.op for e in _outside(change, active)}
    made = {e.op for e in topological(coefficient)} - {e.op for e in topological(change)}
    more = _merged(change, coefficient, dx)
    if s.stacked:
        return "vec trick", "; ".join(_vec(ops, outer, dx) + more)
    if s.trace:
        if _numbers_only(change, coefficient, dx):
            return "gathering", "numbers go into the trace"
        return "trace trick", "; ".join(_trace(ops) + more)
    if dx.is_scalar:
        return "gathering", f"{dx.name} is a number and goes last"
    return "gathering", "; ".join(_vector(ops, outer, made, y) + more)


def _merged(change: Expr, coefficient: Expr, dx: Expr) -> list[str]:
    found = []
    whole = coefficient.args[0] if coefficient.op == "T" else coefficient
    terms = len(whole.args) if whole.op == "add" else 1
    if len(monomials(change, dx)) > terms:
        found.append("equal terms are added up")
    if "adj" in {e.op for e in topological(change)} - {e.op for e in topological(coefficient)}:
        found.append("adj(A) = det(A)*inv(A)")
    return found


def _outside(root: Expr, active: set[Expr]) -> list[Expr]:
    """What depends on dx and is not within a number, such as ``sum(x.*dx)``."""
    found, todo = [], [root]
    seen = {root}
    while todo:
        e = todo.pop()
        found.append(e)
        inner = [a for a in e.args if a in active and not a.is_scalar and a not in seen]
        seen.update(inner)
        todo += inner
    return found


def _vec(ops: set[str], outer: set[str], dx: Expr) -> list[str]:
    found = []
    if "mul" in outer:
        found.append(LAWS["vec trick"].statement)
    if "had" in outer:
        found.append("vec(A.*X) = diag(vec(A))*vec(X)")
    if "T" in ops and dx.order == 2:
        found.append("vec(X') = commutation(n, m)*vec(X)")
    if ops & {"tr", "sum"}:
        found.append("vec(tr(A*X)*B) = vec(B)*vec(A')'*vec(X)")
    if "diag" in ops:
        found.append("vec(diag(x)) = diag(vec(eye(n)))*kron(vector(1, n), eye(n))*x")
    found += [
        f"vec({op}(A, X)) = {op.removesuffix('_frechet')}_jacobian(A)*vec(X)"
        for op in sorted(ops)
        if op.endswith("_frechet")
    ]
    return found or [LAWS["vec trick"].statement]


def _trace(ops: set[str]) -> list[str]:
    found = []
    if "sum" in ops:
        found.append("sum(A.*B) = tr(A'*B)")
    elif not ops & {"tr"}:
        found.append("a scalar is its own trace")
    if ops & {"tr", "mul"}:
        found.append("tr(A*B) = tr(B*A)")
    if "T" in ops:
        found.append("tr(A') = tr(A)")
    if "tr" in ops and "had" in ops:
        found.append("tr(A.*B) = tr(diag(diag(A))*B)")
    return found


def _vector(ops: set[str], outer: set[str], made: set[str], y: Expr) -> list[str]:
    found = []
    if y.is_scalar:
        if "sum" in ops:
            found.append("sum(u.*v) = u'*v")
        if "T" in ops or not found:
            found.append("a scalar is its own transpose: u'*v = v'*u")
        if ops & {"tr"}:
            found.append("tr(diag(u)*A) = diag(A)'*u")
        return found
    if "had" in outer:
        found.append(LAWS["gathering"].statement)
    if "sum" in ops:
        found.append("a number goes to any place: sum(u.*v)*w = w*u'*v")
    if "kron" in ops:
        found.append("kron(A*u, B*v) = kron(A, B)*kron(u, v)")
    if "eye" in made and not found:
        found.append("u = eye*u")
    return found or ["a number goes to any place, and a transpose to the other side"]


def of_matrix_function(op: str, before: Expr, after: Expr) -> str:
    """Why the Fréchet derivative that the table has for a matrix function is not there."""
    if any(e.op.endswith("_frechet") for e in topological(after)):
        return ""
    if op == "linear":
        there = any(e.op.endswith("_frechet") for e in topological(before))
        return f"as in {LAWS['function of a commuting matrix'].statement}" if there else ""
    if f"{op}_frechet" not in TABLE or not any(e.op == "tr" for e in topological(before)):
        return ""
    n = Dim.named("n")
    a, da = sym("A", (n, n)), sym("dA", (n, n))
    made = make_call("tr", (make_call(f"{op}_frechet", (a, da)),))
    return f"tr(d({op}(A))) = {to_text(made)}"


def _numbers_only(change: Expr, coefficient: Expr, dx: Expr) -> bool:
    """Whether the trace stands there already, with numbers before it."""
    factors = change.args if change.op == "mul" else ()
    traces = [f for f in factors if f.op == "tr" and f in depends(f, [dx])]
    if len(traces) != 1 or not all(f.is_scalar for f in factors):
        return False
    numbers = [f for f in factors if f is not traces[0]]
    return mul(*numbers, traces[0].args[0]) is mul(coefficient, dx)


def reading(equation: str, pattern: str, left: str, layout: str, transposed: bool) -> str:
    """How the derivative is read off a form, which is said again if it is short.

    >>> reading("dy = W*dx", "dy = C*dx", "∂y/∂x", "numerator", False)
    'dy = W*dx; in the numerator layout'
    >>> reading("df = " + "sin(A*x)'*" * 5 + "A*dx", "df = C*dx", "∂f/∂x", "mixed", True)
    "df = C*dx, so ∂f/∂x = C' in the mixed layout"
    """
    if len(equation) > LONG:
        mark = "'" if transposed else ""
        return f"{pattern}, so {left} = C{mark} in the {layout} layout"
    return f"{equation}; in the {layout} layout" + (", transposed" if transposed else "")
