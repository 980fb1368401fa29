"""SymPy's matrix expressions as expressions of matrixcalc.

SymPy itself is not imported: its nodes are told by the names of their classes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from matrixcalc import build
from matrixcalc.declare import check_name, collect
from matrixcalc.dims import ONE, Dim, Shape
from matrixcalc.errors import ParseError, ShapeError, UnsupportedError
from matrixcalc.expr import Expr
from matrixcalc.realize import call

if TYPE_CHECKING:
    import sympy

FUNCTIONS = {
    **{name: name for name in ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh")},
    **{"asin": "arcsin", "acos": "arccos", "atan": "arctan", "Abs": "abs", "sign": "sign"},
    **{"erf": "erf", "Heaviside": "step"},
}
"""SymPy's functions of a scalar, and ours."""

_MATRICES = {
    **{"Trace": "tr", "Determinant": "det", "DiagMatrix": "diag", "DiagonalOf": "diag"},
    **{"KroneckerProduct": "kron"},
}
_LEAVES = frozenset({"MatrixSymbol", "Identity", "OneMatrix", "ZeroMatrix", "Symbol", "Dummy"})


def from_sympy(expression: sympy.Basic, vars: Mapping[str, str] | None = None) -> Expr:
    """The expression of matrixcalc that a SymPy expression stands for.

    Known are matrix symbols of any size, sums, products, powers, transposes, inverses, traces,
    determinants, elementwise and Kronecker products and powers, ``applyfunc``, diagonal
    matrices, identities, constants, and functions of scalars. Variables are real.

    Args:
        expression: what SymPy holds.
        vars: declarations that add properties, such as ``{"A": "matrix(n, n) symmetric"}``.

    Raises:
        UnsupportedError: a node that has no counterpart here.
        ShapeError: a name of two shapes, or a declaration of another shape.

    >>> from sympy import MatrixSymbol, Trace, sin
    >>> A = MatrixSymbol("A", 3, 3)
    >>> from_sympy(Trace(A.T * A))
    tr(A'*A)
    >>> from_sympy(A.applyfunc(sin))
    sin(A)
    """
    if not hasattr(expression, "free_symbols"):
        raise ParseError(f"an expression of SymPy is wanted, not {type(expression).__name__}")
    return _Reader(expression, vars).read(expression)


class _Reader:
    """Reads one expression, without recursion."""

    def __init__(self, expression: Any, vars: Mapping[str, str] | None) -> None:
        self.declared = collect([], vars)
        self.dims = {
            s.name
            for m in expression.free_symbols
            if type(m).__name__ == "MatrixSymbol"
            for size in m.shape
            for s in size.free_symbols
        }
        self.shapes: dict[str, Shape] = {}

    def read(self, root: Any, given: Mapping[Any, Expr] | None = None, cells: bool = False) -> Expr:
        """``cells`` tells that operators work entry by entry, as in a function of a scalar."""
        done: dict[Any, Expr] = dict(given or {})
        stack: list[tuple[Any, bool]] = [(root, False)]
        while stack:
            node, ready = stack.pop()
            operands = _operands(node)
            if node in done:
                continue
            if ready or not operands:
                done[node] = self.made(node, [done[a] for a in operands], cells)
            else:
                stack.append((node, True))
                stack.extend((a, False) for a in operands)
        return done[root]

    def made(self, node: Any, args: list[Expr], cells: bool) -> Expr:
        name = type(node).__name__
        if name in _LEAVES:
            return self.leaf(node, name)
        if node.is_Rational:
            return build.num(Fraction(int(node.p), int(node.q)))
        if node.is_Float:
            return build.num(Fraction(str(node)))
        if name == "ElementwiseApplyFunction":
            return self.applied(node.function, args[0])
        if name == "MatrixElement":
            if args[0].is_scalar and list(node.args[1:]) == [0, 0]:
                return args[0]
            raise UnsupportedError(
                "a single entry of a matrix has no counterpart here",
                hint="multiply by unit vectors",
            )
        if name in FUNCTIONS:
            return call(FUNCTIONS[name], args[:1])
        if name in _MATRICES:
            return self.function(_MATRICES[name], args)
        return (_CELLS if cells and name in _CELLS else _RULES)[name](args)

    def leaf(self, node: Any, name: str) -> Expr:
        if name in ("Symbol", "Dummy"):
            if node.name in self.dims:
                return build.size(Dim.named(node.name))
            positive = ("positive",) if node.is_positive else ()
            properties = positive or (("nonzero",) if node.is_nonzero else ())
            return self.variable(node.name, (ONE, ONE), properties)
        shape = (_dim(node.shape[0]), _dim(node.shape[1]))
        if name == "MatrixSymbol":
            return self.variable(node.name, shape, ())
        if name == "Identity":
            return build.eye(shape[0])
        return build.ones(shape) if name == "OneMatrix" else build.zeros(shape)

    def variable(self, name: str, shape: Shape, properties: tuple[str, ...]) -> Expr:
        check_name(name)
        if self.shapes.setdefault(name, shape) != shape:
            raise ShapeError(f"the name {name} stands for variables of two shapes")
        given = self.declared.get(name)
        if given is not None:
            if given.shape != shape:
                size = "×".join(str(d) for d in shape)
                raise ShapeError(f"{name} is declared {given}, but is {size} in the expression")
            properties = tuple(dict.fromkeys((*properties, *given.properties)))
        return build.sym(name, shape, properties)

    def function(self, name: str, args: list[Expr]) -> Expr:
        """A function of the table; of more than two arguments, one after the other."""
        if name in ("tr", "det") and args[0].is_scalar:
            return args[0]
        made = args[0]
        if len(args) == 1:
            return call(name, args)
        for other in args[1:]:
            made = call(name, [made, other])
        return made

    def applied(self, function: Any, to: Expr) -> Expr:
        """A function of a scalar, entry by entry."""
        name = getattr(function, "__name__", type(function).__name__)
        if name in FUNCTIONS:
            return call(FUNCTIONS[name], [to])
        if type(function).__name__ not in ("Lambda", "IdentityFunction"):
            raise UnsupportedError(f"{name} of SymPy has no counterpart here")
        (inner,) = function.variables
        made = self.read(function.expr, {inner: to}, cells=True)
        return build.mul(made, build.ones(to.shape)) if made.is_scalar else made


def _operands(node: Any) -> tuple[Any, ...]:
    name = type(node).__name__
    if hasattr(node, "tolist"):
        raise UnsupportedError(
            "a matrix that is given by its entries has no counterpart here",
            hint="name it by a MatrixSymbol, and give its values when it is evaluated",
        )
    if name not in _KNOWN and not node.is_Number:
        raise UnsupportedError(f"{name} of SymPy has no counterpart here")
    if name in _LEAVES or not node.args:
        return ()
    if name == "ElementwiseApplyFunction":
        return (node.expr,)
    return tuple(node.args[:1]) if name in ("Inverse", "MatrixElement", *FUNCTIONS) else node.args


def _maximum(args: list[Expr]) -> Expr:
    rest = [a for a in args if not (a.op == "num" and a.data == 0)]
    if len(args) == 2 and len(rest) == 1:
        return call("relu", rest)
    raise UnsupportedError(
        "Max of SymPy has no counterpart here", hint="only Max(0, x), which is relu(x), is known"
    )


def _matrix_power(args: list[Expr]) -> Expr:
    base, exponent = args
    number = exponent.number
    if not base.is_scalar and (number is None or number.denominator != 1):
        raise UnsupportedError(
            "a power of a matrix has a whole number as its exponent",
            hint="HadamardPower is the power entry by entry",
        )
    return build.power(base, exponent)


_RULES: dict[str, Callable[[list[Expr]], Expr]] = {
    "MatAdd": lambda args: build.add(*args),
    "Add": lambda args: build.add(*args),
    "MatMul": lambda args: build.mul(*args),
    "Mul": lambda args: build.mul(*args),
    "DotProduct": lambda args: build.mul(build.transpose(_column(args[0])), _column(args[1])),
    "Transpose": lambda args: build.transpose(args[0]),
    "Adjoint": lambda args: build.transpose(args[0]),
    "Inverse": lambda args: build.power(args[0], build.MINUS),
    "MatPow": _matrix_power,
    "Pow": lambda args: build.power(*args),
    "HadamardProduct": lambda args: build.had(*args),
    "HadamardPower": lambda args: build.epower(args[0], args[1]),
    "Max": _maximum,
    "Pi": lambda args: build.PI,
    "Exp1": lambda args: call("exp", [build.UNIT]),
    "conjugate": lambda args: args[0],
    "re": lambda args: args[0],
}
_KNOWN = {*_RULES, *_LEAVES, *FUNCTIONS, *_MATRICES, "MatrixElement", "ElementwiseApplyFunction"}
_CELLS: dict[str, Callable[[list[Expr]], Expr]] = {
    "Mul": lambda args: build.had(*args),
    "Pow": lambda args: build.epower(*args),
}


def _column(e: Expr) -> Expr:
    return build.transpose(e) if e.kind == "row" else e


def _dim(size: Any) -> Dim:
    if size.is_Integer:
        return ONE if int(size) == 1 else Dim.number(int(size))
    if size.is_Symbol:
        return Dim.named(size.name)
    if size.is_Mul and all(a.is_Symbol or a.is_Integer for a in size.args):
        made = ONE
        for a in size.args:
            made = made * _dim(a)
        return made
    raise UnsupportedError(f"a dimension is a name, a whole number or a product, not {size}")

