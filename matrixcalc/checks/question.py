"""A claim with its two sides typed: what is differentiated, and what is said to come out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from matrixcalc import build, engine, forward
from matrixcalc.checks.text import ClaimText
from matrixcalc.claims import SKIPPED, Place, placement
from matrixcalc.declare import declaration
from matrixcalc.derive import Derivative, Problem
from matrixcalc.differentials import Differential
from matrixcalc.dims import ONE, Dim, Shape
from matrixcalc.errors import MatrixCalcError, ShapeError, UnknownNameError
from matrixcalc.expr import Expr, symbols
from matrixcalc.infer import Typed, infer
from matrixcalc.layouts import LAYOUTS, arrange, flips
from matrixcalc.syntax import EquationNode, Node, Program
from matrixcalc.templates import substitute


@dataclass(frozen=True)
class Reading:
    """The right side as it is read in a layout.

    Attributes:
        layout: its name; None for an equation that is no derivative.
        shape: the shape that the right side must have; place: where the entries stand.
        claimed: the right side; None where it does not fit, and ``misfit`` says why.
    """

    layout: str | None
    shape: Shape
    place: Place
    claimed: Expr | None
    misfit: str = ""


@dataclass
class Question:
    """A typed claim.

    Attributes:
        function, targets: what is differentiated by what, for the comparison.
        ours: our own answer, in its first reading's layout; answer: the same as an object.
        readings: the layouts in which the claim may be meant, the preferred first.
        others: those layouts that are excluded by the one that was asked for.
        constants: the names of the variables that are held fixed.
    """

    function: Expr
    targets: list[Expr]
    structured: str
    answer: Derivative | Differential | None
    readings: list[Reading]
    others: list[Reading]
    constants: list[str]
    conditions: list[str]
    declared: dict[str, str]
    broadcast: str = ""
    moved: Expr | None = None

    def ours(self, layout: str | None) -> Expr | None:
        """Our answer in a layout; None where matrix notation has none."""
        if isinstance(self.answer, Derivative):
            return self._in(layout)
        if isinstance(self.answer, Differential):
            return self.moved
        return self.function

    def _in(self, layout: str | None) -> Expr | None:
        assert isinstance(self.answer, Derivative)
        return self.answer.in_layout(layout or "numerator").result or self.vec_in(layout)

    def vec_in(self, layout: str | None) -> Expr | None:
        assert isinstance(self.answer, Derivative)
        form = engine.vec_form(self.answer.tensor)
        if form is None:
            return None
        orders = self.answer.tensor.orders
        return arrange(form, layout or "numerator", sum(orders[:-1]), orders[-1])


def _text_of(program: Program, text: str, root: Node) -> Program:
    last = EquationNode(None, root, root.span)
    return replace(program, text=text, statements=[*program.statements, last])


def pose(
    claim: ClaimText,
    vars: Mapping[str, str] | None = None,
    layout: str | None = None,
    structured: str | None = None,
) -> Question:
    """Type a claim.

    Raises ParseError, ShapeError or UnknownNameError where its left side cannot be read, or
    its right side is not of the language.
    """
    given = dict(vars or {})
    try:
        return _pose(claim, given, layout, structured)
    except MatrixCalcError as error:
        error.with_text(claim.text)
        raise


def _pose(
    claim: ClaimText, given: dict[str, str], layout: str | None, structured: str | None
) -> Question:
    if claim.kind == "identity":
        return _identity(claim, given)
    if claim.kind == "differential":
        return _differential(claim, given)
    wanted = claim.layout or layout
    question = _derivative(claim, given, wanted, structured)
    if not any(r.claimed for r in (*question.readings, *question.others)):
        joint = _joint(claim, given)
        if joint is not None:
            again = _derivative(claim, joint, wanted, structured)
            if any(r.claimed for r in again.readings):
                return again
    return question


def _joint(claim: ClaimText, given: dict[str, str]) -> dict[str, str] | None:
    """The declarations that both sides together ask for."""
    name = Node("name", [], "left_side_", claim.of.start, claim.of.start)
    both = [
        EquationNode(name, claim.of, claim.of.span),
        EquationNode(None, claim.right, claim.right.span),
    ]
    program = replace(claim.program, statements=[*claim.program.statements, *both])
    try:
        made = infer(program, given, claim.by)
    except MatrixCalcError:
        return None
    return {**given, **{n: str(d) for n, d in made.variables.items()}}


def _derivative(
    claim: ClaimText, given: dict[str, str], layout: str | None, structured: str | None
) -> Question:
    program = claim.program
    names = claim.by
    source = infer(_text_of(program, claim.text, claim.of), given, names, None, names)
    equations = [n for n in names if n in source.equations and n not in source.variables]
    if equations:
        given = {**given, **{n: str(d) for n, d in source.variables.items()}}
        for n in equations:
            given[n] = _kind(source.equations[n].shape)
        kept: list[EquationNode] = [
            s
            for s in program.statements
            if isinstance(s, EquationNode)
            and not (s.left is not None and s.left.value in equations)
        ]
        program = replace(program, statements=list(kept))
        source = infer(_text_of(program, claim.text, claim.of), given, names, None, names)
    for n in names:
        if n not in source.variables:
            raise UnknownNameError(
                f"no variable {n!r} on the left side",
                hint="declare it, if the function does not depend on it",
            )
    problem = Problem(source, names, structured)
    tensor = problem.tensor()
    declared = {**given, **{n: str(d) for n, d in source.variables.items()}}
    axes = [d for e in (problem.function, *problem.targets) for d in e.shape if not d.is_one]
    rows, cols = _natural_axes(problem, tensor, claim.vec)
    answer = Derivative(problem, tensor, layout or "numerator")
    if answer.result is None:
        form = answer.vec
        if form is not None:
            orders = tensor.orders
            answer.result = arrange(form, layout or "numerator", sum(orders[:-1]), orders[-1])
    last = (
        (0, 1)
        if claim.vec and sum(tensor.orders[:-1]) == 0
        else (
            sum(tensor.orders[:-1]),
            tensor.orders[-1],
        )
    )
    readings: list[Reading] = []
    others: list[Reading] = []
    seen: set[bool] = set()
    order = [layout, *LAYOUTS] if layout else list(LAYOUTS)
    for name in order:
        assert name is not None
        flip = flips(name, *last)
        if flip in seen:
            continue
        seen.add(flip)
        r, c = (cols, rows) if flip else (rows, cols)
        shape = (_length(axes, r), _length(axes, c))
        reading = _reading(name, shape, placement(r, c), program, claim, declared)
        (others if layout and readings else readings).append(reading)
    constants = [n for n in source.variables if n not in names]
    return Question(
        problem.function,
        problem.targets,
        problem.structured,
        answer,
        readings,
        others,
        constants,
        [],
        declared,
        _broadcast(claim, program, declared, readings[0].shape),
    )


def _kind(shape: Shape) -> str:
    from matrixcalc.declare import declare

    return str(declare(shape))


def _length(axes: list[Dim], picked: list[int]) -> Dim:
    length = ONE
    for a in picked:
        length = length * axes[a]
    return length


def _natural_axes(
    problem: Problem, tensor: engine.Tensor, vec: bool
) -> tuple[list[int], list[int]]:
    axes = list(range(tensor.order))
    before = sum(tensor.orders[:-1])
    if vec:
        return (axes, []) if before == 0 else (axes[:before], axes[before:])
    if tensor.order > 2:
        return axes[:before], axes[before:]
    if tensor.order == 1 and tensor.natural is not None and tensor.natural.kind == "row":
        return [], axes
    return axes[:1], axes[1:]


def _reading(
    layout: str | None,
    shape: Shape,
    place: Place,
    program: Program,
    claim: ClaimText,
    declared: dict[str, str],
) -> Reading:
    try:
        made = infer(_text_of(program, claim.text, claim.right), declared, (), shape).expr
    except ShapeError as error:
        return Reading(layout, shape, place, None, error.message)
    if made.shape != shape:
        if build.is_zero(made) and made.is_scalar:
            return Reading(layout, shape, place, build.zeros(shape))
        found = f"the right side is {_size(made.shape)}; {_size(shape)} would fit"
        return Reading(layout, shape, place, None, found)
    return Reading(layout, shape, place, made)


def _size(shape: Shape) -> str:
    if shape[0].is_one and shape[1].is_one:
        return "a scalar"
    return f"{shape[0]}×{shape[1]}"


_ENTRYWISE = ("had", "epow")


def _broadcast(claim: ClaimText, program: Program, declared: dict[str, str], shape: Shape) -> str:
    """A scalar term that stands beside matrix products in the right side, or ""."""
    from matrixcalc.operators import SPELLINGS, TABLE

    node = claim.right
    while node.op in ("group", "pos", "neg"):
        node = node.args[0]
    if node.op != "sum" or (shape[0].is_one and shape[1].is_one):
        return ""
    scalars: list[str] = []
    entrywise = True
    for term in node.args:
        try:
            made = infer(_text_of(program, claim.text, term), declared).expr
        except MatrixCalcError:
            inner = term
        else:
            inner = term
            if made.is_scalar and not build.is_zero(made):
                scalars.append(claim.text[term.start : term.end])
                continue
        while inner.op in ("group", "pos", "neg"):
            inner = inner.args[0]
        if inner.op == "mul":
            inner = inner.args[-1]
        while inner.op in ("group", "T"):
            inner = inner.args[0]
        name = SPELLINGS.get(inner.value, "") if inner.op == "call" else ""
        known = inner.op == "call" and name in TABLE and "same" in TABLE[name].signature
        entrywise = entrywise and (known or inner.op in _ENTRYWISE)
    return scalars[0] if scalars and not entrywise else ""


def _identity(claim: ClaimText, given: dict[str, str]) -> Question:
    span = (claim.of.start, claim.right.end)
    both = Node("sum", [claim.of, claim.right], ["-"], *span)
    program = claim.program
    try:
        source = infer(_text_of(program, claim.text, both), given)
        declared = {**given, **{n: str(d) for n, d in source.variables.items()}}
    except ShapeError:
        source = infer(_text_of(program, claim.text, claim.of), given)
        declared = {**given, **{n: str(d) for n, d in source.variables.items()}}
        shape = source.expr.shape
    else:
        shape = _whole_shape(program, claim, declared)
    left = infer(_text_of(program, claim.text, claim.of), declared, (), shape).expr
    axes = list(range(left.order))
    rows, cols = ([], axes) if left.kind == "row" else (axes[:1], axes[1:])
    reading = _reading(None, left.shape, placement(rows, cols), program, claim, declared)
    names = list(declared)
    return Question(
        left,
        [],
        "none",
        None,
        [reading],
        [],
        names,
        [],
        declared,
        _broadcast(claim, program, declared, left.shape),
    )


def _whole_shape(program: Program, claim: ClaimText, declared: dict[str, str]) -> Shape:
    for node in (claim.of, claim.right):
        try:
            return infer(_text_of(program, claim.text, node), declared).expr.shape
        except ShapeError:
            continue
    both = Node("sum", [claim.of, claim.right], ["-"], claim.of.start, claim.right.end)
    return infer(_text_of(program, claim.text, both), declared).expr.shape


def _differential(claim: ClaimText, given: dict[str, str]) -> Question:
    program = claim.program
    source: Typed = infer(_text_of(program, claim.text, claim.of), given)
    found = {e.name: e for e in symbols(source.expr)}
    used = _right_names(claim.right)
    varying = [n for n in found if f"d{n}" in used]
    held = [n for n in found if n not in varying]
    conditions: list[str] = []
    if not varying:
        varying, held = list(found), []
    elif any(not _is_constant(n) for n in held) or any(_is_constant(n) for n in varying):
        conditions = [f"{n} constant" for n in held]
    declared = {**given, **{n: str(d) for n, d in source.variables.items()}}
    increments: dict[str, Expr] = {}
    for n in varying:
        increments[n] = build.sym(f"d{n}", found[n].shape, found[n].data[1])
        declared[f"d{n}"] = str(source.variables[n])
        declaration(declared[f"d{n}"])
    changes = {found[n]: d for n, d in increments.items()}
    result = source.expr
    for _ in range(claim.order):
        result = engine.finish(forward.differential(result, changes))
    answer = Differential(None, source.expr, result, increments, dict(source.variables), SKIPPED)
    step = build.sym("ε")
    moved = {x: build.add(x, build.mul(step, d)) for x, d in changes.items()}
    axes = list(range(source.expr.order))
    rows, cols = ([], axes) if source.expr.kind == "row" else (axes[:1], axes[1:])
    reading = _reading(None, source.expr.shape, placement(rows, cols), program, claim, declared)
    if reading.claimed is not None:
        shifted = substitute(reading.claimed, moved)
        reading = Reading(None, reading.shape, reading.place, shifted)
    return Question(
        substitute(source.expr, moved),
        [step] * claim.order,
        "none",
        answer,
        [reading],
        [],
        held,
        conditions,
        declared,
        "",
        substitute(result, moved),
    )


def _is_constant(name: str) -> bool:
    return name[0].lower() <= "h"


def _right_names(root: Node) -> set[str]:
    found: set[str] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if node.op == "name":
            found.add(node.value)
        stack.extend(node.args)
    return found
