"""From a function and what is wanted of it to array operations, as a visible list of passes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matrixcalc.codegen.distribute import distributed
from matrixcalc.codegen.ir import Value
from matrixcalc.codegen.lower import Lowering
from matrixcalc.codegen.products import PRODUCTS, hvp_of, jvp_of, vjp_of
from matrixcalc.codegen.program import Output, Program
from matrixcalc.codegen.stable import Stabilising
from matrixcalc.codegen.stable_terms import stable_term
from matrixcalc.codegen.structure import operator_of, owning
from matrixcalc.codegen.terms import lower_terms
from matrixcalc.derivative import Derivative
from matrixcalc.derive import derive
from matrixcalc.errors import UnsupportedError
from matrixcalc.expr import Expr, symbols
from matrixcalc.index import Term
from matrixcalc.layouts import arrange
from matrixcalc.templates import substitute

_LABELS = ("value", "first derivative", "second derivative")


class Preparation:
    """The passes over expressions before they are lowered."""

    def __init__(self, sizes: Mapping[str, int] | None) -> None:
        self.sizes = sizes
        self.stable = Stabilising()
        self._made: dict[Expr, Expr] = {}

    def of(self, e: Expr) -> Expr:
        """An expression as it is computed: stable, and cheap sums multiplied out."""
        if e not in self._made:
            self._made[e] = distributed(self.stable.of(e), self.sizes)
        return self._made[e]


def derivative_program(
    f: str | Expr,
    wrt: str,
    order: int | Sequence[int],
    vars: Mapping[str, str] | None,
    layout: str,
    sizes: Mapping[str, int] | None,
    structured: str | None,
    dense: bool,
) -> Program:
    """The program of a value, a first and a second derivative, or several of them."""
    orders = _orders(order)
    lowering = Lowering(sizes)
    prepare = Preparation(sizes)
    found: dict[int, Derivative] = {}
    for k in sorted({max(k, 1) for k in orders}):
        found[k] = derive(
            f, *(wrt,) * k, vars=vars, layout=layout, verify=False, structured=structured
        )
    one = next(iter(found.values()))
    wanted = {k: _formula(prepare, one if k == 0 else found[k], k, layout) for k in orders}
    lowering.expect([e for made in wanted.values() for e in _parts(made, prepare)])
    made: dict[int, Output] = {}
    # the highest first: what it needs is shared by the others
    for k in sorted(wanted, reverse=True):
        d = found.get(k, one)
        operator = None if dense or k < 2 else operator_of(lowering, d, wanted[k], prepare.of)
        kind = f"{_LABELS[k]}, an operator (@, .solve, .dense())" if operator else _LABELS[k]
        value = operator or _lowered(wanted[k], lowering, prepare, d)
        made[k] = Output(f"{kind}: {d if k else one.function}", value)
    values = owning(lowering.builder, [made[k].value for k in orders])
    outputs = [Output(made[k].label, v) for k, v in zip(orders, values, strict=True)]
    about = f"{one.function}, by {wrt}: order {', '.join(map(str, orders))}, {layout} layout."
    variables = (*symbols(one.function), *one.targets)
    return Program.of(about, variables, outputs, lowering.builder)


def product_program(
    f: str | Expr,
    wrt: str,
    product: str,
    vars: Mapping[str, str] | None,
    sizes: Mapping[str, int] | None,
    structured: str | None,
) -> Program:
    """The program of a Jacobian- or Hessian-vector product."""
    if product not in PRODUCTS:
        raise UnsupportedError(
            f"no product {product!r}", hint=f"the products are {', '.join(PRODUCTS)}"
        )
    d = derive(f, wrt, vars=vars, verify=False, layout="mixed", structured=structured)
    formula = {"jvp": jvp_of, "vjp": vjp_of, "hvp": hvp_of}[product](d)
    lowering = Lowering(sizes)
    output = Output(f"{product}: {formula}", lowering.lower(Preparation(sizes).of(formula)))
    variables = (*symbols(d.function), *d.targets, *symbols(formula))
    return Program.of(f"{d.function}, by {wrt}: {product}.", variables, [output], lowering.builder)


def _orders(order: int | Sequence[int]) -> tuple[int, ...]:
    orders = (order,) if isinstance(order, int) else tuple(order)
    if not orders or any(not isinstance(k, int) or not 0 <= k <= 2 for k in orders):
        raise UnsupportedError("the order is 0, 1 or 2, or a tuple of them")
    return orders


def _formula(prepare: Preparation, d: Derivative, order: int, layout: str) -> Expr | list[Term]:
    """A value or a derivative as an expression or as the terms of its index form."""
    tensor = d.tensor
    if order == 0:
        return prepare.of(d.function)
    if tensor.natural is None:
        return [stable_term(_restored(t, d.problem.back), prepare.stable) for t in tensor.terms]
    last = (sum(tensor.orders[:-1]), tensor.orders[-1])
    return prepare.of(arrange(tensor.natural, layout, *last))


def _restored(t: Term, back: dict[Expr, Expr]) -> Term:
    """A term in which the variables have their properties again."""
    if not back:
        return t
    factors = tuple((substitute(e, back), axes) for e, axes in t.factors)
    return Term(tuple(substitute(s, back) for s in t.scalars), factors, t.free)


def _parts(formula: Expr | list[Term], prepare: Preparation) -> list[Expr]:
    """The expressions that are going to be lowered."""
    if isinstance(formula, Expr):
        return [formula]
    return [prepare.of(e) for t in formula for e, _ in t.factors]


def _lowered(
    formula: Expr | list[Term], lowering: Lowering, prepare: Preparation, d: Derivative
) -> Value:
    if isinstance(formula, Expr):
        return lowering.lower(formula)
    dims = tuple(n for e in (d.function, *d.targets) for n in e.shape if not n.is_one)
    return lower_terms(lowering, formula, d.tensor.indices, dims, prepare.of)
