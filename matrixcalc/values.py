"""What a user gives for the variables: numbers and arrays, read and checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy

from matrixcalc.dims import Dim
from matrixcalc.errors import (
    LimitError,
    ParseError,
    ShapeError,
    UnknownNameError,
    UnsupportedError,
)
from matrixcalc.expr import Expr, topological_many
from matrixcalc.products import Array
from matrixcalc.syntax import normalise

Values = Mapping[str, Any]


def named(values: object) -> Values:
    """The values by plain names; ParseError for what is no mapping.

    >>> named({"x\u2081": 2})
    {'x1': 2}
    """
    if not isinstance(values, Mapping):
        raise ParseError(
            f"values is a mapping of names to numbers and arrays, not {type(values).__name__}",
            hint="such as {'a': 2, 'x': [1, 2], 'W': [[1, 2], [3, 4]]}",
        )
    if all(isinstance(name, str) and name.isascii() for name in values):
        return values
    return {normalise(name): v for name, v in values.items() if isinstance(name, str)}


def sizes_of(exprs: Sequence[Expr], values: Values) -> dict[str, int]:
    """The size of each dimension name, as the values of the variables tell it.

    Errors as for :func:`bind`.

    >>> from matrixcalc.build import sym
    >>> sizes_of([sym("A", (Dim.named("n"), Dim.named("m")))], {"A": [[1, 2, 3]]})
    {'n': 1, 'm': 3}
    """
    return bind(topological_many(exprs), values)[1]


def bind(
    order: Iterable[Expr], values: Values, sizes: Mapping[str, int] | None = None
) -> tuple[dict[Expr, Array], dict[str, int]]:
    """The variables' values as 2-D arrays that fit, and the sizes of the dimension names.

    A whole number given for a name that is no variable is the size of that dimension,
    where the variables do not tell it.

    Raises:
        UnknownNameError: a variable has no value. ShapeError: a value does not fit.
        UnsupportedError: complex values. LimitError: a number beyond double precision.
    """
    found: dict[str, int] = dict(sizes or {})
    arrays: dict[Expr, Array] = {}
    products: list[tuple[Expr, Dim, int]] = []
    for e in order:
        if e.op != "sym":
            continue
        if e.name not in values:
            raise _missing(e.name, values)
        array = _as_array(e, values[e.name])
        arrays[e] = array
        for dim, size in zip(e.shape, array.shape, strict=True):
            if len(dim.names) > 1 or (dim.names and dim.factor != 1):
                products.append((e, dim, size))
            elif dim.is_number:
                if dim.factor != size:
                    raise _misfit(e, values[e.name])
            elif found.setdefault(dim.names[0], size) != size:
                name = dim.names[0]
                raise _misfit(e, values[e.name], f", but {name} is {found[name]} elsewhere")
    variables = {e.name for e in arrays}
    for name, value in values.items():
        if name not in variables and type(value) is int and value > 0:
            found.setdefault(name, value)
    for e, dim, size in products:
        if all(name in found for name in dim.names) and dim.value(found) != size:
            raise _misfit(e, values[e.name])
    return arrays, found


def size_of(dim: Dim, sizes: Mapping[str, int]) -> int:
    """A dimension as a number. Raises UnknownNameError where a name has no size."""
    for name in dim.names:
        if name not in sizes:
            raise UnknownNameError(
                f"the size of the dimension {name} is not known from the values",
                hint=f"give it among them, as in {name!r}: 3",
            )
    return dim.value(dict(sizes))


def _missing(name: str, values: Values) -> UnknownNameError:
    given = ", ".join(sorted(map(str, values)))
    hint = f"values are given for {given}" if given else "no value is given at all"
    return UnknownNameError(f"no value is given for {name}", hint=hint)


def _as_array(e: Expr, value: Any) -> Array:
    array = _numbers(e, value)
    if array.size == 0:
        raise ShapeError(f"the value of {e.name} has no entries: a dimension is at least 1")
    kind = e.kind
    if kind == "scalar" and array.size == 1:
        return array.reshape(1, 1)
    if kind in ("vector", "row") and (array.ndim == 1 or (array.ndim == 2 and 1 in array.shape)):
        return array.reshape((-1, 1) if kind == "vector" else (1, -1))
    if kind == "matrix" and array.ndim == 2:
        return array
    raise _misfit(e, value)


def _numbers(e: Expr, value: Any) -> Array:
    """The value as an array of floats of whatever shape."""
    try:
        raw = numpy.asarray(value)
    except ValueError:
        raise ShapeError(
            f"the value of {e.name} is not an array: its rows differ in length"
        ) from None
    except Exception as error:
        # whatever the value's own __array__ raises
        raise ShapeError(f"the value of {e.name} cannot be made an array: {error}") from error
    if numpy.iscomplexobj(raw):
        raise UnsupportedError(f"the value of {e.name} is complex: only real values are taken")
    if numpy.ma.is_masked(value):
        raise UnsupportedError(f"the value of {e.name} has masked entries")
    if raw.dtype.kind not in "biufO":
        raise ShapeError(f"the value of {e.name} is not numeric: {raw.dtype}")
    if raw.dtype.kind != "O":
        return raw.astype(numpy.float64)
    entries = raw.ravel().tolist() if raw.ndim else [raw.item()]
    if any(isinstance(x, str | bytes) for x in entries):
        raise ShapeError(f"the value of {e.name} is not numeric")
    try:
        return numpy.array([float(x) for x in entries]).reshape(raw.shape)
    except OverflowError:
        raise LimitError(f"the value of {e.name} is too large for double precision") from None
    except Exception as error:
        what = type(next(iter(entries))).__name__
        raise ShapeError(f"the value of {e.name} is not numeric: {what}") from error


def _misfit(e: Expr, value: Any, more: str = "") -> ShapeError:
    shape = numpy.shape(value)
    given = "×".join(str(s) for s in shape) if shape else "a number"
    if len(shape) == 1:
        given = f"of length {shape[0]}"
    declared = "a scalar" if e.is_scalar else f"{e.rows}×{e.cols}"
    return ShapeError(f"{e.name} is {declared}, the value given is {given}{more}")
