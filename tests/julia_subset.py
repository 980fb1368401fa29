"""An interpreter for the part of Julia in which code is generated, for tests.

It follows Julia 1.10 and is stricter than its arrays in NumPy: a vector has one axis and its
transpose is a row, ``+`` takes equal axes and only operators with a dot broadcast, leading axes
meet, integers are no floating-point numbers and have 64 bits, a number has no logarithm below
zero, reshaped arrays share memory, and a name is a variable or in the list of names that there
are in Base and LinearAlgebra, never both. What it does not know is an error.
"""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy
import pytest
import scipy.linalg
import scipy.special

tree_sitter = pytest.importorskip("tree_sitter")
tree_sitter_julia = pytest.importorskip("tree_sitter_julia")

Scope = dict[str, Any]


class JuliaError(Exception):
    """What would be thrown; the name of the exception comes first."""


@dataclass(frozen=True)
class Node:
    type: str
    text: str
    children: tuple[Node, ...]


@dataclass(frozen=True)
class Row:
    """The transpose of a vector."""

    parent: numpy.ndarray


@dataclass(frozen=True)
class Factor:
    """A factorisation; ``kind`` is ``lu`` or ``cholesky``."""

    kind: str
    matrix: numpy.ndarray


@dataclass(frozen=True)
class Symmetric:
    matrix: numpy.ndarray


@dataclass(frozen=True)
class Diagonal:
    vector: numpy.ndarray


@dataclass(frozen=True)
class Scaling:
    value: float

    def __neg__(self) -> Scaling:
        return Scaling(-self.value)


@dataclass(frozen=True)
class SVD:
    U: numpy.ndarray
    S: numpy.ndarray
    V: numpy.ndarray


def run(source: str, *args: Any) -> Any:
    """The result of the one function in a text: a value or a tuple of values."""
    root = _node(_parsed(source))
    functions = [n for n in root.children if n.type == "function_definition"]
    imported = [n.text for n in root.children if n.type == "using_statement"]
    if len(functions) != 1 or "using LinearAlgebra" not in imported:
        raise JuliaError("one function after `using LinearAlgebra` is expected")
    if "erf" in source.partition("function ")[2] and (
        "using SpecialFunctions: erf" not in imported
    ):
        raise JuliaError("UndefVarError: erf")
    _, signature, *body, _ = functions[0].children
    names = [c.text for c in signature.children[0].children[1].children if c.type == "identifier"]
    if len(names) != len(args):
        raise JuliaError("MethodError: the number of arguments")
    return Interpreter(dict(zip(names, args, strict=True))).block(body)


def _parsed(source: str) -> tree_sitter.Node:
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_julia.language()))
    root = parser.parse(source.encode()).root_node
    if root.has_error:
        raise JuliaError("ParseError")
    return root


def _node(n: tree_sitter.Node) -> Node:
    return Node(n.type, n.text.decode(), tuple(
        _node(c) for c in n.children if c.type not in (",", "line_comment")
    ))


class Interpreter:
    """One call: its variables, and how each piece of syntax is evaluated."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.ends: list[int] = []
        for name in scope:
            self.free(name)

    def free(self, name: str) -> str:
        if name in NAMES:
            raise JuliaError(f"a variable hides {name}")
        return name

    def block(self, nodes: Any) -> Any:
        for n in nodes:
            if n.type == "return_statement":
                return self.value(n.children[1])
            self.value(n)
        return None

    def value(self, n: Node) -> Any:
        method = getattr(self, f"_{n.type}", None)
        if method is None:
            raise JuliaError(f"unknown syntax: {n.type} {n.text}")
        return method(n)

    # names and numbers

    def _identifier(self, n: Node) -> Any:
        if n.text == "end":
            return self.ends[-1]
        if n.text in self.scope:
            return self.scope[n.text]
        if n.text not in NAMES:
            raise JuliaError(f"UndefVarError: {n.text}")
        return NAMES[n.text]

    def _integer_literal(self, n: Node) -> int:
        return int(n.text)

    def _float_literal(self, n: Node) -> float:
        return float(n.text)

    def _parenthesized_expression(self, n: Node) -> Any:
        return self.value(n.children[1])

    def _tuple_expression(self, n: Node) -> tuple[Any, ...]:
        return tuple(self.value(c) for c in n.children[1:-1])

    def _open_tuple(self, n: Node) -> tuple[Any, ...]:
        return tuple(self.value(c) for c in n.children)

    def _string_literal(self, n: Node) -> str:
        made = []
        for c in n.children:
            if c.type == '"':
                continue
            if c.type == "string_interpolation":
                inner = self.value(c.children[2])
                many = isinstance(inner, tuple)
                made.append(f"({', '.join(map(str, inner))})" if many else str(inner))
            else:
                made.append(c.text)
        return "".join(made)

    # statements

    def _assignment(self, n: Node) -> None:
        target, _, right = n.children
        self.assign(target, self.value(right))

    def assign(self, target: Node, value: Any) -> None:
        if target.type == "open_tuple":
            for c, v in zip(target.children, value, strict=True):
                self.assign(c, v)
        elif target.type == "index_expression":
            array = self.value(target.children[0])
            if array.dtype.kind == "i" and not isinstance(value, int):
                raise JuliaError("InexactError")
            key = self.key(target.children[1], array)
            if numpy.shape(array[key]) != numpy.shape(value):
                raise JuliaError("DimensionMismatch: an assignment")
            array[key] = value
        else:
            self.scope[self.free(target.text)] = value

    def _compound_assignment_expression(self, n: Node) -> None:
        target, sign, right = n.children
        if sign.text == ".=" and target.type == "index_expression":
            array = self.value(target.children[0])
            array[self.key(target.children[1], array)] = self.value(right)
            return
        if sign.text != "+=":
            raise JuliaError(f"unknown operator {sign.text}")
        self.assign(target, add(self.value(target), self.value(right)))

    def _for_statement(self, n: Node) -> None:
        _, *bindings, _ = [c for c in n.children if c.type != "block"]
        body = [c for c in n.children if c.type not in ("for", "end", "for_binding")]
        for _ in self.loop([b for b in bindings if b.type == "for_binding"]):
            for c in body:
                self.value(c)

    def loop(self, bindings: list[Node]) -> Iterator[tuple[int, ...]]:
        """Runs the bindings, the last fastest, as ``for i in …, j in …`` does."""
        names = [self.free(b.children[0].text) for b in bindings]
        before = dict(self.scope)
        for values in itertools.product(*(self.value(b.children[2]) for b in bindings)):
            self.scope.update(zip(names, values, strict=True))
            yield values
        for name in names:
            self.scope.pop(name, None)
            if name in before:
                self.scope[name] = before[name]

    # arrays

    def _range_expression(self, n: Node) -> range:
        first, _, last = n.children
        return range(self.value(first), self.value(last) + 1)

    def _vector_expression(self, n: Node) -> numpy.ndarray:
        return numpy.array([self.value(c) for c in n.children[1:-1]])

    def _matrix_expression(self, n: Node) -> numpy.ndarray:
        rows = [[matrix(self.value(c)) for c in row.children] for row in n.children
                if row.type == "matrix_row"]
        return numpy.asfortranarray(numpy.block(rows))

    def _comprehension_expression(self, n: Node) -> numpy.ndarray:
        _, inner, clause, _ = n.children
        bindings = [b for b in clause.children if b.type == "for_binding"]
        # the first index of a comprehension runs fastest
        made = [self.value(inner) for _ in self.loop(bindings[::-1])]
        lengths = [len(self.value(b.children[2])) for b in bindings]
        return numpy.array(made).reshape(lengths, order="F")

    def _index_expression(self, n: Node) -> Any:
        array = self.value(n.children[0])
        if isinstance(array, tuple):
            return array[self.value(n.children[1].children[1]) - 1]
        made = array[self.key(n.children[1], array)]
        return made.copy(order="F") if numpy.ndim(made) else made.item()

    def key(self, n: Node, array: numpy.ndarray) -> Any:
        parts = n.children[1:-1]
        if len(parts) not in (1, array.ndim):
            raise JuliaError("BoundsError: the number of indices")
        made: list[Any] = []
        for axis, c in enumerate(parts):
            if c.type == "operator":
                made.append(slice(None))
                continue
            self.ends.append(array.shape[axis] if len(parts) > 1 else array.size)
            i = self.value(c)
            limit = self.ends.pop()
            if isinstance(i, tuple):
                return i
            if isinstance(i, int) and not 1 <= i <= limit:
                raise JuliaError("BoundsError")
            if isinstance(i, range):
                if len(i) and not (i[0] >= 1 and i[-1] <= limit):
                    raise JuliaError("BoundsError")
                i = slice(i.start - 1, i.stop - 1)
            elif isinstance(i, int):
                i -= 1
            made.append(i)
        if len(made) == 1 and array.ndim > 1:
            return numpy.unravel_index(made[0], array.shape, order="F")
        return tuple(made)

    def _adjoint_expression(self, n: Node) -> Any:
        return adjoint(self.value(n.children[0]))

    def _field_expression(self, n: Node) -> Any:
        return getattr(self.value(n.children[0]), n.children[2].text)

    # operators and calls

    def _unary_expression(self, n: Node) -> Any:
        sign, inner = n.children
        return self.negative(sign, self.value(inner))

    def negative(self, sign: Node, v: Any) -> Any:
        if sign.text not in ("-", ".-"):
            raise JuliaError(f"unknown operator {sign.text}")
        return Row(-v.parent) if isinstance(v, Row) else -v

    def _binary_expression(self, n: Node) -> Any:
        left, sign, right = n.children
        a = self.value(left)
        if sign.text == "||":
            return a or self.value(right)
        b = self.value(right)
        if sign.text == "isa":
            return isinstance(a, b)
        if sign.text == "==":
            return a == b
        if sign.text == ".!=":
            return numpy.array(list(a)) != b
        if sign.text.startswith("."):
            return broadcast(SCALAR[sign.text[1:]], a, b)
        return BINARY[sign.text](a, b)

    def arguments(self, n: Node) -> tuple[list[Any], dict[str, Any]]:
        args: list[Any] = []
        named: dict[str, Any] = {}
        for c in n.children[1:-1]:
            if c.type == "named_argument":
                named[c.children[0].text] = self.value(c.children[2])
            else:
                args.append(self.value(c))
        return args, named

    def _call_expression(self, n: Node) -> Any:
        f, inner = n.children
        if f.text == "sum" and any(c.type == "for_clause" for c in inner.children):
            _, body, clause, _ = inner.children
            return sum(
                self.value(body)
                for _ in self.loop([b for b in clause.children if b.type == "for_binding"])
            )
        args, named = self.arguments(inner)
        if f.type == "operator":
            (v,) = args
            return self.negative(f, v)
        if f.type == "parametrized_type_expression":
            if f.text != "Matrix{Float64}":
                raise JuliaError(f"unknown type {f.text}")
            return to_matrix(*args)
        found = self.value(f)
        if f.text in ELEMENTWISE:
            if all(isinstance(a, int | float) for a in args):
                return broadcast(found, *args)
            if f.text not in MATRIX_FUNCTIONS:
                raise JuliaError(f"MethodError: {f.text} of an array without a dot")
            return MATRIX_FUNCTIONS[f.text](square(*args))
        return found(*args, **named)

    def _broadcast_call_expression(self, n: Node) -> Any:
        f, _, inner = n.children
        if f.text not in ELEMENTWISE:
            raise JuliaError(f"{f.text} with a dot")
        return broadcast(self.value(f), *self.arguments(inner)[0])


# arrays


def matrix(a: Any) -> numpy.ndarray:
    """An argument as an array with its axes; a row has two."""
    if isinstance(a, Row):
        return a.parent[None, :]
    if isinstance(a, Symmetric):
        return numpy.triu(a.matrix) + numpy.triu(a.matrix, 1).T
    if not isinstance(a, numpy.ndarray):
        raise JuliaError(f"MethodError: {type(a).__name__} is no array")
    return a


def square(a: Any) -> numpy.ndarray:
    a = matrix(a)
    if a.ndim != 2 or a.shape[0] != a.shape[1]:
        raise JuliaError("DimensionMismatch: a square matrix is needed")
    return a


def adjoint(a: Any) -> Any:
    if isinstance(a, int | float):
        return a
    if isinstance(a, Row):
        return a.parent
    if isinstance(a, Factor):
        return Factor(a.kind, a.matrix.T)
    if a.ndim > 2:
        raise JuliaError("MethodError: adjoint of more than two axes")
    return Row(a) if a.ndim == 1 else a.T


@numpy.errstate(all="ignore")
def broadcast(f: Callable[..., Any], *args: Any) -> Any:
    """Leading axes meet; the lengths are equal or one of them is one."""
    arrays = [matrix(a) if not isinstance(a, int | float) else a for a in args]
    axes = max(numpy.ndim(a) for a in arrays)
    if not axes:
        made = f(*arrays)
        whole = isinstance(made, int | numpy.integer)
        if whole and not -(2**63) <= int(made) < 2**63:
            raise JuliaError("overflow")
        return int(made) if whole else float(made)
    wide = [numpy.reshape(a, numpy.shape(a) + (1,) * (axes - numpy.ndim(a)), order="F")
            for a in arrays]
    try:
        return numpy.asfortranarray(f(*wide))
    except ValueError as error:
        raise JuliaError("DimensionMismatch") from error


def domain(f: Callable[[Any], Any], low: float, high: float = math.inf) -> Callable[[Any], Any]:
    def checked(x: Any) -> Any:
        if numpy.any(numpy.asarray(x) < low) or numpy.any(numpy.asarray(x) > high):
            raise JuliaError("DomainError")
        return f(x)

    return checked


def power(a: Any, b: Any) -> Any:
    integral = all(numpy.asarray(x).dtype.kind == "i" for x in (a, b))
    if integral and numpy.any(numpy.asarray(b) < 0):
        raise JuliaError("DomainError: a negative power of an integer")
    if numpy.asarray(b).dtype.kind == "f" and numpy.any(
        (numpy.asarray(a) < 0) & (numpy.asarray(b) % 1 != 0)
    ):
        raise JuliaError("DomainError")
    return a**b


def divide(a: Any, b: Any) -> Any:
    return numpy.true_divide(a, b)


SCALAR: dict[str, Callable[..., Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": divide, "^": power,
    ">": operator.gt,
}


def scalars(*args: Any) -> bool:
    return all(isinstance(a, int | float) for a in args)


def add(a: Any, b: Any) -> Any:
    if scalars(a, b):
        return broadcast(operator.add, a, b)
    if isinstance(b, Diagonal):
        return square(a) + numpy.diag(b.vector)
    if isinstance(b, Scaling):
        return square(a) + b.value * numpy.eye(len(a))
    a, b = matrix(a), matrix(b)
    if a.shape != b.shape:
        raise JuliaError("DimensionMismatch: + without a dot")
    return a + b


def times(a: Any, b: Any) -> Any:
    if isinstance(b, Scaling):
        return Scaling(a * b.value)
    if scalars(a) or scalars(b):
        return broadcast(operator.mul, a, b)
    if isinstance(b, Row):
        if isinstance(a, Row) or a.ndim != 1:
            raise JuliaError("DimensionMismatch: times a row")
        return numpy.outer(a, b.parent)
    if isinstance(a, Row):
        if b.shape[0] != a.parent.shape[0]:
            raise JuliaError("DimensionMismatch")
        return float(a.parent @ b) if b.ndim == 1 else Row(a.parent @ b)
    a, b = matrix(a), matrix(b)
    if a.ndim != 2 or b.ndim > 2 or a.shape[1] != b.shape[0]:
        raise JuliaError(f"DimensionMismatch: {a.shape} times {b.shape}")
    return a @ b


def over(a: Any, b: Any) -> Any:
    if not scalars(b):
        raise JuliaError("/ by an array")
    return broadcast(divide, a, b)


def raised(a: Any, b: Any) -> Any:
    if scalars(a, b):
        return broadcast(power, a, b)
    if not isinstance(b, int):
        raise JuliaError("a matrix to a power that is no integer")
    return numpy.linalg.matrix_power(square(a), b)


def solved(a: Any, b: Any) -> Any:
    a = a.matrix if isinstance(a, Factor) else square(a)
    if len(a) != len(b):
        raise JuliaError("DimensionMismatch: a solution")
    return numpy.linalg.solve(a, b)


BINARY = {
    "+": add, "-": lambda a, b: add(a, -b), "*": times, "/": over, "^": raised, "\\": solved,
    ">": operator.gt,
}


# functions


def thrown(error: JuliaError) -> None:
    raise error


def exception(name: str) -> Callable[[str], JuliaError]:
    return lambda text: JuliaError(f"{name}: {text}")


def to_float(x: Any) -> Any:
    if scalars(x):
        return float(x)
    return x if x.dtype.kind == "f" else x.astype(float, order="F")


def to_matrix(a: Any, *shape: int) -> numpy.ndarray:
    if isinstance(a, Diagonal):
        return numpy.diag(a.vector)
    if isinstance(a, Scaling):
        return a.value * numpy.eye(*shape)
    return matrix(a).copy(order="F")


def along(f: Callable[..., Any]) -> Callable[..., Any]:
    def reduced(a: Any, dims: Any = None) -> Any:
        if scalars(a):
            return a
        if dims is None:
            return f(matrix(a)).item()
        axes = tuple(d - 1 for d in (dims if isinstance(dims, tuple) else (dims,)))
        return numpy.asfortranarray(f(matrix(a), axis=axes, keepdims=True))

    return reduced


def dropped(a: numpy.ndarray, dims: Any) -> numpy.ndarray:
    return a.squeeze(tuple(d - 1 for d in (dims if isinstance(dims, tuple) else (dims,))))


def reshaped(a: Any, *shape: int) -> numpy.ndarray:
    a = matrix(a)
    if a.size != math.prod(shape):
        raise JuliaError("DimensionMismatch: reshape")
    return a.reshape(shape, order="F")


def permuted(a: Any, order: tuple[int, ...]) -> numpy.ndarray:
    return matrix(a).transpose([k - 1 for k in order]).copy(order="F")


def dotted(a: Any, b: Any) -> float:
    a, b = matrix(a), matrix(b)
    if a.size != b.size or (a.ndim == b.ndim and a.shape != b.shape):
        raise JuliaError("DimensionMismatch: dot")
    return float(a.ravel(order="F") @ b.ravel(order="F"))


def kronecker(a: Any, b: Any) -> numpy.ndarray:
    axes = max(numpy.ndim(matrix(a)), numpy.ndim(matrix(b)))
    if axes == 1:
        return numpy.kron(a, b)
    a, b = (x.reshape(len(x), -1, order="F") for x in (matrix(a), matrix(b)))
    return numpy.kron(a, b)


def summed_up(a: Any, dims: int | None = None) -> numpy.ndarray:
    if dims is None and a.ndim > 1:
        raise JuliaError("UndefKeywordError: dims")
    return numpy.cumsum(a, axis=(dims or 1) - 1)


def largest(a: numpy.ndarray, dims: int | None = None) -> tuple[Any, Any]:
    if a.ndim == 1 and dims is None:
        return float(a.max()), int(a.argmax()) + 1
    if a.ndim != 2 or dims != 1:
        raise JuliaError("findmax")
    return a.max(axis=0, keepdims=True), (a.argmax(axis=0), numpy.arange(a.shape[1]))


def norm(a: Any, p: int = 2) -> float:
    return float(numpy.linalg.norm(numpy.ravel(a if scalars(a) else matrix(a)), p))


def lu(a: Any) -> Factor:
    if numpy.linalg.matrix_rank(square(a)) < len(a):
        raise JuliaError("SingularException")
    return Factor("lu", a.copy())


def cholesky(a: Any) -> Factor:
    if not isinstance(a, Symmetric):
        raise JuliaError("cholesky of what is not said to be symmetric")
    whole = matrix(a)
    try:
        numpy.linalg.cholesky(whole)
    except numpy.linalg.LinAlgError as error:
        raise JuliaError("PosDefException") from error
    return Factor("cholesky", whole)


def determined(a: Any) -> tuple[float, float]:
    sign, size = numpy.linalg.slogdet(a.matrix if isinstance(a, Factor) else square(a))
    return float(size), float(sign)


def inverse(a: Any) -> numpy.ndarray:
    return numpy.linalg.inv(a.matrix if isinstance(a, Factor) else square(a))


def decomposed(a: Any) -> SVD:
    u, s, vt = numpy.linalg.svd(matrix(a))
    return SVD(u, s, vt.T)


def stacked(arrays: tuple[Any, ...], dims: int) -> numpy.ndarray:
    return numpy.asfortranarray(numpy.stack([matrix(a) for a in arrays], axis=dims - 1))


def logdet(a: Any) -> float:
    size, sign = determined(a)
    if sign < 0:
        raise JuliaError("DomainError: logdet")
    return size


ELEMENTWISE: dict[str, Callable[..., Any]] = {
    "exp": numpy.exp, "log": domain(numpy.log, 0.0), "log1p": domain(numpy.log1p, -1.0),
    "sqrt": domain(numpy.sqrt, 0.0), "abs": numpy.abs, "sign": numpy.sign, "sin": numpy.sin,
    "cos": numpy.cos, "tan": numpy.tan, "asin": domain(numpy.arcsin, -1.0, 1.0),
    "acos": domain(numpy.arccos, -1.0, 1.0), "atan": numpy.arctan, "sinh": numpy.sinh,
    "cosh": numpy.cosh, "tanh": numpy.tanh, "max": numpy.maximum, "cbrt": numpy.cbrt,
    "erf": scipy.special.erf, "expm1": numpy.expm1, "min": numpy.minimum, "ifelse": numpy.where,
}
MATRIX_FUNCTIONS = {
    "exp": scipy.linalg.expm, "log": scipy.linalg.logm, "sqrt": scipy.linalg.sqrtm,
}
NAMES: dict[str, Any] = {
    **ELEMENTWISE,
    "pi": math.pi, "Inf": math.inf, "I": Scaling(1), "Number": (int, float), "Float64": float,
    "throw": thrown, "DimensionMismatch": exception("DimensionMismatch"),
    "ArgumentError": exception("ArgumentError"), "float": to_float, "Matrix": to_matrix,
    "ndims": lambda a: 0 if scalars(a) else matrix(a).ndim,
    "size": lambda a, k=None: matrix(a).shape if k is None else matrix(a).shape[k - 1],
    "length": lambda a: matrix(a).size,
    "zeros": lambda *n: numpy.zeros(n, order="F"), "ones": lambda *n: numpy.ones(n, order="F"),
    "fill": lambda v, *n: numpy.full(n, v, order="F"),
    "copy": lambda a: Row(a.parent.copy()) if isinstance(a, Row) else matrix(a).copy(order="F"),
    "vec": lambda a: matrix(a).reshape(-1, order="F"), "reshape": reshaped,
    "permutedims": permuted, "dropdims": dropped, "stack": stacked, "real": numpy.real,
    "sum": along(numpy.sum), "prod": along(numpy.prod), "maximum": along(numpy.max),
    "minimum": along(numpy.min), "cumsum": summed_up,
    "findmax": largest, "Symmetric": lambda a: Symmetric(square(a)), "Diagonal": Diagonal,
    "diag": lambda a: numpy.diagonal(square(a)).copy(), "dot": dotted, "kron": kronecker,
    "tr": lambda a: float(numpy.trace(square(a))), "norm": norm,
    "det": lambda a: float(numpy.linalg.det(square(a))), "inv": inverse,
    "pinv": lambda a: numpy.linalg.pinv(matrix(a)), "lu": lu, "cholesky": cholesky,
    "logdet": logdet, "logabsdet": determined, "svd": decomposed,
    "sylvester": lambda a, b, c: scipy.linalg.solve_sylvester(a, b, -c),
}
