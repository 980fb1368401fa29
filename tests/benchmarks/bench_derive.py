"""How fast derivatives are: ``python -m tests.benchmarks.bench_derive``.

Three tables: every case of the corpus, without verification; the cases that SymPy can
differentiate too, both in this one run; and expressions that grow. Exit status 1 if a bar is
missed.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import sympy
from sympy.core.cache import clear_cache

from matrixcalc import derive
from matrixcalc.dims import Dim
from matrixcalc.expr import Expr, topological
from matrixcalc.infer import typed

CORPUS = Path(__file__).parent.parent / "corpus" / "cases.jsonl"
CASES = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines() if line]

MEDIAN_MS = 3.0
TIMES_FASTER = 20.0
GROWTH_SECONDS = 2.0
PATIENCE = 10
"""Seconds for one case that SymPy gets."""


def seconds(work: Callable[[], Any], prepare: Callable[[], Any] = lambda: None) -> float:
    """The median of three runs, after one that is not counted."""
    taken: list[float] = []
    for run in range(4):
        prepare()
        start = time.perf_counter()
        work()
        if run:
            taken.append(time.perf_counter() - start)
    return median(taken)


def ours(case: dict[str, Any]) -> float:
    """Seconds for one case: from text to the derivative, without verification."""

    def work() -> None:
        derive(
            case["expr"],
            *case["wrt"],
            vars=case["vars"],
            structured=case.get("structured"),
            verify=False,
        )

    return seconds(work)


# SymPy


class UnsayableError(Exception):
    """SymPy's matrix expressions have no word for this."""


_FUNCTIONS = {
    "exp": sympy.exp, "log": sympy.log, "sin": sympy.sin, "cos": sympy.cos, "tan": sympy.tan,
    "sinh": sympy.sinh, "cosh": sympy.cosh, "tanh": sympy.tanh, "arctan": sympy.atan,
    "arcsin": sympy.asin, "arccos": sympy.acos, "abs": sympy.Abs, "erf": sympy.erf,
    "sign": sympy.sign,
}  # fmt: skip


def to_sympy(root: Expr) -> Any:
    """An expression as one of SymPy's matrix expressions."""
    done: dict[Expr, Any] = {}
    for e in topological(root):
        done[e] = _one(e, [done[a] for a in e.args])
    return done[root]


def _dim(dim: Dim) -> Any:
    made = sympy.Integer(dim.factor)
    for name in dim.names:
        made *= sympy.Symbol(name, integer=True, positive=True)
    return made


def _one(e: Expr, args: list[Any]) -> Any:
    shape = tuple(_dim(axis) for axis in e.shape)
    if e.op == "sym":
        scalar = e.is_scalar
        return sympy.Symbol(e.name) if scalar else sympy.MatrixSymbol(e.name, *shape)
    if e.op == "num":
        return sympy.Rational(e.data.numerator, e.data.denominator)
    if e.op == "size":
        return _dim(e.data)
    if e.op == "pi":
        return sympy.pi
    if e.op in ("eye", "ones", "zeros"):
        if e.op == "eye":
            return sympy.Identity(shape[0])
        return (sympy.OneMatrix if e.op == "ones" else sympy.ZeroMatrix)(*shape)
    if e.op == "T":
        return args[0].T
    if e.op == "add":
        return sympy.MatAdd(*args) if _any_matrix(args) else sympy.Add(*args)
    if e.op == "mul":
        return sympy.MatMul(*args) if _any_matrix(args) else sympy.Mul(*args)
    if e.op == "had":
        return sympy.HadamardProduct(*args)
    if e.op == "pow":
        if not _any_matrix(args):
            return sympy.Pow(*args)
        if args[1] == -1 and not e.is_scalar:
            return sympy.Inverse(args[0])
        if not e.is_scalar:
            return sympy.MatPow(*args)
    if e.op == "epow" and e.args[1].is_scalar:
        return sympy.HadamardPower(*args)
    if e.op == "tr":
        return sympy.Trace(args[0])
    if e.op == "det":
        return sympy.Determinant(args[0])
    if e.op == "logdet":
        return sympy.log(sympy.Determinant(args[0]))
    if e.op == "sum":
        left, right = (sympy.OneMatrix(1, shape_) for shape_ in (_dim(e.args[0].rows), 1))
        if not e.args[0].cols.is_one:
            right = sympy.OneMatrix(_dim(e.args[0].cols), 1)
        return sympy.MatMul(left, args[0], right)
    if e.op in _FUNCTIONS:
        function = _FUNCTIONS[e.op]
        if not _any_matrix(args):
            return function(args[0])
        return args[0].applyfunc(function)
    raise UnsayableError(e.op)


def _any_matrix(args: list[Any]) -> bool:
    return any(getattr(a, "is_Matrix", False) for a in args)


@contextmanager
def patience(limit: int) -> Iterator[None]:
    """TimeoutError after so many seconds, where the system has alarms."""

    def stop(*_: object) -> None:
        raise TimeoutError

    if not hasattr(signal, "SIGALRM"):
        yield
        return
    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(limit)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def theirs(case: dict[str, Any]) -> float | None:
    """Seconds that SymPy takes for the same, from its own expression; None if it cannot."""
    kind = typed(case["expr"], case["vars"])
    try:
        function = to_sympy(kind.expr)
        targets = [
            sympy.Symbol(name)
            if kind.variables[name].kind == "scalar"
            else sympy.MatrixSymbol(name, *(_dim(d) for d in kind.variables[name].shape))
            for name in case["wrt"]
        ]

        def work() -> Any:
            made = function
            for target in targets:
                made = made.diff(target)
            return made

        with patience(PATIENCE):
            if work().has(sympy.Derivative):
                return None
            return seconds(work, clear_cache)
    except Exception:
        # whatever stops SymPy, it has no answer
        return None


# Expressions that grow


def network(layers: int) -> str:
    """``W_k*tanh(W_(k-1)*tanh(… W_1*x))``, reduced to a scalar."""
    text = "W_1*x"
    for k in range(2, layers + 1):
        text = f"W_{k}*tanh({text})"
    return f"sum({text})"


def network_kinds(layers: int) -> dict[str, str]:
    return {"x": "vector(n)", **{f"W_{k}": "matrix(n, n)" for k in range(1, layers + 1)}}


def growing() -> list[tuple[str, str, str, dict[str, str]]]:
    """Name, expression, variable and declarations."""
    factors = {f"A{k}": "matrix(n, n)" for k in range(300)}
    trace = f"tr({'*'.join(factors)})"
    terms = " + ".join(f"a{k}'*X*b{k}" for k in range(2000))
    rows = {f"{name}{k}": "vector(n)" for name in "ab" for k in range(2000)}
    deep, kinds = network(200), network_kinds(200)
    return [
        ("network of 200 layers, by x", deep, "x", kinds),
        ("network of 200 layers, by W_1", deep, "W_1", kinds),
        ("network of 200 layers, by W_100", deep, "W_100", kinds),
        ("trace of 300 factors", trace, "A150", factors),
        ("sum of 2,000 terms", terms, "X", {**rows, "X": "matrix(n, n)"}),
    ]


def main() -> int:
    good = True

    def bar(passed: bool) -> str:
        nonlocal good
        good = good and passed
        return "ok" if passed else "MISSED"

    mine = {case["id"]: ours(case) for case in CASES}
    middle = median(mine.values()) * 1e3
    print(f"corpus, {len(mine)} cases: median {middle:.2f} ms, ", end="")
    print(f"max {max(mine.values()) * 1e3:.1f} ms    {bar(middle < MEDIAN_MS)}")

    pairs: list[tuple[float, float]] = []
    for case in CASES:
        taken = theirs(case)
        if taken is not None:
            pairs.append((mine[case["id"]], taken))
    our_median, their_median = (median(p[k] for p in pairs) * 1e3 for k in (0, 1))
    ratio = their_median / our_median
    print(f"SymPy answers {len(pairs)} of them: median {their_median:.2f} ms, ", end="")
    print(f"ours {our_median:.2f} ms, {ratio:.1f} times as fast    {bar(ratio >= TIMES_FASTER)}")

    for name, text, wrt, kinds in growing():
        start = time.perf_counter()
        d = derive(text, wrt, vars=kinds, verify=False)
        length = len(str(d))
        taken = time.perf_counter() - start
        print(f"{name:34} {taken:6.2f} s, {length:,} characters    {bar(taken < GROWTH_SECONDS)}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
