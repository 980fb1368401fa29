"""What a claim asks: the two sides typed, and the layouts in which the right one may be read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from matrixcalc import build, engine
from matrixcalc.checks.text import ClaimText
from matrixcalc.claims import Place
from matrixcalc.derivative import Derivative
from matrixcalc.differentials import Differential
from matrixcalc.dims import Shape
from matrixcalc.errors import MatrixCalcError, ShapeError
from matrixcalc.expr import Expr
from matrixcalc.infer import infer
from matrixcalc.layouts import arrange
from matrixcalc.operators import SPELLINGS, TABLE
from matrixcalc.syntax import EquationNode, Node, Program

STEP = "ε"
"""The name of the scalar that a differential is the derivative by."""


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
    _ours: dict[str | None, Expr | None] = field(default_factory=dict)

    def ours(self, layout: str | None) -> Expr | None:
        """Our answer in a layout; None where matrix notation has none."""
        if isinstance(self.answer, Derivative):
            if layout not in self._ours:
                self._ours[layout] = self._in(layout)
            return self._ours[layout]
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


def program_of(program: Program, text: str, root: Node) -> Program:
    last = EquationNode(None, root, root.span)
    return replace(program, text=text, statements=[*program.statements, last])


def read_side(
    layout: str | None,
    shape: Shape,
    place: Place,
    program: Program,
    claim: ClaimText,
    declared: dict[str, str],
) -> Reading:
    try:
        made = infer(program_of(program, claim.text, claim.right), declared, (), shape).expr
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
    return "×".join(f"({d})" if "*" in str(d) else str(d) for d in shape)

_ENTRYWISE = ("had", "epow")


def lone_scalar(claim: ClaimText, program: Program, declared: dict[str, str], shape: Shape) -> str:
    """A scalar term that stands beside matrix products in the right side, or ""."""
    node = claim.right
    while node.op in ("group", "pos", "neg"):
        node = node.args[0]
    if node.op != "sum" or (shape[0].is_one and shape[1].is_one):
        return ""
    scalars: list[str] = []
    entrywise = True
    for term in node.args:
        try:
            made = infer(program_of(program, claim.text, term), declared).expr
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
