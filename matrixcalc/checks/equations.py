"""Claims that are no derivatives: identities and differentials."""

from __future__ import annotations

from matrixcalc import build, engine, forward
from matrixcalc.checks.sought import STEP, Question, Reading, lone_scalar, program_of, read_side
from matrixcalc.checks.text import ClaimText
from matrixcalc.claims import SKIPPED, placement
from matrixcalc.declare import declaration
from matrixcalc.differentials import Differential
from matrixcalc.dims import Shape
from matrixcalc.errors import ShapeError
from matrixcalc.expr import Expr, symbols
from matrixcalc.infer import Typed, infer
from matrixcalc.syntax import Node, Program, names_in
from matrixcalc.templates import substitute


def identity(claim: ClaimText, given: dict[str, str]) -> Question:
    span = (claim.of.start, claim.right.end)
    both = Node("sum", [claim.of, claim.right], ["-"], *span)
    program = claim.program
    try:
        source = infer(program_of(program, claim.text, both), given)
        declared = {**given, **{n: str(d) for n, d in source.variables.items()}}
    except ShapeError:
        source = infer(program_of(program, claim.text, claim.of), given)
        declared = {**given, **{n: str(d) for n, d in source.variables.items()}}
        shape = source.expr.shape
    else:
        shape = _whole_shape(program, claim, declared)
    left = infer(program_of(program, claim.text, claim.of), declared, (), shape).expr
    axes = list(range(left.order))
    rows, cols = ([], axes) if left.kind == "row" else (axes[:1], axes[1:])
    reading = read_side(None, left.shape, placement(rows, cols), program, claim, declared)
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
        lone_scalar(claim, program, declared, left.shape),
    )


def _whole_shape(program: Program, claim: ClaimText, declared: dict[str, str]) -> Shape:
    for node in (claim.of, claim.right):
        try:
            return infer(program_of(program, claim.text, node), declared).expr.shape
        except ShapeError:
            continue
    both = Node("sum", [claim.of, claim.right], ["-"], claim.of.start, claim.right.end)
    return infer(program_of(program, claim.text, both), declared).expr.shape


def differential(claim: ClaimText, given: dict[str, str]) -> Question:
    program = claim.program
    source: Typed = infer(program_of(program, claim.text, claim.of), given)
    found = {e.name: e for e in symbols(source.expr)}
    used = names_in(claim.right)
    varying = [n for n in found if f"d{n}" in used]
    held = [n for n in found if n not in varying]
    conditions: list[str] = []
    if not varying:
        varying, held = list(found), []
    else:
        # a name that is a constant by custom, and varies here, breaks the custom
        custom = not any(_is_constant(n) for n in varying)
        conditions = [f"{n} constant" for n in held if not (custom and _is_constant(n))]
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
    step = build.sym(STEP)
    moved = {x: build.add(x, build.mul(step, d)) for x, d in changes.items()}
    axes = list(range(source.expr.order))
    rows, cols = ([], axes) if source.expr.kind == "row" else (axes[:1], axes[1:])
    reading = read_side(None, source.expr.shape, placement(rows, cols), program, claim, declared)
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
