"""SymPy's matrix expressions as expressions of matrixcalc."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from matrixcalc import build
from matrixcalc.dims import ONE, Dim
from matrixcalc.errors import UnsupportedError
from matrixcalc.expr import Expr

if TYPE_CHECKING:
    import sympy

_CALLS = {
    "Trace": "tr",
    "Determinant": "det",
    "DiagMatrix": "diag",
    "DiagonalMatrix": "diag",
    "KroneckerProduct": "kron",
    "exp": "exp",
    "log": "log",
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "sinh": "sinh",
    "cosh": "cosh",
    "tanh": "tanh",
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "Abs": "abs",
    "sign": "sign",
    "erf": "erf",
}


def from_sympy(expression: sympy.Basic) -> Expr:
    """The expression of matrixcalc that a SymPy expression stands for.

    Matrix symbols, sums, products, powers, transposes, inverses, traces, determinants,
    elementwise and Kronecker products, constants, and functions of scalars are known;
    UnsupportedError names what is not.

    >>> from sympy import MatrixSymbol, Trace
    >>> A = MatrixSymbol("A", 3, 3)
    >>> from_sympy(Trace(A.T * A))
    tr(A'*A)
    """
    done: dict[Any, Expr] = {}
    stack: list[tuple[Any, bool]] = [(expression, False)]
    while stack:
        node, ready = stack.pop()
        if node in done:
            continue
        operands = _operands(node)
        if ready or not operands:
            done[node] = _made(node, [done[a] for a in operands])
        else:
            stack.append((node, True))
            stack.extend((a, False) for a in operands)
    return done[expression]


def _operands(node: Any) -> tuple[Any, ...]:
    name = type(node).__name__
    if name in ("MatrixSymbol", "Identity", "OneMatrix", "ZeroMatrix") or not node.args:
        return ()
    return (node.args[0],) if name == "Inverse" else tuple(node.args)


def _made(node: Any, args: list[Expr]) -> Expr:
    name = type(node).__name__
    if name in ("MatrixSymbol", "Identity", "OneMatrix", "ZeroMatrix"):
        shape = (_dim(node.shape[0]), _dim(node.shape[1]))
        if name == "MatrixSymbol":
            return build.sym(node.name, shape)
        if name == "Identity":
            return build.eye(shape[0])
        return build.ones(shape) if name == "OneMatrix" else build.zeros(shape)
    if name == "Symbol":
        return build.sym(node.name)
    if node.is_Rational:
        return build.num(Fraction(int(node.p), int(node.q)))
    if node.is_Float:
        return build.num(Fraction(str(node)))
    if name == "Pi":
        return build.PI
    if name in ("MatAdd", "Add"):
        return build.add(*args)
    if name in ("MatMul", "Mul"):
        return build.mul(*args)
    if name == "Transpose":
        return build.transpose(args[0])
    if name == "Inverse":
        return build.power(args[0], build.MINUS)
    if name in ("MatPow", "Pow"):
        return build.power(args[0], args[1])
    if name == "HadamardProduct":
        return build.had(*args)
    if name == "HadamardPower":
        return build.epower(args[0], args[1])
    if name in _CALLS:
        made = args[0]
        for other in args[1:]:
            made = build.call(_CALLS[name], made, other)
        return made if len(args) > 1 else build.call(_CALLS[name], args[0])
    raise UnsupportedError(f"{name} of SymPy has no counterpart here")


def _dim(size: Any) -> Dim:
    if size.is_Integer:
        return ONE if int(size) == 1 else Dim.number(int(size))
    if size.is_Symbol:
        return Dim.named(size.name)
    raise UnsupportedError(f"a dimension is a name or a whole number, not {size}")
