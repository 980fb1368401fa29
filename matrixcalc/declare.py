"""Declarations of variables: ``matrix(n, m) symmetric`` as a kind, a shape and properties."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import NoReturn

from matrixcalc.dims import ONE, SCALAR, Dim, Shape
from matrixcalc.errors import LimitError, MatrixCalcError, ParseError, ShapeError, Span
from matrixcalc.operators import SPELLINGS
from matrixcalc.syntax import DeclarationNode, KindNode, Node, normalise, read_kind
from matrixcalc.unify import MAX_NAMES

KINDS = {"scalar": 0, "vector": 1, "row": 1, "matrix": 2}
"""Each kind with the number of its dimensions."""

SQUARE = ("symmetric", "positive_definite", "diagonal", "orthogonal", "skew")
ANY = ("positive", "nonzero")
MAX_SIZE = 10**15
"""A dimension, at most."""

PROPERTIES = (*SQUARE, *ANY)
"""Every property, in the order in which they are written."""

RESERVED = frozenset(
    {"commutation", "eye", "scalar", "vector", "row", "matrix", "transpose"}
)
"""Words of the language that are not functions of the table."""

_CLASHES = {"skew": {"symmetric", "positive_definite", "diagonal"}}
_NAME = re.compile(r"[^\W\d_⁰¹²³⁴-⁹ᵀ][^\W⁰¹²³⁴-⁹ᵀ]*")


@dataclass(frozen=True, slots=True)
class Declaration:
    """What is known of a variable.

    >>> str(declaration("matrix(n,n)  symmetric"))
    'matrix(n, n) symmetric'
    >>> declaration("matrix(n, 1)").kind
    'vector'
    """

    kind: str
    shape: Shape
    properties: tuple[str, ...] = ()

    def __str__(self) -> str:
        sizes = {
            "scalar": "",
            "vector": f"({self.shape[0]})",
            "row": f"({self.shape[1]})",
            "matrix": f"({self.shape[0]}, {self.shape[1]})",
        }[self.kind]
        return " ".join([self.kind + sizes, *self.properties])


def declare(shape: Shape, properties: tuple[str, ...] = ()) -> Declaration:
    """The declaration with a shape, its kind told by the dimensions that are 1."""
    rows, cols = shape
    if cols.is_one:
        kind = "scalar" if rows.is_one else "vector"
    else:
        kind = "row" if rows.is_one else "matrix"
    return Declaration(kind, shape, properties)


def declaration(text: object) -> Declaration:
    """Read what stands after the colon of a declaration."""
    if isinstance(text, Declaration):
        return text
    if not isinstance(text, str):
        raise ParseError(
            f"a declaration is a text, not {type(text).__name__}",
            hint="such as 'vector(n)' or 'matrix(n, m)'",
        )
    return _from_text(text)


@lru_cache(maxsize=512)
def _from_text(text: str) -> Declaration:
    try:
        return from_node(read_kind(text))
    except MatrixCalcError as error:
        raise error.with_text(text) from None


def from_node(node: KindNode) -> Declaration:
    """The declaration that was written, checked."""
    count = KINDS.get(node.kind)
    word = (node.span[0], node.span[0] + len(node.kind))
    if count is None:
        raise ParseError(f"there is no kind {node.kind!r}", span=word, hint=_kind_hint(node.kind))
    sizes = node.sizes or ()
    for size in sizes:
        if size.op == "name" and size.value in PROPERTIES:
            example = ("scalar", f"{node.kind}(n)", "matrix(n, n)")[count]
            raise ParseError(
                f"{size.value} is a property and no dimension",
                span=size.span, hint=f"properties follow the shape: {example} {size.value}",
            )
    if len(sizes) != count or (node.sizes is not None and count == 0):
        wants = ("no dimension", "one dimension", "two dimensions")[count]
        example = ("scalar", f"{node.kind}(n)", "matrix(n, m)")[count]
        raise ParseError(
            f"a {node.kind} has {wants}, not {len(sizes)}", span=node.span, hint=f"write {example}"
        )
    dims = [dimension(size) for size in sizes]
    shape: Shape = SCALAR
    if node.kind == "matrix":
        shape = (dims[0], dims[1])
    elif node.kind == "vector":
        shape = (dims[0], ONE)
    elif node.kind == "row":
        shape = (ONE, dims[0])
    return declare(shape, _properties(node, shape))


_OTHER_WORDS = {
    "number": "scalar", "real": "scalar", "float": "scalar", "int": "scalar", "const": "scalar",
    "vec": "vector(n)", "column": "vector(n)", "col": "vector(n)", "array": "vector(n)",
    "mat": "matrix(n, m)", "spd": "positive_definite", "pd": "positive_definite",
    "psd": "positive_definite", "posdef": "positive_definite", "definite": "positive_definite",
    "sym": "symmetric", "antisymmetric": "skew", "skew_symmetric": "skew", "ortho": "orthogonal",
    "diag": "diagonal", "pos": "positive",
}  # fmt: skip
"""What some write for a kind or a property."""


def _kind_hint(kind: str) -> str:
    from difflib import get_close_matches

    if kind.lower() in PROPERTIES:
        first = "matrix(n, n)" if kind.lower() in SQUARE else "vector(n)"
        return f"a property follows the kind: {first} {kind.lower()}"
    near = get_close_matches(kind.lower(), KINDS, n=1, cutoff=0.7)
    meant = _OTHER_WORDS.get(kind.lower(), near[0] if near else "")
    listed = "the kinds are scalar, vector(n), row(n) and matrix(n, m)"
    return f"did you mean {meant}? {listed}" if meant.partition("(")[0] in KINDS else listed


def _property_hint(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name.lower(), PROPERTIES, n=1, cutoff=0.7)
    meant = _OTHER_WORDS.get(name.lower(), near[0] if near else "")
    listed = f"the properties are {', '.join(PROPERTIES)}"
    return f"did you mean {meant}? {listed}" if meant in PROPERTIES else listed


def _properties(node: KindNode, shape: Shape) -> tuple[str, ...]:
    given: dict[str, Span] = {}
    for name, span in node.properties:
        if name not in PROPERTIES:
            raise ParseError(
                f"there is no property {name!r}", span=span, hint=_property_hint(name)
            )
        given[name] = span
    for name, span in given.items():
        if name in SQUARE and shape[0] != shape[1]:
            raise ShapeError(
                f"{name} needs a square matrix; this is {shape[0]}×{shape[1]}", span=span
            )
        clash = _CLASHES.get(name, set()).intersection(given)
        if clash:
            raise ParseError(
                f"a matrix that is {name} and {min(clash)} is zero or contradicts itself",
                span=span,
                hint="skew alone means A' = -A" if name == "skew" else "",
            )
    if shape == SCALAR:
        return _properties_of_scalar(given)
    return tuple(name for name in PROPERTIES if name in given)


def _properties_of_scalar(given: dict[str, Span]) -> tuple[str, ...]:
    """What the properties of a 1×1 matrix say of the number that it is."""
    for name in ("skew", "orthogonal"):
        if name in given:
            raise ShapeError(f"{name} says nothing of a single number", span=given[name])
    names = set(given).intersection(ANY)
    if "positive_definite" in given:
        names.add("positive")
    return tuple(name for name in ANY if name in names)


def dimension(node: Node) -> Dim:
    """A size as it is written: a name, a whole number, or a product of them."""
    while node.op == "group":
        node = node.args[0]
    if node.op == "name":
        if node.value in SPELLINGS or node.value in RESERVED or node.value == "pi":
            _no_size(node, f"{node.value!r} is a word of the language, and cannot name a dimension")
        return Dim.named(node.value)
    if node.op == "number":
        value: Fraction = node.value
        if value.denominator != 1:
            _no_size(node, f"a dimension is a whole number, not {float(value):g}")
        if value == 0:
            _no_size(node, "a dimension is at least 1, not 0")
        if value > MAX_SIZE:
            raise LimitError(f"a dimension above {MAX_SIZE:,}", span=node.span)
        return Dim.number(int(value))
    if node.op == "neg":
        _no_size(node, "a dimension is at least 1, not negative")
    if node.op == "mul" and all(sign == "*" for sign in node.value):
        if len(node.args) > MAX_NAMES:
            message = f"a dimension that is a product of more than {MAX_NAMES} names"
            raise LimitError(message, span=node.span)
        product = ONE
        for factor in node.args:
            while factor.op == "group":
                factor = factor.args[0]
            if factor.op == "mul":
                _no_size(factor, "a dimension is written without nested parentheses")
            product = product * dimension(factor)
        return product
    _no_size(node, "a dimension is a name or a whole number, such as n or 3")


def _no_size(node: Node, message: str) -> NoReturn:
    raise ParseError(message, span=node.span)


def check_name(name: object) -> str:
    """A name that a variable may have, in plain characters."""
    if not isinstance(name, str):
        raise ParseError(f"a variable's name is a text, not {type(name).__name__}")
    plain = normalise(name).strip()
    if not _NAME.fullmatch(plain):
        raise ParseError(
            f"{name!r} is not a name", hint="a name is a letter, then letters, digits and _"
        )
    if plain in SPELLINGS:
        raise ParseError(f"{plain!r} is a function, and cannot name a variable")
    if plain in RESERVED:
        raise ParseError(f"{plain!r} is a word of the language, and cannot name a variable")
    return plain


def collect(nodes: list[DeclarationNode], given: object = None) -> dict[str, Declaration]:
    """The declarations of a text and those given beside it, by name."""
    declared: dict[str, Declaration] = {}
    if given is not None:
        if not isinstance(given, Mapping):
            raise ParseError(
                f"vars is a mapping of names to kinds, not {type(given).__name__}",
                hint="such as {'W': 'matrix(n, m)', 'x': 'vector(m)'}",
            )
        for name, kind in given.items():
            try:
                declared[check_name(name)] = declaration(kind)
            except MatrixCalcError as error:
                raise _named(error, str(name)) from None
    seen: set[str] = set()
    for node in nodes:
        if node.name in seen:
            raise ParseError(f"{node.name} is declared twice", span=node.span)
        seen.add(node.name)
        try:
            declared[check_name(node.name)] = from_node(node.kind)
        except MatrixCalcError as error:
            if error.span is None:
                error.span = node.span
            raise
    return declared


def _named(error: MatrixCalcError, name: str) -> MatrixCalcError:
    shown = name if len(name) <= 30 else name[:29] + "…"
    return type(error)(
        f"in the declaration of {shown or 'a variable'}: {error.message}",
        span=error.span,
        hint=error.hint,
        text=error.text,
    )
