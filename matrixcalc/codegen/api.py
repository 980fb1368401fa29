"""``compile`` and ``code``: from the text of a function to a function that runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matrixcalc import build, engine
from matrixcalc.codegen.distribute import distributed
from matrixcalc.codegen.ir import Value
from matrixcalc.codegen.lower import Lowering
from matrixcalc.codegen.stable import stabilised
from matrixcalc.codegen.terms import lower_terms
from matrixcalc.codegen.writer import Writer
from matrixcalc.derivative import Derivative
from matrixcalc.derive import derive
from matrixcalc.errors import ParseError, UnsupportedError
from matrixcalc.expr import Expr, symbols
from matrixcalc.forward import differential
from matrixcalc.layouts import arrange

TARGETS = ("numpy",)
_LABELS = ("value", "first derivative", "second derivative")


def _prepare(e: Expr) -> Expr:
    return distributed(stabilised(e))


def _orders(order: int | Sequence[int]) -> tuple[int, ...]:
    orders = (order,) if isinstance(order, int) else tuple(order)
    if not orders or any(not isinstance(k, int) or not 0 <= k <= 2 for k in orders):
        raise UnsupportedError("the order is 0, 1 or 2, or a tuple of them")
    return orders


def _target(target: str) -> None:
    if target not in TARGETS:
        raise UnsupportedError(
            f"no target {target!r}", hint=f"the targets are {', '.join(TARGETS)}"
        )


def _output(lowering: Lowering, d: Derivative, layout: str) -> Value:
    tensor = d.tensor
    if tensor.natural is not None:
        last = (sum(tensor.orders[:-1]), tensor.orders[-1])
        return lowering.lower(_prepare(arrange(tensor.natural, layout, *last)))
    whole = (d.function, *d.problem.targets)
    dims = tuple(n for e in whole for n in e.shape if not n.is_one)
    return lower_terms(lowering, tensor.terms, tensor.indices, dims, _prepare)


def code(
    f: str | Expr,
    wrt: str,
    order: int | Sequence[int] = 1,
    target: str = "numpy",
    vars: Mapping[str, str] | None = None,
    layout: str = "mixed",
    sizes: Mapping[str, int] | None = None,
    structured: str | None = None,
) -> str:
    """The source of one function that computes a derivative.

    Args:
        f: text of the input language, or an expression. wrt: the variable.
        order: 0 the value, 1, 2, or a tuple of them, computed with all common work shared.
        target: what it is written for; ``"numpy"`` uses SciPy's BLAS and LAPACK too.
        vars, layout, structured: as for ``derive``; a derivative with more than two axes
            has the axes of the function first, then those of the variable.
        sizes: hints for dimensions, which decide the order of multiplication.

    Raises:
        As ``derive``; UnsupportedError for an order or a target that there is not.

    >>> "np.dot(A, x)" in code("x'*A*x", "x")
    True
    """
    return _written(f, wrt, order, target, vars, layout, sizes, structured)[0]


def _written(
    f: str | Expr,
    wrt: str,
    order: int | Sequence[int],
    target: str,
    vars: Mapping[str, str] | None,
    layout: str,
    sizes: Mapping[str, int] | None,
    structured: str | None,
) -> tuple[str, Writer]:
    _target(target)
    orders = _orders(order)
    lowering = Lowering(sizes)
    found: dict[int, Derivative] = {}
    for k in sorted({max(k, 1) for k in orders}):
        found[k] = derive(
            f, *(wrt,) * k, vars=vars, layout=layout, verify=False, structured=structured
        )
    one = next(iter(found.values()))
    outputs: dict[str, Value] = {}
    for k in orders:
        made = lowering.lower(_prepare(one.function)) if k == 0 else _output(
            lowering, found[k], layout
        )
        outputs[f"{_LABELS[k]}: {found[k] if k else one.function}"] = made
    variables = list({e.name: e for e in (*symbols(one.function), *one.problem.targets)}.values())
    text = f"{one.function}, by {wrt}: order {', '.join(map(str, orders))}, {layout} layout."
    return _assembled(variables, outputs, text)


def _assembled(
    variables: Sequence[Expr], outputs: Mapping[str, Value], text: str
) -> tuple[str, Writer]:
    writer = Writer(variables)
    writer.checks(variables)
    writer.compute(outputs)
    writer.result(outputs)
    rows = [f"    {writer.arguments[e.name]}: {e.kind}, {e.rows}×{e.cols}" for e in
            sorted(variables, key=lambda e: e.name)]
    returned = "\n".join(f"    {label}" for label in outputs)
    doc = f"{text}\n\nArguments:\n" + "\n".join(rows) + f"\n\nReturns:\n{returned}"
    return writer.source("function", doc), writer


def _loaded(source: str, writer: Writer) -> Callable[..., Any]:
    # The text is our own: see names.py for the only part of it that a user chose.
    scope: dict[str, Any] = {}
    exec(source, scope)
    made: Callable[..., Any] = scope["function"]
    renamed = {k: v for k, v in writer.arguments.items() if k != v}
    if not renamed:
        return made

    def call(*args: Any, **values: Any) -> Any:
        return made(*args, **{renamed.get(k, k): v for k, v in values.items()})

    call.__doc__ = made.__doc__
    return call


def compile(
    f: str | Expr,
    wrt: str,
    order: int | Sequence[int] = 1,
    target: str = "numpy",
    vars: Mapping[str, str] | None = None,
    layout: str = "mixed",
    sizes: Mapping[str, int] | None = None,
    structured: str | None = None,
) -> Callable[..., Any]:
    """A function that computes a derivative, called by name or in sorted order.

    Arguments and errors as for :func:`code`. Vectors are arrays with one axis; a tuple of
    orders gives a tuple of results.

    >>> g = compile("x'*x", "x")
    >>> g(x=[1.0, 2.0]).tolist()
    [2.0, 4.0]
    """
    return _loaded(*_written(f, wrt, order, target, vars, layout, sizes, structured))


def code_hvp(
    f: str | Expr,
    wrt: str,
    target: str = "numpy",
    vars: Mapping[str, str] | None = None,
    sizes: Mapping[str, int] | None = None,
) -> str:
    """The source of the Hessian-vector product of :func:`hvp`.

    >>> "def function(A, v, x):" in code_hvp("x'*A*x", "x")
    True
    """
    return _product(f, wrt, target, vars, sizes)[0]


def compile_hvp(
    f: str | Expr,
    wrt: str,
    target: str = "numpy",
    vars: Mapping[str, str] | None = None,
    sizes: Mapping[str, int] | None = None,
) -> Callable[..., Any]:
    """The Hessian-vector product of :func:`hvp` as a function.

    >>> compile_hvp("x'*x", "x")(v=[1.0, 0.0], x=[5.0, 6.0]).tolist()
    [2.0, 0.0]
    """
    return _loaded(*_product(f, wrt, target, vars, sizes))


def _product(
    f: str | Expr,
    wrt: str,
    target: str,
    vars: Mapping[str, str] | None,
    sizes: Mapping[str, int] | None,
) -> tuple[str, Writer]:
    _target(target)
    d = derive(f, wrt, vars=vars, verify=False, layout="mixed")
    formula = hvp(f, wrt, vars)
    x = d.problem.targets[0]
    used = {e.name: e for e in (*symbols(d.function), x, _direction(d, x))}
    label = {f"Hessian times v: {formula}": Lowering(sizes).lower(_prepare(formula))}
    return _assembled(list(used.values()), label, f"{d.function}, by {wrt}: Hessian times v.")


def _direction(d: Derivative, shape_of: Expr) -> Expr:
    taken = set(d.variables)
    names = ("v", *(f"v_{k}" for k in range(1, 99)))
    return build.sym(next(n for n in names if n not in taken), shape_of.shape)


def jvp(f: str | Expr, wrt: str, vars: Mapping[str, str] | None = None) -> Expr:
    """The Jacobian times a direction ``v`` in the shape of the variable, as a formula.

    >>> jvp("A*exp(x)", "x")
    A*(exp(x).*v)
    """
    d = derive(f, wrt, vars=vars, verify=False)
    x = d.problem.targets[0]
    return engine.finish(differential(d.function, {x: _direction(d, x)}))


def vjp(f: str | Expr, wrt: str, vars: Mapping[str, str] | None = None) -> Expr:
    """An upstream gradient ``G`` times the Jacobian, in the shape of the variable.

    >>> vjp("W*x", "W")
    G*x'
    """
    made = derive(f, wrt, vars=vars, verify=False).problem.backpropagated()
    if made is None:
        raise UnsupportedError("this product with an upstream gradient has no matrix notation")
    return made


def hvp(f: str | Expr, wrt: str, vars: Mapping[str, str] | None = None) -> Expr:
    """The Hessian of a scalar times a direction ``v``, without the Hessian.

    >>> hvp("norm2(T - U*V')^2", "U")
    2*v*V'*V
    """
    d = derive(f, wrt, vars=vars, verify=False, layout="mixed")
    if not d.function.is_scalar or d.tensor.natural is None:
        raise ParseError("a Hessian is of a scalar")
    x = d.problem.targets[0]
    return engine.finish(differential(d.tensor.natural, {x: _direction(d, x)}))
