"""A claim turned into a question: its sides typed, with declarations and layouts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from matrixcalc import engine
from matrixcalc.checks.equations import differential, identity
from matrixcalc.checks.sought import Question, Reading, lone_scalar, program_of, read_side
from matrixcalc.checks.text import ClaimText
from matrixcalc.claims import placement
from matrixcalc.declare import declare
from matrixcalc.derivative import Derivative
from matrixcalc.dims import ONE, Dim, Shape
from matrixcalc.errors import MatrixCalcError, UnknownNameError
from matrixcalc.infer import infer
from matrixcalc.layouts import LAYOUTS, arrange, flips
from matrixcalc.problem import Problem
from matrixcalc.syntax import EquationNode, Node


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
        return identity(claim, given)
    if claim.kind == "differential":
        return differential(claim, given)
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
    source = infer(program_of(program, claim.text, claim.of), given, names, None, names)
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
        source = infer(program_of(program, claim.text, claim.of), given, names, None, names)
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
        reading = read_side(name, shape, placement(r, c), program, claim, declared)
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
        lone_scalar(claim, program, declared, readings[0].shape),
    )


def _kind(shape: Shape) -> str:
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
