"""From a function and what is wanted of it to array operations, as a visible list of passes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matrixcalc import build
from matrixcalc.codegen.distribute import distributed
from matrixcalc.codegen.ir import Value
from matrixcalc.codegen.lower import Lowering
from matrixcalc.codegen.meanings import written_out
from matrixcalc.codegen.products import Product, product_of
from matrixcalc.codegen.program import Output, Program
from matrixcalc.codegen.stable import stabilised
from matrixcalc.codegen.terms import lower_terms
from matrixcalc.derivative import Derivative
from matrixcalc.derive import check_reading, derive
from matrixcalc.engine import Tensor
from matrixcalc.errors import UnsupportedError
from matrixcalc.expr import Expr, symbols
from matrixcalc.layouts import arrange
from matrixcalc.problem import Problem, problem_of

_LABELS = ("value", "first derivative", "second derivative")


def prepared(e: Expr) -> Expr:
    """An expression as it is computed: spelled out, stable, and cheap sums multiplied out."""
    return distributed(stabilised(written_out(e)))


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
    check_reading(structured)
    lowering = Lowering(sizes)
    outputs = []
    found: dict[int, Derivative] = {}
    for k in sorted({k for k in orders if k}):
        found[k] = derive(
            f, *(wrt,) * k, vars=vars, layout=layout, verify=False, structured=structured
        )
    one = found[min(found)].problem if found else problem_of(f, (wrt,), vars, structured)
    variables = [*symbols(one.function), *one.targets]
    about = f"{one.function}, by {one.wrt[0]}: "
    wanted = []
    for k in orders:
        if k:
            d = found[k]
            outputs.append(Output(f"{_LABELS[k]}: {d}", _derivative(lowering, d, layout)))
        else:
            value = lowering.lower(prepared(one.function))
            outputs.append(Output(f"value: {one.function}", value))
    if orders:
        wanted.append(f"order {', '.join(map(str, orders))}, {layout} layout")
    if product is not None:
        made = product_of(product, one, found[1].tensor if 1 in found else None)
        raw = build.sym(made.operand.name, made.operand.shape)
        variables.append(raw)
        outputs.append(_product(lowering, product, made, one, raw))
        wanted.append(product)
    return Program.of(about + "; ".join(wanted) + ".", variables, outputs, lowering.builder)


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


def _derivative(lowering: Lowering, d: Derivative, layout: str) -> Value:
    tensor = d.tensor
    if tensor.natural is not None:
        last = (sum(tensor.orders[:-1]), tensor.orders[-1])
        return lowering.lower(prepared(arrange(tensor.natural, layout, *last)))
    return _by_terms(lowering, d.problem, tensor, (d.function, *d.targets))


def _product(
    lowering: Lowering, name: str, product: Product, problem: Problem, raw: Expr
) -> Output:
    """A product; of a direction, that part counts which lies in the variable's space."""
    operand, tensor = product.operand, product.tensor
    if operand is not raw:
        lowering.known[operand] = lowering.lower(_in_space(operand, raw))
    whole = problem.function if name == "jvp" else problem.targets[0]
    if tensor.natural is None:
        return Output(f"{name}, by index terms", _by_terms(lowering, problem, tensor, (whole,)))
    return Output(f"{name}: {tensor.natural}", lowering.lower(prepared(tensor.natural)))


def _in_space(v: Expr, raw: Expr) -> Expr:
    """The part of a matrix that lies in the space of a direction."""
    properties = v.data[1]
    if "diagonal" in properties:
        return build.had(build.eye(v.rows), raw)
    sign = build.MINUS if "skew" in properties else build.UNIT
    return build.mul(build.num(build.HALF), build.add(raw, build.mul(sign, build.transpose(raw))))


def _by_terms(
    lowering: Lowering, problem: Problem, tensor: Tensor, whole: Sequence[Expr]
) -> Value:
    """A tensor that only its index form says; ``whole`` are those whose axes it has."""
    terms = [problem.restored_term(t) for t in tensor.terms]
    dims = tuple(n for e in whole for n in e.shape if not n.is_one)
    if not terms:
        return lowering.builder.make("zeros", dims=dims)
    return lower_terms(lowering, terms, tensor.indices, dims, prepared)
