"""docs/benchmarks.md, from the figures of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from tests.benchmarks.bars import (
    BARS,
    TIE,
    TIE_FROM,
    compared,
    fastest,
    judged,
    least,
    of,
    ours,
    ratio,
)
from tests.benchmarks.measure import AGREE
from tests.benchmarks.problems import PROBLEMS
from tests.benchmarks.synchronous import SYNCHRONOUS
from tests.benchmarks.versions import LIMITS, MEMORY

PLOT = "benchmarks.svg"
OTHERS = (
    ("JAX", "JAX", ""),
    ("JAX, sync.", "JAX", SYNCHRONOUS),
    ("PyTorch", "PyTorch", ""),
    ("NumPy", "plain", ""),
)
"""The heading, the version and its suffix."""

INTRODUCTION = """\
# Benchmarks

Derivatives as generated code against JAX and PyTorch, which differentiate automatically, and
against plain NumPy, the formula as a person writes it.
"""

METHOD = f"""\
A dot is a size; one with a red rim is slower than JAX. An orange line is a bar.

## How it is measured

- 64-bit floats throughout, warm: JAX's functions are under `jit` and compiled beforehand.
- All versions of a derivative must agree with plain NumPy to {AGREE:.0e} before any is timed.
- They are timed in turn, again and again and in changing order, so that whatever else the
  machine does falls on all of them. A ratio is that of the minima; the ratio of the medians
  follows in parentheses.
- `ours` is the best of the targets `numpy` and `jax`, as the bars ask; `numba` is shown where it
  is faster. JAX and PyTorch are the best of `grad`, `jacfwd`, `jacrev` and `hessian`, for a
  Hessian-vector product the best of forward and reverse over reverse.
- JAX runs as it is installed. It hands small work to another thread, which costs some
  microseconds a call; `JAX, sync.` is JAX with that switched off, which its users seldom do,
  where a call takes less than a millisecond. Its ratio is to our code with it switched off too.
- One thread: the process is kept on one processor, and BLAS and XLA are told to use one thread.
- Freed memory stays with the process, as glibc is told to: whether it is returned to the system
  and fetched again at every call would else depend on what was computed before.
- Above n = {TIE_FROM} a ratio between {TIE:g} and {1 / TIE:.1f} counts as a tie.
- A version that needs more than {MEMORY / 1e9:g} GB is left out, and one whose first call takes
  {LIMITS['JAX']:g} s in JAX, compilation included, or {LIMITS['PyTorch']:g} s in PyTorch.
- `structured` is the Hessian as an operator, which multiplies and solves and is written out only
  when that is asked for; `joint` is value, gradient and Hessian from one call.
"""

REPEAT = """\
## How to repeat it

```
pip install -e '.[bench]'
python -m tests.benchmarks                 # all of it, about ten minutes
python -m tests.benchmarks --quick         # only what has a bar of its own, in one thread
python -m tests.benchmarks --only logistic --kind hessian --sizes 50,500
python -m tests.benchmarks --write         # and this page with its plot
```
"""


def short(seconds: float) -> str:
    """Seconds in three digits."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{_digits(seconds / size, 3)} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def _digits(number: float, digits: int) -> str:
    if number >= 100:
        return f"{float(f'{number:.{digits}g}'):,.0f}"
    return f"{number:.{digits}g}"


def _times(number: float) -> str:
    return f"{_digits(number, 2)}×"


def page(run: dict[str, Any]) -> str:
    """The whole page."""
    cells = run["cells"]
    one = [cell for cell in cells if cell["threads"] == 1]
    every = [cell for cell in cells if cell["threads"] != 1]
    parts = [INTRODUCTION, _summary(cells), _freshness(run["about"])]
    parts.append(
        f"![How many times faster than JAX each derivative is, by size]({PLOT})\n"
    )
    parts += [METHOD, REPEAT]
    barred = [cell for cell in one if (cell["problem"], cell["kind"], cell["n"]) in _BARRED]
    if one:
        parts.append("## Bars\n\n" + _bars(barred) + "\n" + _rest(one))
    for title, group in (("One thread", one), ("All threads", every)):
        if group:
            parts.append(f"## {title}\n\n" + _table(group))
    if notes := list(_notes(cells)):
        parts.append("## Left out\n\n" + "".join(f"- {note}\n" for note in notes))
    parts.append("## Problems\n\n" + _problems())
    return "\n".join(parts)


def _summary(cells: Sequence[dict[str, Any]]) -> str:
    """How often generated code is faster than each of the others."""
    rows = [_row(["ours against", "threads", "faster", "tie", "slower"]), _row(["---"] * 5)]
    for title, name, suffix in OTHERS:
        for threads, called in ((1, "one"), (0, "all")):
            words = Counter(
                compared(times, cell["n"])
                for cell in cells
                if cell["threads"] == threads
                and (times := ratio(cell, name, suffix=suffix)) is not None
            )
            if words:
                counts = [str(words[word]) for word in ("faster", "tie", "slower")]
                rows.append(_row([title, called, *counts]))
    return "\n".join(rows) + "\n"


def _freshness(about: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    commit = f" at commit {about['commit']}" if about["commit"] else ""
    return _filled(
        f"Measured on {about['date']}{commit}: {about['machine']}, "
        f"{about['processors']} processors, {about['system']}; {versions}; "
        f"{', '.join(about['blas'])}. All threads are {about['processors']}. Other machines give "
        "other figures, and the figures are those of that day, not of today's code."
    )


def _filled(text: str) -> str:
    from textwrap import fill

    return fill(text, 98, break_long_words=False, break_on_hyphens=False) + "\n"


_BARRED = {(bar.problem, bar.kind, bar.n) for bar in BARS}


def _bars(cells: Sequence[dict[str, Any]]) -> str:
    rows = [_row(["problem", "derivative", "n", "at least", "reached", ""]), _row(["---"] * 6)]
    for cell in cells:
        least_times, times = least(cell["problem"], cell["kind"], cell["n"]), ratio(cell, "JAX")
        middle = ratio(cell, "JAX", "median")
        if least_times is None or times is None or middle is None:
            reached, word = "not measured", ""
        else:
            reached = f"{_times(times)} ({_times(middle)})"
            word = "met" if times >= least_times else "**missed**"
        asked = f"{least_times:,g}×"
        shown = [_code(cell["problem"]), cell["kind"], str(cell["n"]), asked, reached, word]
        rows.append(_row(shown))
    return "\n".join(rows) + "\n"


def _rest(cells: Sequence[dict[str, Any]]) -> str:
    """What is asked beside the bars of single cells, and where it is missed."""
    said = (
        "Beside these, every other gradient and Hessian-vector product is to be no slower than "
        "JAX, and nothing slower than plain NumPy, ties allowed; below n = 500 the checks of the "
        "arguments may take 10% and 2 µs."
    )
    missed = [
        f"- {_code(cell['problem'])}, {cell['kind']}, n = {cell['n']}: {what}\n"
        for cell in cells
        for what, met in judged(cell)
        if not met and not ((cell["problem"], cell["kind"], cell["n"]) in _BARRED and "JAX" in what)
    ]
    if not missed:
        return _filled(f"{said} This holds everywhere.")
    return _filled(f"{said} It does not hold for:") + "\n" + "".join(missed)


def _table(cells: Sequence[dict[str, Any]]) -> str:
    heads = ["problem", "derivative", "n", "ours", *(head for head, _, _ in OTHERS), "against JAX"]
    rows = [_row(heads), _row(["---"] * len(heads))]
    before: tuple[str, str] | None = None
    for cell in cells:
        problem, kind = cell["problem"], cell["kind"]
        shown = ["" if before and before[0] == problem else _code(problem)]
        shown.append("" if before == (problem, kind) else kind)
        before = (problem, kind)
        shown += [str(cell["n"]), _ours(cell), *(_other(cell, *o[1:]) for o in OTHERS)]
        times = ratio(cell, "JAX")
        word = compared(times, cell["n"]) if times is not None else ""
        shown.append(f"**{word}**" if word == "slower" else word)
        rows.append(_row(shown))
    return "\n".join(rows) + "\n"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _code(name: str) -> str:
    """Names that are formulas are typeset as such."""
    formula, comma, rest = name.partition(", ")
    if any(sign in formula for sign in "*(") and not formula.startswith("matrix"):
        return f"`{formula}`{comma}{rest}"
    return name


def _ours(cell: dict[str, Any]) -> str:
    best = ours(cell)
    if best is None:
        return "failed"
    text = f"{short(best['min'])} {best['mode']}"
    numba = fastest(of(cell, "ours", "numba"))
    if numba and numba["min"] < best["min"]:
        text += f"; {short(numba['min'])} numba"
    return text


def _other(cell: dict[str, Any], name: str, suffix: str) -> str:
    best = fastest(of(cell, name + suffix))
    times, middle = (ratio(cell, name, what, suffix) for what in ("min", "median"))
    if best is None or times is None or middle is None:
        return "–"
    if name == "JAX":
        return f"{short(best['min'])}, {_times(times)} ({_times(middle)})"
    return f"{short(best['min'])}, {_times(times)}"


def _notes(cells: Sequence[dict[str, Any]]) -> Iterator[str]:
    """What was not measured, or missed, and why."""
    for cell in cells:
        threads = "one thread" if cell["threads"] == 1 else "all threads"
        where = f"{_code(cell['problem'])}, {cell['kind']}, n = {cell['n']}, {threads}"
        for note in cell["notes"]:
            yield f"{where}: {note['name']} {note['mode']}".rstrip() + f": {note['why']}"


def _problems() -> str:
    """All of them, measured or not."""
    rows = [_row(["problem", "function", "by", "dimensions for n = 1000"]), _row(["---"] * 4)]
    for problem in PROBLEMS:
        dims = ", ".join(f"{name} = {size}" for name, size in problem.dims(1000).items())
        shown = [_code(problem.name), f"`{problem.text}`", problem.wrt, dims]
        rows.append(_row(shown))
    return "\n".join(rows) + "\n"
