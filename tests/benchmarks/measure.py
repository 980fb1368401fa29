"""Measures cells in a process of its own: ``python -m tests.benchmarks.measure JSON``.

The request is a JSON object, see :func:`main`; a line of JSON is printed for each cell. Threads
are bound before any library is imported.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Collection, Mapping
from contextlib import nullcontext
from importlib.util import find_spec
from random import Random
from statistics import median
from timeit import Timer
from typing import TYPE_CHECKING, Any, Protocol

from tests.benchmarks.synchronous import Key, Partner

if TYPE_CHECKING:
    from tests.benchmarks.problems.problem import Problem
    from tests.benchmarks.versions import Version

class Clock(Protocol):
    """What ``timeit.Timer`` does."""

    def timeit(self, number: int, /) -> float: ...


AGREE = 1e-9
PATIENCE = 2.0
"""Seconds; a version that takes longer is measured once."""
SAMPLE = 2e-3
"""Seconds that a sample takes at least; short calls are repeated within it."""
MOST = 200
"""Samples."""
SHORT = 1e-3
"""Seconds; calls of JAX that take less are measured without asynchronous dispatch too."""
POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")

MEMORY_KEPT = {"MALLOC_MMAP_THRESHOLD_": str(2**25), "MALLOC_TRIM_THRESHOLD_": str(2**30)}
"""So that glibc keeps what is freed, for all libraries alike. Otherwise it depends on what else
lies on the heap whether an array is returned to the system and fetched again at every call,
which may cost more than the call itself."""


def environment(threads: int) -> dict[str, str]:
    """What a process that uses so many threads is started with; 0 for all."""
    made = {k: v for k, v in os.environ.items() if k not in (*POOLS, "XLA_FLAGS")}
    if threads:
        made |= dict.fromkeys(POOLS, str(threads))
    if threads == 1:
        made["XLA_FLAGS"] = (
            "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        )
    made["JAX_PLATFORMS"] = "cpu"
    made |= MEMORY_KEPT
    return made


def bind(threads: int) -> None:
    """Keeps a single thread on one processor."""
    if threads == 1 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


# One cell


def cell(
    problem: Problem, kind: str, n: int, seconds: float, partner: Partner | None = None
) -> dict[str, Any]:
    """All versions of one derivative at one size: checked, then timed in turn."""
    made, warm, notes = agreeing(problem, kind, problem.values(kind, problem.dims(n)))
    first = {
        key: warm[key]
        if warm[key] > PATIENCE and not version.compiles
        else min(Timer(version.call).repeat(3 if warm[key] < 0.1 or version.compiles else 1, 1))
        for key, version in made.items()
    }
    # of the several modes of a library only those go on that may be the best
    best: dict[str, float] = {}
    for (name, _), once in first.items():
        best[name] = min(once, best.get(name, once))
    going: dict[Key, Clock] = {
        key: Timer(made[key].call)
        for key, once in first.items()
        if once <= PATIENCE and (key[0] == "ours" or once <= 1.5 * best[key[0]] + 1e-3)
    }
    taken = {key: [once] for key, once in first.items()}
    if partner and best.get("JAX", SHORT) < SHORT:
        keys = [key for key in going if key[0] == "JAX" or key == ("ours", "jax")]
        clocks = partner.timers(problem.name, kind, n, keys)
        first |= {key: clock.timeit(1) for key, clock in clocks.items()}
        going |= clocks
    taken |= timed(going, first, seconds)
    return {
        "problem": problem.name,
        "kind": kind,
        "n": n,
        "dims": dict(problem.dims(n)),
        "times": [
            {"name": name, "mode": mode, "min": min(t), "median": median(t), "samples": len(t)}
            for (name, mode), t in taken.items()
        ],
        "notes": notes,
    }


def agreeing(
    problem: Problem, kind: str, values: dict[str, Any], keys: Collection[Key] = ()
) -> tuple[dict[Key, Version], dict[Key, float], list[dict[str, str]]]:
    """The versions that agree with plain NumPy, seconds of their first call, and why others
    are left out; all versions, or plain NumPy and the ``keys``."""
    from tests.benchmarks.versions import (
        LIMITS,
        TooLargeError,
        as_numpy,
        difference,
        limited,
        start,
        versions,
    )

    true: Any = None
    made: dict[Key, Version] = {}
    warm: dict[Key, float] = {}
    notes: list[dict[str, str]] = []
    for name, mode, make in versions(problem, kind, values):
        if keys and name != "plain" and (name, mode) not in keys:
            continue
        start(name)
        try:
            with limited(LIMITS[name]) if name in LIMITS else nullcontext():
                version = make()
                before = time.perf_counter()
                called = version.call()
            warm[name, mode] = time.perf_counter() - before
            result = as_numpy(called)
        except TooLargeError as error:
            notes.append({"name": name, "mode": mode, "why": str(error), "wrong": ""})
            continue
        except Exception as error:
            # whatever a library raises, the others are still measured
            why = f"{type(error).__name__}: {str(error)[:200]}"
            notes.append({"name": name, "mode": mode, "why": why, "wrong": "failed"})
            continue
        if true is None:
            true = result
        apart = difference(result, true)
        if not apart <= AGREE:
            why = f"differs by {apart:.1e}"
            notes.append({"name": name, "mode": mode, "why": why, "wrong": "differs"})
            continue
        made[name, mode] = version
    return made, warm, notes


def timed(
    timers: Mapping[Key, Clock], first: dict[Key, float], seconds: float
) -> dict[Key, list[float]]:
    """Seconds of a call, several samples for each, taken in turn.

    Each gets its share of the ``seconds``, so that the slow ones do not leave the others with
    few samples.
    """
    repeats = {key: _repeats(timer, first[key]) for key, timer in timers.items()}
    taken: dict[Key, list[float]] = {key: [] for key in timers}
    spent = dict.fromkeys(timers, 0.0)
    for turn in range(MOST):
        least = 3 if sum(spent.values()) < 5 * seconds else 2
        going = [k for k in timers if turn < least or spent[k] < seconds / len(timers)]
        if not going:
            break
        # in changing order, for what runs before may cost what runs after it a part of its time
        for key in Random(turn).sample(going, len(going)):
            sample = timers[key].timeit(repeats[key])
            spent[key] += sample
            taken[key].append(sample / repeats[key])
    return taken


def _repeats(timer: Clock, once: float) -> int:
    """How many calls a sample is made of. A call that was interrupted looks long, so what is
    not long by far is measured three times."""
    count, taken = 1, once
    while taken < 50 * SAMPLE:
        taken = min(timer.timeit(count) for _ in range(3))
        if taken >= SAMPLE / 4:
            break
        count *= 4
    return max(1, round(count * SAMPLE / taken))


def main(request: dict[str, Any]) -> None:
    """Measures ``cells``, each a problem's name, a kind and a size."""
    from tests.benchmarks.problems import PROBLEMS

    problems = {problem.name: problem for problem in PROBLEMS}
    partner = Partner() if find_spec("jax") else None
    for name, kind, n in request["cells"]:
        made = cell(problems[name], kind, n, request["seconds"], partner)
        print(json.dumps(made), flush=True)
        if "jax" in sys.modules:
            sys.modules["jax"].clear_caches()
    if partner:
        partner.close()


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    bind(asked["threads"])
    main(asked)
