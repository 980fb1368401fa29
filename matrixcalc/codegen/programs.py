"""From a function and what is wanted of it to array operations, as a visible list of passes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from matrixcalc.codegen.distribute import distributed
from matrixcalc.codegen.ir import Value
from matrixcalc.codegen.lower import Lowering
from matrixcalc.codegen.products import PRODUCTS, hvp_of, jvp_of, vjp_of
from matrixcalc.codegen.program import Output, Program
from matrixcalc.codegen.stable import stabilised
from matrixcalc.codegen.terms import lower_terms
from matrixcalc.derivative import Derivative
from matrixcalc.derive import derive
from matrixcalc.errors import UnsupportedError
from matrixcalc.expr import Expr, symbols
from matrixcalc.layouts import arrange

_LABELS = ("value", "first derivative", "second derivative")


@lru_cache(maxsize=64)
def prepared(e: Expr) -> Expr:
    """An expression as it is computed: stable, and cheap sums multiplied out."""
    return distributed(stabilised(e))


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
    found: dict[int, Derivative] = {}
    for k in sorted({max(k, 1) for k in orders}):
        found[k] = derive(
            f, *(wrt,) * k, vars=vars, layout=layout, verify=False, structured=structured
        )
    one = next(iter(found.values()))
    lowering.expect([e for k in orders for e in _formulas(one if k == 0 else found[k], k, layout)])
    made: dict[int, Output] = {}
    # the highest first: what it needs is shared by the others
    for k in sorted(set(orders), reverse=True):
        if k:
            value = _derivative(lowering, found[k], layout)
            made[k] = Output(f"{_LABELS[k]}: {found[k]}", value)
        else:
            made[k] = Output(f"value: {one.function}", lowering.lower(prepared(one.function)))
    outputs = [made[k] for k in orders]
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
    output = Output(f"{product}: {formula}", lowering.lower(prepared(formula)))
    variables = (*symbols(d.function), *d.targets, *symbols(formula))
    return Program.of(f"{d.function}, by {wrt}: {product}.", variables, [output], lowering.builder)


def _orders(order: int | Sequence[int]) -> tuple[int, ...]:
    orders = (order,) if isinstance(order, int) else tuple(order)
    if not orders or any(not isinstance(k, int) or not 0 <= k <= 2 for k in orders):
        raise UnsupportedError("the order is 0, 1 or 2, or a tuple of them")
    return orders


def _formulas(d: Derivative, order: int, layout: str) -> list[Expr]:
    """All that is going to be lowered for a value or a derivative."""
    if order == 0:
        return [prepared(d.function)]
    if d.tensor.natural is None:
        return [prepared(e) for t in d.tensor.terms for e, _ in t.factors]
    last = (sum(d.tensor.orders[:-1]), d.tensor.orders[-1])
    return [prepared(arrange(d.tensor.natural, layout, *last))]


def _derivative(lowering: Lowering, d: Derivative, layout: str) -> Value:
    tensor = d.tensor
    if tensor.natural is not None:
        return lowering.lower(_formulas(d, 1, layout)[0])
    whole = (d.function, *d.targets)
    dims = tuple(n for e in whole for n in e.shape if not n.is_one)
    return lower_terms(lowering, tensor.terms, tensor.indices, dims, prepared)
