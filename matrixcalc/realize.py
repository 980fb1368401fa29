"""Steps to expressions, by the constructors; the shapes are known and fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from matrixcalc import build
from matrixcalc.build import MINUS
from matrixcalc.calls import make_call
from matrixcalc.dims import Shape
from matrixcalc.errors import MatrixCalcError, ParseError, UnsupportedError
from matrixcalc.expr import Expr
from matrixcalc.operators import TABLE
from matrixcalc.steps import Step, Steps, signature
from matrixcalc.syntax import Node, Program, read
from matrixcalc.tex.commands import COMMANDS
from matrixcalc.tex.wordings import unclear_sign


def realize(
    steps: Sequence[Step], variables: Mapping[str, Expr], constants: Mapping[int, Shape]
) -> list[Expr]:
    """The expression of every step."""
    made: list[Expr] = []
    for number, step in enumerate(steps):
        try:
            if step.op == "var":
                made.append(variables[step.value])
            elif number in constants:
                made.append(_constant(step, constants[number], made))
            else:
                args = [made[a] for a in step.args]
                first = steps[step.args[0]] if step.args else step
                if step.op in ("mul", "had") and first.op == "neg":
                    # -(A - B)*x is the negative of a product, not a product with B - A
                    args[0] = made[first.args[0]]
                    made.append(build.neg(_MAKERS[step.op](step, args)))
                else:
                    made.append(_MAKERS[step.op](step, args))
        except MatrixCalcError as error:
            if error.span is None:
                error.span = step.node.span
            raise
    return made


def met(steps: Sequence[Step], root: int, made: Sequence[Expr]) -> tuple[Expr, ...]:
    """The parts of the last step as they were written, each divisor as a reciprocal.

    The constructors may drop a part, as in exp(log(a)); its domain is still the function's.
    """
    found: dict[Expr, None] = {}
    seen = {root}
    stack = [root]
    while stack:
        number = stack.pop()
        step = steps[number]
        found[made[number]] = None
        divisors = []
        if step.op in ("mul", "had"):
            pairs = zip(step.value, step.args[1:], strict=True)
            divisors = [made[a] for sign, a in pairs if "/" in sign]
        elif step.op == "solve":
            divisors = [made[step.args[0]]]
        for e in divisors:
            power = build.epower if step.op == "had" else build.power
            found[power(e, MINUS)] = None
        fresh = [a for a in step.args if a not in seen]
        seen.update(fresh)
        stack.extend(fresh)
    return tuple(found)


def _constant(step: Step, shape: Shape, made: list[Expr]) -> Expr:
    if step.op == "eye":
        return build.eye(shape[0])
    return build.mul(made[step.args[0]], build.ones(shape))


def _sum(step: Step, args: list[Expr]) -> Expr:
    terms = [args[0]]
    for sign, term in zip(step.value, args[1:], strict=True):
        terms.append(term if sign == "+" else build.neg(term))
    return build.add(*terms)


def _product(step: Step, args: list[Expr]) -> Expr:
    factors = [args[0]]
    rows, cols = args[0].shape
    for sign, factor in zip(step.value, args[1:], strict=True):
        if factor.is_scalar:
            factors.append(build.power(factor, MINUS) if sign == "/" else factor)
            continue
        if rows.is_one and cols.is_one:
            # x'*y*z is the scalar x'*y times z: products of a scalar do not associate
            factors = [build.mul(*factors), factor]
            rows, cols = factor.shape
        else:
            factors.append(factor)
            cols = factor.cols
    return build.mul(*factors)


def _hadamard(step: Step, args: list[Expr]) -> Expr:
    factors = [args[0]]
    for sign, factor in zip(step.value, args[1:], strict=True):
        factors.append(factor if sign == ".*" else build.epower(factor, MINUS))
    return build.had(*factors)


def _power(step: Step, args: list[Expr]) -> Expr:
    base, exponent = args
    if not base.is_scalar:
        number = exponent.number
        if number is None or number.denominator != 1:
            hint = ""
            if number is not None and number.denominator == 2:
                hint = "write sqrtm(X) for the square root of a matrix"
            raise ParseError(
                "the exponent of a matrix is a whole number, written out",
                span=step.node.span,
                hint=hint,
            )
    return build.power(base, exponent)


def _solve(step: Step, args: list[Expr]) -> Expr:
    if args[0].is_scalar:
        _refuse_command(*step.node.args)
    return build.mul(build.power(args[0], MINUS), args[1])


def _refuse_command(left: Node, right: Node) -> None:
    r"""Refuse a\log(b) for a scalar a: it is a product in LaTeX, and nothing else tells."""
    word = right
    while word.op not in ("name", "call") and word.args:
        word = word.args[0]
    if word.start == left.end + 1 and word.value in COMMANDS:
        raise unclear_sign(word.value, left.end)


_OF_SCALARS = {"expm": "exp", "logm": "log", "sqrtm": "sqrt", "pinv": "inv"}
"""What functions of matrices are for a matrix of one entry."""


def call(name: str, args: Sequence[Expr]) -> Expr:
    """A function of the table applied to arguments that fit its signature."""
    if name == "diag" and args[0].order == 2:
        name = "diagonal"
    if args[0].is_scalar:
        name = _OF_SCALARS.get(name, name)
    row = TABLE[name]
    if not row.definition:
        return make_call(name, tuple(args))
    return _expand(row.definition, row.signature, args)


def _expand(definition: str, types: str, args: Sequence[Expr]) -> Expr:
    """A function that is replaced by its definition; ``A`` and ``B`` are its arguments."""
    steps, constants = _definition(definition)
    values: dict[str, Expr] = {}
    for letter, pattern, arg in zip("AB", signature(types)[0], args, strict=False):
        # a definition in terms of vectors is written for columns
        row = pattern is not None and len(pattern) == 1 and not arg.cols.is_one
        values[letter] = build.transpose(arg) if row else arg
    first = args[0]
    values["rows"], values["cols"] = build.size(first.rows), build.size(first.cols)
    values["size"] = build.size(first.rows * first.cols)
    if constants:
        raise UnsupportedError("a definition with eye, vector or matrix is not supported yet")
    try:
        return realize(steps, values, {})[-1]
    except MatrixCalcError as error:
        # a place in the definition is none in the user's text
        error.span = None
        raise


@lru_cache(maxsize=256)
def _definition(text: str) -> tuple[tuple[Step, ...], bool]:
    program: Program = read(text)
    steps = Steps({})
    statement = program.statements[-1]
    assert statement.right is not None
    steps.add(statement.right)
    return tuple(steps.steps), any(s.op in ("eye", "const") for s in steps.steps)


def forget_definition() -> None:
    """Drop what was read of definitions, after a change of the table."""
    _definition.cache_clear()


_MAKERS: dict[str, Callable[[Step, list[Expr]], Expr]] = {
    "num": lambda step, args: build.num(step.value),
    "size": lambda step, args: build.size(step.value),
    "pi": lambda step, args: build.PI,
    "commutation": lambda step, args: build.commutation(*step.value),
    "sum": _sum,
    "mul": _product,
    "had": _hadamard,
    "solve": _solve,
    "neg": lambda step, args: build.neg(args[0]),
    "pow": _power,
    "epow": lambda step, args: build.epower(*args),
    "T": lambda step, args: build.transpose(args[0]),
    "call": lambda step, args: call(step.value, args),
    "bars": lambda step, args: call("det" if args[0].order == 2 else "abs", args),
    "norm": lambda step, args: call(step.value, args),
    "root": lambda step, args: call("sqrtm" if args[0].order == 2 else "sqrt", args),
    "exponential": lambda step, args: call("expm" if args[0].order == 2 else "exp", args),
}
