"""There is code for every function of the rule table, and for those that users add."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import numpy
import pytest

from matrixcalc import build
from matrixcalc.calls import make_call
from matrixcalc.codegen.api import code, compile
from matrixcalc.derive import derive
from matrixcalc.dims import ONE, SCALAR, Dim, Shape
from matrixcalc.errors import UnsupportedError
from matrixcalc.expr import Expr
from matrixcalc.operators import TABLE
from matrixcalc.registration import register, unregister

N, M, P, Q = (Dim.named(name) for name in "nmpq")
SIZES = {"n": 3, "m": 2, "p": 4, "q": 5}
SHAPES: dict[str, tuple[Shape, ...]] = {
    "any": (SCALAR, (N, ONE), (ONE, N), (N, M)),
    "[]": (SCALAR,),
    "[n]": ((N, ONE), (ONE, N)),
    "[m]": ((M, ONE),),
    "[n,m]": ((N, M),),
    "[p,q]": ((P, Q),),
    "[n,n]": ((N, N),),
}
VALUE_ONLY = {"expm_jacobian", "logm_jacobian", "sqrtm_jacobian"}
DEFINED = [row.name for row in TABLE.values() if row.definition]


def calls() -> Iterator[tuple[str, tuple[Expr, ...]]]:
    """Each function of the table with arguments of each kind that it takes."""
    for row in TABLE.values():
        if row.definition:
            continue
        first, *rest = row.signature.partition(" -> ")[0].split(", ")
        others = tuple(build.sym("B", SHAPES[r][0]) for r in rest)
        for shape in SHAPES[first]:
            yield row.name, (build.sym("A", shape), *others)


def drawn(e: Expr, sample: str) -> Any:
    seed = zlib.crc32(str(e.shape).encode())
    shape = [d.value(SIZES) for d in e.shape if not d.is_one]
    x = numpy.random.default_rng(seed).uniform(0.15, 0.85, shape)
    if sample == "spd":
        return x @ x.T + numpy.diag(1.0 + numpy.arange(len(x)))
    signs = numpy.where(numpy.arange(x.size).reshape(x.shape) % 2, -1.0, 1.0)
    return x if sample else x * signs


def agree(found: Any, true: Any) -> None:
    numpy.testing.assert_allclose(found, true, rtol=1e-9, atol=1e-11)


CALLS = list(calls())


@pytest.mark.parametrize(
    ("name", "args"), CALLS, ids=[f"{name}-{args[0].kind}" for name, args in CALLS]
)
def test_every_function_has_code(name: str, args: tuple[Expr, ...]) -> None:
    f = make_call(name, args)
    values = {e.name: drawn(e, TABLE[name].sample if e.name == "A" else "") for e in args}
    if name.endswith("_frechet"):
        values["A"] = drawn(args[0], "spd")
    wrt = args[1].name if name.endswith("_frechet") else "A"
    if name in VALUE_ONLY:
        with pytest.raises(UnsupportedError, match="derivative"):
            derive(f, wrt, verify=False)
        # its value is the derivative of the function itself
        plain = derive(make_call(name.removesuffix("_jacobian"), args), wrt, verify=False)
        agree(compile(f, wrt, 0)(**values), plain.evaluate(values))
        return
    d = derive(f, wrt, verify=False)
    value, derivative = compile(f, wrt, (0, 1))(**values)
    agree(value, d.value(values))
    agree(derivative, d.as_tensor(values))
    v = drawn(build.sym("v", d.targets[0].shape), "")
    agree(
        compile(f, wrt, product="jvp")(**values, v=v),
        numpy.tensordot(d.as_tensor(values), v, v.ndim),
    )


@pytest.mark.parametrize("name", DEFINED)
def test_a_defined_function_is_its_definition(name: str) -> None:
    row = TABLE[name]
    text = (row.spelled or f"{name}({{A}})").format(A="A")
    argument = "matrix(n, n)" if row.signature.startswith("[n,n]") else "matrix(n, m)"
    if row.signature.startswith("[n]"):
        text, argument = f"{name}(A, B)", "vector(n)"
    declared = {"A": argument, **({"B": "vector(n)"} if "B" in text else {})}
    d = derive(text, "A", vars=declared, verify=False)
    shape = d.targets[0].shape
    values = {"A": drawn(build.sym("A", shape), "spd" if name == "inv" else "positive")}
    if "B" in declared:
        values["B"] = drawn(build.sym("B", shape), "")
    value, derivative = compile(text, "A", (0, 1), vars=declared)(**values)
    agree(value, d.value(values))
    agree(derivative, d.as_tensor(values))


# what would run if the text of a row were pasted into the code
EVIL = '"""\nraise SystemExit("text of a registered function was run")\n"""'


@pytest.fixture
def added() -> Iterator[None]:
    register(
        "swish", differential="(sigmoid(A) + A.*sigmoid(A).*(1 - sigmoid(A))).*dA",
        meaning="A.*sigmoid(A)", source=EVIL, where="{A} any",
    )
    register(
        "wiggle", differential="cos(swish(A)).*(swish(A)./A + swish(A).*sigmoid(-A)).*dA",
        meaning="sin(swish(A))", source=EVIL, where="{A} nonzero",
    )
    register(
        "spread", "[n] -> []", differential="2*sum((A - mean(A)).*dA)",
        meaning="sum((A - mean(A)).^2)", source=EVIL,
    )
    register(
        "centred", "[n] -> same", differential="dA - mean(dA)", meaning="A - mean(A)",
        latex=r"\operatorname{{c}}({A})", source=EVIL,
    )
    register(
        "gram_trace", "[n,m] -> []", differential="2*tr(A'*dA)", meaning="tr(A'*A)", source=EVIL,
    )
    yield
    for name in ("gram_trace", "centred", "spread", "wiggle", "swish"):
        unregister(name)


@pytest.mark.usefixtures("added")
@pytest.mark.parametrize(("text", "x"), [
    ("sum(swish(W*x))", "x"),
    ("swish(x)", "x"),
    ("norm2(swish(W*x) - y)^2", "W"),
    ("sum(wiggle(W*x).*y)", "x"),
    ("spread(W*x)", "x"),
    ("spread(swish(x)')*x'*y", "x"),
    ("centred(W*x)", "x"),
    ("norm2(centred(exp(x)))^2", "x"),
    ("gram_trace(W*X)", "X"),
])
def test_registered_functions_are_written_out(text: str, x: str) -> None:
    d = derive(text, x, verify=False)
    values = {name: drawn(build.sym(name, v.shape), "") for name, v in d.variables.items()}
    orders = (0, 1, 2) if d.function.is_scalar else (0, 1)
    made = compile(text, x, orders)(**values)
    agree(made[0], d.value(values))
    agree(made[1], d.as_tensor(values))
    v = drawn(build.sym("v", d.targets[0].shape), "positive")
    if d.function.is_scalar:
        second = derive(text, x, x, verify=False).as_tensor(values)
        agree(made[2], second)
        agree(compile(text, x, product="hvp")(**values, v=v), numpy.tensordot(second, v, v.ndim))
    source = code(text, x, orders)
    assert "SystemExit" not in source
    body = "\n".join(
        line for line in source.rpartition('"""')[2].splitlines() if "#" not in line
    )
    for name in ("swish", "wiggle", "spread", "centred", "gram_trace"):
        assert f"{name}(" not in body


def test_a_function_that_is_registered_anew_has_its_new_meaning() -> None:
    for factor in (2, 3):
        register("scaled", differential=f"{factor}*dA", meaning=f"{factor}*A")
        try:
            assert compile("sum(scaled(x))", "x", 0)(x=[1.0, 4.0]) == 5 * factor
        finally:
            unregister("scaled")
