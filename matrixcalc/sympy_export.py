"""Expressions of matrixcalc as SymPy's matrix expressions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from matrixcalc.dims import Dim
from matrixcalc.errors import UnsupportedError
from matrixcalc.expr import Expr, topological
from matrixcalc.sympy_bridge import FUNCTIONS

if TYPE_CHECKING:
    import sympy


def to_sympy(expression: Expr, like: sympy.Basic | None = None) -> sympy.Basic:
    """The expression in SymPy: matrices as matrix symbols, scalars as symbols.

    A scalar that is a product of vectors is the trace of that 1×1 matrix.

    Args:
        expression: one from ``parse``, or ``d.result`` of a derivative.
        like: an expression of SymPy; its symbols are used, with their assumptions.

    Raises:
        UnsupportedError: a function that SymPy's matrix expressions do not have.

    >>> from matrixcalc.infer import parse
    >>> to_sympy(parse("A*inv(B)*x"))
    A*B**(-1)*x
    >>> to_sympy(parse("tr(A'*B) + a"))
    a + Trace(A.T*B)
    """
    return _Writer(like).write(expression)


class _Writer:
    """Writes one expression, operands before what uses them."""

    def __init__(self, like: Any) -> None:
        import sympy

        self.sp: Any = sympy
        given = () if like is None else like.free_symbols
        self.known = {s.name: s for s in given}
        self.known |= {
            s.name: s
            for m in given
            if type(m).__name__ == "MatrixSymbol"
            for size in m.shape
            for s in size.free_symbols
        }

    def write(self, root: Expr) -> Any:
        done: dict[Expr, Any] = {}
        for e in topological(root):
            done[e] = self.made(e, [done[a] for a in e.args])
        return done[root]

    def made(self, e: Expr, args: list[Any]) -> Any:
        sp = self.sp
        if e.op == "sym":
            return self.symbol(e)
        if e.op == "num":
            return sp.Rational(e.data.numerator, e.data.denominator)
        if e.op == "pi":
            return sp.pi
        if e.op == "size":
            return self.dim(e.data)
        rows, cols = self.dim(e.rows), self.dim(e.cols)
        if e.op == "eye":
            return sp.Identity(rows)
        if e.op in ("ones", "zeros"):
            made = sp.OneMatrix if e.op == "ones" else sp.ZeroMatrix
            return made(rows, cols)
        rule = _RULES.get(e.op)
        if rule is not None:
            return rule(self, e, args)
        if e.op in _CELLS or e.op in _NAMES:
            return self.cells(e.op, args[0])
        raise UnsupportedError(f"{e.op} has no counterpart among the matrix expressions of SymPy")

    def symbol(self, e: Expr) -> Any:
        known = self.known.get(e.name)
        if known is not None:
            return known
        if not e.is_scalar:
            return self.sp.MatrixSymbol(e.name, self.dim(e.rows), self.dim(e.cols))
        properties = {name: True for name in ("positive", "nonzero") if name in e.data[1]}
        return self.sp.Symbol(e.name, **properties)

    def dim(self, dim: Dim) -> Any:
        made = self.sp.Integer(dim.factor)
        for name in dim.names:
            known = self.known.get(name)
            made *= self.sp.Symbol(name, integer=True, positive=True) if known is None else known
        return made

    def cells(self, name: str, a: Any) -> Any:
        """A function of the table, entry by entry."""
        function = self.function(name)
        return a.applyfunc(function) if hasattr(a, "applyfunc") else function(a)

    def function(self, name: str) -> Callable[[Any], Any]:
        sp = self.sp
        if name in _NAMES:
            made: Callable[[Any], Any] = getattr(sp, _NAMES[name])
            return made
        t = sp.Symbol("t", real=True)
        made = sp.Lambda(t, _CELLS[name](sp, t))
        return made

    def scalar(self, a: Any) -> Any:
        """A 1×1 matrix as the scalar that it is."""
        return self.sp.Trace(a) if hasattr(a, "shape") else a

    def ones(self, rows: Any, cols: Any) -> Any:
        return self.sp.OneMatrix(rows, cols)

    def total(self, a: Any) -> Any:
        """The sum of all entries."""
        if not hasattr(a, "shape"):
            return a
        rows, cols = a.shape
        one = self.sp.Integer(1)
        sides = [self.ones(one, rows)] if rows != 1 else []
        ends = [self.ones(cols, one)] if cols != 1 else []
        return self.scalar(self.sp.MatMul(*sides, a, *ends))


_NAMES = {ours: theirs for theirs, ours in FUNCTIONS.items()}
_CELLS: dict[str, Callable[[Any, Any], Any]] = {
    "log1p": lambda sp, t: sp.log(1 + t),
    "relu": lambda sp, t: sp.Max(0, t),
    "sigmoid": lambda sp, t: 1 / (1 + sp.exp(-t)),
    "softplus": lambda sp, t: sp.log(1 + sp.exp(t)),
    "cbrt": lambda sp, t: sp.sign(t) * sp.Abs(t) ** sp.Rational(1, 3),
}


def _product(w: _Writer, e: Expr, args: list[Any]) -> Any:
    sp = w.sp
    scalars = [a for a, given in zip(args, e.args, strict=True) if given.is_scalar]
    chain = [a for a, given in zip(args, e.args, strict=True) if not given.is_scalar]
    if not chain:
        return sp.Mul(*scalars)
    product = sp.MatMul(*chain) if len(chain) > 1 else chain[0]
    if e.is_scalar:
        return sp.Mul(*scalars, w.scalar(product))
    return sp.MatMul(sp.Mul(*scalars), product).doit(deep=False) if scalars else product


def _sum(w: _Writer, e: Expr, args: list[Any]) -> Any:
    return w.sp.Add(*args) if e.is_scalar else w.sp.MatAdd(*args)


def _hadamard(w: _Writer, e: Expr, args: list[Any]) -> Any:
    return w.sp.HadamardProduct(*args)


def _power(w: _Writer, e: Expr, args: list[Any]) -> Any:
    if e.is_scalar:
        return w.sp.Pow(*args)
    return w.sp.Inverse(args[0]) if e.args[1].data == -1 else w.sp.MatPow(*args)


def _elementwise_power(w: _Writer, e: Expr, args: list[Any]) -> Any:
    return w.sp.HadamardPower(*args)


def _norm(w: _Writer, e: Expr, args: list[Any]) -> Any:
    a = args[0]
    if not hasattr(a, "shape"):
        return w.sp.Abs(a)
    left, right = (a, w.sp.Transpose(a)) if e.args[0].kind == "row" else (w.sp.Transpose(a), a)
    return w.sp.sqrt(w.scalar(w.sp.MatMul(left, right)))


def _softmax(w: _Writer, e: Expr, args: list[Any]) -> Any:
    powers = w.cells("exp", args[0])
    return powers / w.total(powers)


def _log_softmax(w: _Writer, e: Expr, args: list[Any]) -> Any:
    return args[0] - w.sp.log(w.total(w.cells("exp", args[0]))) * w.ones(*args[0].shape)


def _diagonal(w: _Writer, e: Expr, args: list[Any]) -> Any:
    from sympy.matrices.expressions.diagonal import DiagonalOf

    return DiagonalOf(args[0])


def _diag(w: _Writer, e: Expr, args: list[Any]) -> Any:
    from sympy.matrices.expressions.diagonal import DiagMatrix

    column = w.sp.Transpose(args[0]) if e.args[0].kind == "row" else args[0]
    return DiagMatrix(column)


def _step(w: _Writer, e: Expr, args: list[Any]) -> Any:
    """The step is 1/2 at zero, as SymPy's is when it is told so."""
    t = w.sp.Symbol("t", real=True)
    function = w.sp.Lambda(t, w.sp.Heaviside(t, w.sp.Rational(1, 2)))
    return args[0].applyfunc(function) if hasattr(args[0], "applyfunc") else function(args[0])


_RULES: dict[str, Callable[[_Writer, Expr, list[Any]], Any]] = {
    "add": _sum,
    "mul": _product,
    "had": _hadamard,
    "pow": _power,
    "epow": _elementwise_power,
    "step": _step,
    "T": lambda w, e, args: w.sp.Transpose(args[0]),
    "tr": lambda w, e, args: w.sp.Trace(args[0]),
    "det": lambda w, e, args: w.sp.Determinant(args[0]),
    "logdet": lambda w, e, args: w.sp.log(w.sp.Abs(w.sp.Determinant(args[0]))),
    "adj": lambda w, e, args: w.sp.Determinant(args[0]) * w.sp.Inverse(args[0]),
    "kron": lambda w, e, args: w.sp.KroneckerProduct(*args),
    "diag": _diag,
    "diagonal": _diagonal,
    "sum": lambda w, e, args: w.total(args[0]),
    "colsum": lambda w, e, args: w.sp.MatMul(w.ones(w.sp.Integer(1), args[0].shape[0]), args[0]),
    "rowsum": lambda w, e, args: w.sp.MatMul(args[0], w.ones(args[0].shape[1], w.sp.Integer(1))),
    "norm2": _norm,
    "norm1": lambda w, e, args: w.total(w.cells("abs", args[0])),
    "logsumexp": lambda w, e, args: w.sp.log(w.total(w.cells("exp", args[0]))),
    "softmax": _softmax,
    "log_softmax": _log_softmax,
}
