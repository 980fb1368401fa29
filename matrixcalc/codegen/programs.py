"""From a function and what is wanted of it to array operations, as a visible list of passes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matrixcalc import build
from matrixcalc.codegen.distribute import distributed
from matrixcalc.codegen.gaps import with_gaps
from matrixcalc.codegen.inverses import with_inverses
from matrixcalc.codegen.lower import Lowering
from matrixcalc.codegen.meanings import written_out
from matrixcalc.codegen.products import product_of
from matrixcalc.codegen.program import Output, Program
from matrixcalc.codegen.stability.centring import centred
from matrixcalc.codegen.stability.forms import differentiable_form
from matrixcalc.codegen.stability.passes import Stabilising
from matrixcalc.codegen.stability.terms import stable_term
from matrixcalc.codegen.structure import operator_of, owning
from matrixcalc.codegen.terms import lower_terms
from matrixcalc.derivative import Derivative
from matrixcalc.derive import check_reading, derivative_of
from matrixcalc.engine import Tensor
from matrixcalc.errors import UnsupportedError
from matrixcalc.expr import Expr, symbols
from matrixcalc.index import Indices, Term
from matrixcalc.layouts import arrange, check_layout
from matrixcalc.problem import Problem, problem_of

_LABELS = ("value", "first derivative", "second derivative")


class Preparation:
    """The passes over expressions before they are lowered."""

    def __init__(self, sizes: Mapping[str, int] | None) -> None:
        self.sizes = sizes
        self.stable = Stabilising()
        self._made: dict[Expr, Expr] = {}

    def of(self, e: Expr) -> Expr:
        """An expression as it is computed: spelled out, stable, cheap sums multiplied out."""
        if e not in self._made:
            stable = self.stable.of(centred(_spelled_out(e)))
            made = distributed(stable, self.sizes)
            # diag(u)*diag(v) is now diag(u.*v), in which u and v may be huge and tiny
            self._made[e] = made if made is stable else self.stable.of(made)
        return self._made[e]

    def of_term(self, t: Term) -> Term:
        """A term whose factors do not overflow; they are prepared one by one later."""
        return stable_term(t.mapped(_spelled_out), self.stable)


def _spelled_out(e: Expr) -> Expr:
    return with_gaps(written_out(e))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One result: its label, and the expression or the terms that are going to be lowered.

    ``whole`` are the expressions whose axes the result has.
    """

    label: str
    formula: Expr | list[Term]
    indices: Indices
    whole: tuple[Expr, ...]

    def parts(self, prepare: Preparation) -> list[Expr]:
        """The expressions in it."""
        if isinstance(self.formula, Expr):
            return [self.formula]
        return [prepare.of(e) for t in self.formula for e, _ in t.factors]

    def lowered(self, lowering: Lowering, prepare: Preparation) -> Output:
        if isinstance(self.formula, Expr):
            return Output(self.label, lowering.lower(self.formula))
        dims = tuple(n for e in self.whole for n in e.shape if not n.is_one)
        if not self.formula:
            return Output(self.label, lowering.builder.make("zeros", dims=dims))
        made = lower_terms(lowering, self.formula, self.indices, dims, prepare.of)
        return Output(self.label, made)


def program_of(
    f: str | Expr,
    wrt: str,
    order: int | Sequence[int],
    vars: Mapping[str, str] | None,
    layout: str,
    sizes: Mapping[str, int] | None,
    structured: str | None,
    dense: bool,
    product: str | None,
) -> Program:
    """The program of a value, a first and a second derivative, a product, or several of them."""
    orders = _orders(order, product)
    check_layout(layout)
    check_reading(structured)
    most = problem_of(f, (wrt,) * max((1, *orders)), vars, structured)
    found = {k: derivative_of(most.by_first(k), layout) for k in orders if k}
    function, target = most.function, most.targets[0]
    prepare, lowering = Preparation(sizes), Lowering(sizes)
    form = differentiable_form(most.source.expr, prepare.stable)
    computed = found
    if form is not most.source.expr:
        most = Problem(most.source._replace(expr=form), most.wrt, most.structured)
        computed = {k: _unlabelled(most.by_first(k), layout) for k in found}
    one = most.by_first(1)
    # a variable that cancels is an argument all the same
    given = [build.sym(name, d.shape) for name, d in one.source.variables.items()]
    variables = [*given, *symbols(function), target]
    wanted = []
    for k in orders:
        if k == 0:
            value = prepare.of(function)
            wanted.append(_Wanted(f"{_LABELS[0]}: {function}", value, Indices(), (function,)))
        else:
            tensor, whole = computed[k].tensor, (function, *(target,) * k)
            label = f"{_LABELS[k]}: {found[k]}"
            wanted.append(_of_tensor(prepare, one, label, tensor, whole, layout))
    if product is not None:
        made = product_of(product, one)
        variables.append(_direction(lowering, made.operand))
        natural = made.tensor.natural
        label = f"{product}, by index terms" if natural is None else f"{product}: {natural}"
        whole = (function if product == "jvp" else target,)
        wanted.append(_of_tensor(prepare, one, label, made.tensor, whole))
    lowering.expect([e for w in wanted for e in w.parts(prepare)])
    # the highest first: what it needs is shared by the others
    rank = [*orders, *([3] if product else [])]
    made_of: dict[int, Output] = {}
    for i in sorted(range(len(wanted)), key=lambda i: -rank[i]):
        w = wanted[i]
        hessian = rank[i] == 2 and not dense
        operator = operator_of(lowering, computed[2], w.formula, prepare.of) if hessian else None
        if operator is None:
            made_of[i] = w.lowered(lowering, prepare)
        else:
            kind, _, formula = w.label.partition(": ")
            made_of[i] = Output(f"{kind}, an operator (@, .solve, .dense()): {formula}", operator)
    results = [made_of[i] for i in range(len(wanted))]
    values = owning(lowering.builder, [o.value for o in results])
    results = [Output(o.label, v) for o, v in zip(results, values, strict=True)]
    said = [f"order {', '.join(map(str, orders))}, {layout} layout"] if orders else []
    said += [product] if product else []
    about = f"{function}, by {one.wrt[0]}: {'; '.join(said)}."
    bundled = not isinstance(order, int)
    return with_inverses(Program.of(about, variables, results, lowering.builder, bundled))


def _unlabelled(problem: Problem, layout: str) -> Derivative:
    """A derivative that is computed and never shown."""
    return Derivative(problem, problem.tensor(), layout)


def _orders(order: int | Sequence[int], product: str | None) -> tuple[int, ...]:
    if product is not None and isinstance(order, int):
        if order not in (1, 2 if product == "hvp" else 1):
            raise UnsupportedError(
                "with a product, the order is a tuple of what comes before it",
                hint=f'order=(0, 1), product="{product}" gives value, derivative and product',
            )
        return ()
    orders = (order,) if isinstance(order, int) else tuple(order)
    if any(not isinstance(k, int) or not 0 <= k <= 2 for k in orders) or not (orders or product):
        raise UnsupportedError("the order is 0, 1 or 2, or a tuple of them")
    return orders


def _of_tensor(
    prepare: Preparation,
    problem: Problem,
    label: str,
    tensor: Tensor,
    whole: tuple[Expr, ...],
    layout: str = "mixed",
) -> _Wanted:
    """A derivative or a product in matrix notation where there is one, else by its terms."""
    if tensor.natural is None:
        terms = [prepare.of_term(problem.restored_term(t)) for t in tensor.terms]
        return _Wanted(label, terms, tensor.indices, whole)
    made = arrange(tensor.natural, layout, sum(tensor.orders[:-1]), tensor.orders[-1])
    return _Wanted(label, prepare.of(made), tensor.indices, whole)


def _direction(lowering: Lowering, operand: Expr) -> Expr:
    """The variable for what a derivative is multiplied with.

    Of a direction that part counts which lies in the space of the variable.
    """
    raw = build.sym(operand.name, operand.shape)
    if operand is not raw:
        lowering.known[operand] = lowering.lower(_in_space(operand, raw))
    return raw


def _in_space(v: Expr, raw: Expr) -> Expr:
    """The part of a matrix that lies in the space of a direction."""
    properties = v.data[1]
    if "diagonal" in properties:
        return build.had(build.eye(v.rows), raw)
    sign = build.MINUS if "skew" in properties else build.UNIT
    return build.mul(build.num(build.HALF), build.add(raw, build.mul(sign, build.transpose(raw))))
