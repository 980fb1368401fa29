"""Syntax to typed expressions: kinds by name, dimensions by unification.

What is declared is taken as it is. What is not has its kind from its name and its dimensions
from the places where it stands; an undeclared vector is a column, unless only a row fits.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from typing import NamedTuple

from matrixcalc.build import sym
from matrixcalc.declare import SQUARE, Declaration, collect, declare
from matrixcalc.dims import Dim, Shape
from matrixcalc.errors import (
    LimitError,
    MatrixCalcError,
    ParseError,
    ShapeError,
    UnknownNameError,
)
from matrixcalc.expr import Expr
from matrixcalc.greek import GREEK
from matrixcalc.notation import read
from matrixcalc.realize import met, realize
from matrixcalc.shapes import Clash, Shapes, fresh_names
from matrixcalc.steps import Steps, steps_of
from matrixcalc.syntax import Program
from matrixcalc.unify import UNIT

MAX_TRIALS = 100
"""Readings of undeclared vectors as rows that are tried, at most."""

MAX_TRIAL_STEPS = 200_000
"""Steps looked at in all those trials, at most."""


class Typed(NamedTuple):
    """A text that has been read and typed.

    Attributes:
        expr: the last expression or right side.
        name: the name on its left side, or None.
        variables: what is declared or inferred of each variable, in the order of their use;
            then those that were asked for by ``extra_names`` and are declared.
        text: the text.
        equations: the right side of each equation, by name.
        parts: gives the parts of the expression as they were written (:func:`realize.met`).
        latex: whether the text is LaTeX.
    """

    expr: Expr
    name: str | None
    variables: dict[str, Declaration]
    text: str
    equations: dict[str, Expr]
    parts: Callable[[], tuple[Expr, ...]] = tuple
    latex: bool = False


def parse(text: object, vars: object = None) -> Expr:
    """The expression that a text stands for.

    >>> parse("x'*A*x").shape == parse("2").shape
    True
    >>> e = parse("W*x", vars={"W": "matrix(n, m)"})
    >>> e.kind, str(e.rows)
    ('vector', 'n')
    """
    return typed(text, vars).expr


def typed(
    text: object,
    vars: object = None,
    extra_names: Iterable[str] = (),
    shape: Shape | None = None,
    loose: Collection[str] = (),
) -> Typed:
    """Read a text and find the kind and the dimensions of all that is in it.

    Variables named in ``loose`` become symbols without their structure (symmetry and the
    like), so that nothing is simplified by it; their declarations keep it. ``shape`` is the
    shape that the whole must have, where that is known: it gives constants such as ``eye``
    their size.

    >>> {name: str(d) for name, d in typed("W*x").variables.items()}
    {'W': 'matrix(n, m)', 'x': 'vector(m)'}
    """
    try:
        program = read(text, names_of(vars, extra_names))
        try:
            return infer(program, vars, extra_names, shape, loose)
        except RecursionError:
            raise LimitError("the expression is nested too deeply") from None
    except MatrixCalcError as error:
        if isinstance(text, str):
            error.with_text(text)
            if isinstance(error, LimitError) and error.span is None:
                error.span = (0, len(text))
        raise


def infer(
    program: Program,
    vars: object = None,
    extra_names: Iterable[str] = (),
    shape: Shape | None = None,
    loose: Collection[str] = (),
) -> Typed:
    """Type a text that has been read."""
    declared = collect(program.declarations, vars)
    steps, root, name = steps_of(program, declared)
    kinds = {v: kind_of(steps, v, program) for v in steps.variables if v not in declared}
    shapes = _readings(steps, program, kinds)
    _join_names(steps, shapes, declared)
    if shape is not None:
        _join_whole(shapes, root, shape)
    _solve(steps, shapes, declared)

    def dim(axis: int) -> Dim:
        found = shapes.sizes.dim(axis)
        assert found is not None
        return found

    variables: dict[str, Declaration] = {}
    symbols: dict[str, Expr] = {}
    for variable, number in steps.variables.items():
        rows, cols = shapes.shapes[number]
        known = declared.get(variable) or declare((dim(rows), dim(cols)))
        variables[variable] = known
        properties = known.properties
        if variable in loose:
            properties = tuple(p for p in properties if p not in SQUARE)
        symbols[variable] = sym(variable, known.shape, properties)
    for extra in extra_names:
        if extra in declared:
            variables.setdefault(extra, declared[extra])
    constants = {
        number: (dim(shapes.shapes[number][0]), dim(shapes.shapes[number][1]))
        for number in shapes.constants
    }
    made = realize(steps.steps, symbols, constants)
    equations = {given: made[number] for given, number in steps.equations.items()}
    parts = partial(met, steps.steps, root, made)
    return Typed(
        made[root], name, variables, program.text, equations, parts, program.latex
    )


def names_of(vars: object, extra_names: Iterable[str] = ()) -> set[str]:
    """The names that are declared, or asked for, outside the text."""
    given = vars if isinstance(vars, Mapping) else ()
    return {name for name in (*given, *extra_names) if isinstance(name, str)}


# Kinds by name

_SPELLED = re.compile(rf"(?:{GREEK})(?:[\d_]|$)")


def kind_by_name(name: str) -> str | None:
    """The kind that the name of an undeclared variable tells, or None.

    >>> [kind_by_name(name) for name in ("a", "x_1", "W2", "lambda", "mu2", "Sigma", "λ")]
    ['scalar', 'vector', 'matrix', 'scalar', 'scalar', 'matrix', 'scalar']
    """
    first = name[0]
    if _SPELLED.match(name) or "a" <= first <= "g":
        return "scalar"
    if "h" <= first <= "z":
        return "vector"
    if "A" <= first <= "Z":
        return "matrix"
    if unicodedata.name(first, "").startswith("GREEK"):
        return "matrix" if first.isupper() else "scalar"
    return None


def kind_of(steps: Steps, name: str, program: Program) -> str:
    """The kind of an undeclared variable: as its style in LaTeX tells, else its name."""
    kind = kind_by_name(name)
    if name in program.bold:
        styled, _ = program.bold[name]
        if name in program.plain and kind != styled:
            raise ParseError(
                f"{name} stands here in two styles, and may be one variable or two",
                span=program.plain[name],
                hint="give one of them another name, or declare it",
            )
        return styled
    if kind is None:
        raise UnknownNameError(
            f"what {name} is cannot be told from its name",
            span=steps.steps[steps.variables[name]].node.span,
            hint=f"declare it, as in {name}: vector(n)",
        )
    return kind


# Rows among undeclared vectors


def _readings(steps: Steps, program: Program, kinds: dict[str, str]) -> Shapes:
    """The shapes with every undeclared vector a column, but for those that must be rows."""
    rows: frozenset[str] = frozenset()
    shapes = Shapes(steps, program.text, kinds, rows, program.latex)
    clash = _clash(shapes)
    if clash is None:
        return shapes
    first = clash
    budget = [min(MAX_TRIALS, MAX_TRIAL_STEPS // len(steps.steps))]
    while clash is not None:
        better: list[tuple[frozenset[str], Shapes, Clash | None]] = []
        for flips in _candidates(steps, kinds, rows, clash):
            for flip in flips:
                if budget[0] <= 0:
                    raise first.error()
                budget[0] -= 1
                trial = Shapes(steps, program.text, kinds, rows | flip, program.latex)
                failure = _clash(trial)
                if failure is None or failure.place > clash.place:
                    better.append((rows | flip, trial, failure))
            if better:
                break
        # two ways to read it are as bad as none
        if len(better) != 1:
            raise first.error()
        rows, shapes, clash = better[0]
    return shapes


def _clash(shapes: Shapes) -> Clash | None:
    try:
        shapes.run()
    except Clash as clash:
        return clash
    return None


def _candidates(
    steps: Steps, kinds: dict[str, str], rows: frozenset[str], clash: Clash
) -> list[list[frozenset[str]]]:
    """Sets of vectors to be read as rows: each alone first, then all on either side."""
    sides = []
    for roots in clash.sides:
        names = _vectors(steps, roots, kinds)
        sides.append([name for name in names if name not in rows])
    single = dict.fromkeys(name for side in sides for name in side)
    groups = dict.fromkeys(frozenset(side) for side in sides if len(side) > 1)
    return [[frozenset({name}) for name in single], list(groups)]


def _vectors(steps: Steps, roots: Iterable[int], kinds: dict[str, str]) -> list[str]:
    """The undeclared vectors among the operands of steps."""
    found: list[str] = []
    seen: set[int] = set()
    stack = list(roots)
    while stack:
        number = stack.pop()
        if number in seen:
            continue
        seen.add(number)
        step = steps.steps[number]
        if step.op == "var" and kinds.get(step.value) == "vector":
            found.append(step.value)
        stack.extend(step.args)
    return found


# Dimensions


def _join_names(steps: Steps, shapes: Shapes, declared: dict[str, Declaration]) -> None:
    """A declared name on the left of an equation has the shape that is declared."""
    for name, number in steps.equations.items():
        known = declared.get(name)
        if known is None:
            continue
        sizes = shapes.sizes
        given = (sizes.rigid(known.shape[0]), sizes.rigid(known.shape[1]))
        if not shapes.equal(given, shapes.shapes[number]):
            raise ShapeError(
                f"{name} is declared {known}, but its equation is "
                f"{shapes.describe(shapes.shapes[number])}",
                span=steps.steps[number].node.span,
            )


def _join_whole(shapes: Shapes, root: int, shape: Shape) -> None:
    """Let the whole have a known shape, if it fits; whether it does is for the caller."""
    given = (shapes.sizes.rigid(shape[0]), shapes.sizes.rigid(shape[1]))
    shapes.equal(given, shapes.shapes[root])


def _solve(steps: Steps, shapes: Shapes, declared: dict[str, Declaration]) -> None:
    taken = {*declared, *steps.dims, *steps.variables, *steps.equations}
    failed = shapes.sizes.solve(shapes.axes, fresh_names(taken))
    if failed is not None:
        whole, a, b, number = failed
        length = f"{shapes.describe_axis(a)}*{shapes.describe_axis(b)}"
        raise ShapeError(
            f"a length of {length} does not fit where {shapes.describe_axis(whole)} is wanted",
            span=steps.steps[number].node.span,
        )
    for number in shapes.constants:
        rows, cols = (shapes.sizes.dim(axis) for axis in shapes.shapes[number])
        if rows is not None and cols is not None:
            continue
        step = steps.steps[number]
        what, hint = "length", "vector(1, n)"
        if step.op == "eye":
            what, hint = "size", "eye(n)"
        elif step.value[0] == "matrix":
            what = "number of columns" if rows is not None else "number of rows"
            hint = "matrix(1, n, m)"
        raise ShapeError(
            f"the {what} of this constant is unknown: no variable tells it",
            span=step.node.span,
            hint=f"write it out, as in {hint}",
        )
    for axis in shapes.axes:
        if axis != UNIT and shapes.sizes.dim(axis) is None:
            raise ShapeError("the dimensions cannot be told", hint="declare the variables")
