"""Programs that together use all operations of generated code, with values to run them on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy

from matrixcalc.codegen.api import code
from matrixcalc.codegen.program import Program
from matrixcalc.codegen.programs import program_of
from matrixcalc.derive import derive
from matrixcalc.numeric import evaluate
from matrixcalc.values import named

SIZES = {"n": 3, "m": 4, "p": 2, "q": 5, "k": 6, "l": 7, "end": 3, "for": 2}


@dataclass(frozen=True)
class Example:
    """A function, its variable, the orders, and declarations.

    ``positive`` are definite; the dimensions ``long`` must be greater than 1.
    """

    name: str
    expression: str
    wrt: str
    order: int | tuple[int, ...] = (0, 1)
    vars: Mapping[str, str] = field(default_factory=dict)
    positive: Sequence[str] = ()
    product: str | None = None
    long: Sequence[str] = ()

    @property
    def orders(self) -> tuple[int, ...]:
        return (self.order,) if isinstance(self.order, int) else self.order

    @property
    def ones(self) -> list[str]:
        """The dimensions that may be 1 when it runs, and none."""
        d = derive(self.expression, self.wrt, vars=dict(self.vars), verify=False)
        names = {n for e in d.variables.values() for dim in e.shape for n in dim.names}
        return ["", *sorted(names.difference(self.long))]

    def program(self) -> Program:
        """Its operations."""
        return program_of(
            self.expression, self.wrt, self.order, dict(self.vars), "mixed", None, None, True,
            self.product or None,
        )

    def source(self, target: str) -> str:
        """The code for a target."""
        return code(
            self.expression, self.wrt, self.order, target, vars=dict(self.vars),
            product=self.product, dense=True,
        )

    def values(self, seed: int = 0, one: str = "") -> dict[str, Any]:
        """Random values, vectors with one axis, in sorted order.

        All sizes differ; that of the dimension ``one`` is 1.
        """
        rng = numpy.random.default_rng(seed)
        made: dict[str, Any] = {}
        d = derive(self.expression, self.wrt, vars=dict(self.vars), verify=False)
        names = {n for e in d.variables.values() for dim in e.shape for n in dim.names}
        sizes = {n: 1 if n == one else SIZES[n] for n in names}
        variables = d.variables
        if self.product:
            variables = {**variables, "v": variables[self.wrt]}
        for name, e in sorted(variables.items()):
            shape = [dim.value(sizes) for dim in e.shape if not dim.is_one]
            value = rng.uniform(0.1, 0.9, shape)
            if len(shape) == 2:
                value = value * rng.choice([-1, 1], shape)
            if name in self.positive:
                value = value @ value.T + numpy.eye(shape[0])
            if "symmetric" in self.vars.get(name, "").split():
                value = value + value.T
            made[name] = value if shape else float(value)
        return made

    def results(self, values: Mapping[str, Any]) -> list[Any]:
        """What the engine says, by order, computed entry by entry without generated code."""
        made: list[Any] = []
        if self.product:
            twice = derive(self.expression, self.wrt, self.wrt, vars=dict(self.vars), verify=False)
            inner = {n: v for n, v in values.items() if n != "v"}
            return [numpy.tensordot(twice.as_tensor(inner), values["v"], numpy.ndim(values["v"]))]
        for k in self.orders:
            d = derive(
                self.expression, *(self.wrt,) * max(k, 1), vars=dict(self.vars), verify=False
            )
            if k:
                made.append(d.as_tensor(values))
                continue
            axes = [dim for dim in d.function.shape if not dim.is_one]
            value = evaluate(d.function, named(values))
            made.append(value.reshape(-1) if len(axes) == 1 else value)
        return made


_E = Example
_SQUARE = {"X": "matrix(n, n)", "a": "vector(n)", "b": "vector(n)"}
EXAMPLES = (
    _E("quadratic", "0.5*x'*A*x", "x", (0, 1, 2)),
    _E("symmetric", "0.5*x'*A*x", "x", (0, 1, 2), {"A": "matrix(n, n) symmetric"}),
    _E("logistic", "sum(log(exp(-y.*(X*w)) + vector(1)))", "w", (0, 1, 2)),
    _E("factorisation", "norm2(T - U*V')^2", "U", (0, 1, 2)),
    _E("gaussian", "0.5*logdet(S) + 0.5*(x - m)'*inv(S)*(x - m)", "S", (0, 1),
       {"S": "matrix(n, n) positive_definite", "x": "vector(n)", "m": "vector(n)"}, ("S",)),
    _E("inverse", "logdet(X) + a'*inv(X)*b", "X", (0, 1, 2), _SQUARE),
    _E("solution", "inv(X)*B", "X", (0, 1), {"X": "matrix(n, n)", "B": "matrix(n, m)"}),
    _E("gram", "logdet(X'*X)", "X", (0, 1), {"X": "matrix(q, n)"}, long="q"),
    _E("softmax", "softmax(A*x)", "x", (0, 1)),
    _E("log_softmax", "y'*log_softmax(A*x) + logsumexp(x)", "x", (0, 1, 2)),
    _E("softmax_rest", "sum(softmax(x).*(1 - softmax(x)))", "x", (0, 1, 2)),
    _E("centred", "y'*softmax(A*x) + logsumexp(A*x)", "x", (0, 1, 2)),
    _E("softmax_jacobian", "logsumexp(x)", "x", (0, 1, 2)),
    _E("near", "sum(exp(x) - x) + sum((exp(x) - 1)./x)", "x", (0, 1, 2)),
    _E("near_numbers", "x/(exp(x) - 1) + log(log(1 + exp(x)))", "x", (0, 1, 2), {"x": "scalar"}),
    _E("columns", "sum(log(sum(exp(X), 1)))", "X"),
    _E("columns_themselves", "log(sum(exp(X), 1))", "X"),
    _E("softmax_rows", "sum(sum((exp(X)./(sum(exp(X), 2)*vector(1)')).*Y))", "X"),
    _E("log_softmax_rows", "sum(log(exp(X)./(sum(exp(X), 2)*vector(1)')).*Y)", "X", (0, 1)),
    _E("two_exponentials", "sum(log(exp(x) + exp(y)))", "x", (0, 1, 2)),
    _E("two_numbers", "log(exp(x) + exp(y))", "x", (0, 1), {"x": "scalar", "y": "scalar"}),
    _E("logs", "sum(log(1 - exp(-x)) + log(cosh(x)) + log(log(1 + exp(x))) + exp(x) - 1)", "x",
       (0, 1, 2)),
    _E("logs_of_numbers", "log(1 - exp(-x)) + log(cosh(x)) + log(log(1 + exp(x))) + exp(x) - 1",
       "x", (0, 1, 2), {"x": "scalar positive"}),
    _E("trace", "tr(A*X'*B*X*C)", "X", (0, 1, 2)),
    _E("kronecker", "kron(X, Y)", "X"),
    _E("kronecker_vectors", "kron(x, y')*kron(y, z)", "x", (0, 1),
       {"x": "vector(n)", "y": "vector(m)", "z": "scalar"}),
    _E("vec", "vec(X*A)", "X"),
    _E("determinant", "det(X)*tr(adj(X)*A)", "X", (0, 1), {"X": "matrix(n, n)"}),
    _E("powers", "tr(A*X^3) + a'*X^-2*b", "X", (0, 1), {**_SQUARE, "A": "matrix(n, n)"}),
    _E("cloglog", "sum(log(1 - exp(-exp(x))))", "x", (0, 1, 2)),
    _E("pinv", "sum(pinv(X))", "X", (0, 1), {"X": "matrix(m, n)"}),
    _E("expm", "expm(X)", "X"),
    _E("expm_frechet", "a'*expm(X)*b", "X", (0, 1), _SQUARE),
    _E("chain", "A*B*C", "B", 0),
    _E("long_chain", "A*B*C*D*F", "B", 0),
    _E("logm", "a'*logm(X)*b", "X", (0, 1), _SQUARE, ("X",)),
    _E("sqrtm", "a'*sqrtm(X)*b", "X", (0, 1), _SQUARE, ("X",)),
    _E("logm_jacobian", "logm(X)", "X", (0, 1), {"X": "matrix(n, n)"}, ("X",)),
    _E("sqrtm_jacobian", "sqrtm(X)", "X", (0, 1), {"X": "matrix(n, n)"}, ("X",)),
    _E("elementwise",
       "sum(sin(x) + cos(x) + tan(x) + arcsin(x) + arccos(x) + arctan(x) + sinh(x) + cosh(x)"
       " + tanh(x) + relu(x) + sigmoid(x) + softplus(x) + erf(x) + cbrt(x) + sqrt(x) + log1p(x)"
       " + abs(x) + exp(x) + log(x) + x.^a + b.^x + 1./x)", "x", (0, 1, 2),
       {"a": "scalar positive", "b": "scalar positive"}),
    _E("scalars",
       "sin(x)*erf(x)*sigmoid(x) + softplus(x)*relu(x)/cbrt(x) + a^x + x^-3 + 2^x + step(x)", "x",
       (0, 1, 2), {"x": "scalar positive", "a": "scalar positive"}),
    _E("norms", "norm1(X) + norm2(X) + max(X) + min(X) + norm2(X*a) + max(X*a) + norm1(a)", "X",
       (0, 1), {"X": "matrix(n, m)", "a": "vector(m)"}),
    _E("sums", "sum(X, 1)*a + b'*sum(X, 2) + mean(X) + mean(X, 1)*a", "X", (0, 1),
       {"X": "matrix(n, m)", "a": "vector(m)", "b": "vector(n)"}),
    _E("sums_themselves", "sum(X.^2, 2)", "X"),
    _E("rows", "sum(X.^3, 1)", "X"),
    _E("cumsum", "cumsum(x.^2)", "x"),
    _E("diagonals", "diag(x)*A*diag(x)", "x", (0, 1)),
    _E("diagonal", "diag(X*A)", "X", (0, 1)),
    _E("diagonal_added", "tr(inv(X + a*eye)*diag(b))", "X", (0, 1), _SQUARE | {"a": "scalar"}),
    _E("powers", "tr(X^3*A) + sum(X.^3)", "X", (0, 1, 2), {"X": "matrix(n, n)"}),
    _E("polynomial", "X^3 - 2*X^2 + X", "X"),
    _E("network", "norm2(W*relu(V*x + b) - y)^2", "V", (0, 1),
       {"W": "matrix(p, n)", "V": "matrix(n, m)", "x": "vector(m)", "b": "vector(n)"}),
    _E("attention", "(exp(Q*K')./(sum(exp(Q*K'), 2)*vector(1)'))*V", "Q"),
    _E("row_variable", "r*A*x", "r", (0, 1, 2), {"r": "row(n)", "x": "vector(m)"}),
    _E("constant", "x", "x", (0, 1, 2)),
    _E("numbers", "1e300*sum(x) + 1e-300*x'*x + 123456789012*sum(x.^2) + pi*n_", "x", (0, 1, 2),
       {"n_": "scalar"}),
    _E("sizes", "mean(x)^3*2^-1", "x", (0, 1, 2)),
    _E("fixed", "norm2(X*x)^2", "x", (0, 1), {"X": "matrix(3, 2)"}),
    _E("double", "a'*X*b", "X", (0, 1), {"X": "matrix(n, 2*n)"}),
    _E("names", "lu*end'*A*end + λ_1*sum(fill)", "end", (0, 1, 2),
       {"end": "vector(for)", "fill": "vector(end)", "lu": "scalar", "A": "matrix(for, for)"}),
    _E("hessian_product", "norm2(T - U*V')^2", "U", 1, product="hvp"),
)

WIDE = (
    ("sum(log(exp(-y.*(X*w)) + vector(1)))", "w"),
    ("log(sum(exp(X*w)))", "w"),
    ("y'*log(softmax(X*w))", "w"),
)
"""Functions whose plain forms overflow for ``wide_values``."""


def wide_values(t: float) -> dict[str, Any]:
    """Arguments of the size of t."""
    return {
        "X": numpy.array([[t, 1.0], [-t, 0.5]]), "w": numpy.array([1.0, 0.25]),
        "y": numpy.array([1.0, -0.5]),
    }
