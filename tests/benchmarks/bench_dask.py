"""A Newton step on data larger than memory: ``python -m tests.benchmarks.bench_dask [GB] [LIMIT]``.

The data, so many gigabytes (2), is written in pieces to a temporary folder. A process whose address
space is limited to so many gigabytes (1) must fail to load it, and then takes one Newton step
of a logistic regression with Dask; a process without a limit takes the same step with NumPy. Exit
status 1 if they differ. For Unix. The code that runs is that of docs/larger-than-memory.md.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

PAGE = Path(__file__).parents[2] / "docs" / "larger-than-memory.md"
COLUMNS = 100
ROWS = 50_000
"""Rows of one piece."""


def blocks() -> list[str]:
    """The code of the page, block by block."""
    return re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def written(folder: str, pieces: int) -> None:
    """Writes the data, a file for each piece."""
    rng = np.random.default_rng(0)
    truth = rng.standard_normal(COLUMNS)
    for k in range(pieces):
        x = rng.standard_normal((ROWS, COLUMNS))
        y = np.where(rng.random(ROWS) < 1 / (1 + np.exp(-x @ truth)), 1.0, -1.0)
        np.save(f"{folder}/X-{k:04}.npy", x)
        np.save(f"{folder}/y-{k:04}.npy", y)


def bounded(limit: str) -> None:
    """Limits the address space of this process, in gigabytes."""
    import resource

    size = int(float(limit) * 1e9)
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


def loaded(folder: str, name: str) -> np.ndarray:
    """All pieces at once."""
    return np.concatenate([np.load(f) for f in sorted(Path(folder).glob(f"{name}-*.npy"))])


def loading(folder: str, limit: str) -> dict[str, Any]:
    """Whether the data fits."""
    bounded(limit)
    try:
        loaded(folder, "X")
    except MemoryError:
        return {"fits": False}
    return {"fits": True}


def by_dask(folder: str, limit: str) -> dict[str, Any]:
    """The step of the page, in a limited address space."""
    bounded(limit)
    scope: dict[str, Any] = {"folder": folder}
    start = time.perf_counter()
    exec(blocks()[0], scope)
    return {"seconds": time.perf_counter() - start, "w": scope["w"].tolist()}


def by_numpy(folder: str) -> dict[str, Any]:
    """The step with all data in memory."""
    from matrixcalc import compile

    start = time.perf_counter()
    f = compile("sum(log(exp(-y.*(X*w)) + vector(1)))", "w", order=(1, 2))
    gradient, hessian = f(X=loaded(folder, "X"), w=np.zeros(COLUMNS), y=loaded(folder, "y"))
    w = -np.linalg.solve(hessian, gradient)
    return {"seconds": time.perf_counter() - start, "w": w.tolist()}


def child(*arguments: str) -> dict[str, Any]:
    """What a process of its own answers, and the most memory it held, in bytes."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.bench_dask", *arguments],
        env=environment, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def main(gigabytes: float, limit: float) -> int:
    pieces = round(gigabytes * 1e9 / (8 * ROWS * COLUMNS))
    with TemporaryDirectory() as folder:
        written(folder, pieces)
        print(f"{pieces * ROWS:,} rows of {COLUMNS}: {pieces * ROWS * COLUMNS * 8 / 1e9:.3g} GB")
        fits = child("loading", folder, str(limit))["fits"]
        dask = child("by_dask", folder, str(limit))
        numpy = child("by_numpy", folder)
    print(f"loaded at once under {limit:g} GB: {'fits' if fits else 'MemoryError'}")
    for name, found in ((f"Dask under {limit:g} GB", dask), ("NumPy without a limit", numpy)):
        print(f"{name}: {found['seconds']:.2f} s, at most {found['most'] / 1e9:.2f} GB")
    apart = float(np.max(np.abs(np.subtract(dask["w"], numpy["w"]))))
    print(f"the steps differ by {apart:.1e}")
    return 0 if apart <= 1e-9 and not fits else 1


PARTS = {"loading": loading, "by_dask": by_dask, "by_numpy": by_numpy}

if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in PARTS:
        import resource

        answer = PARTS[sys.argv[1]](*sys.argv[2:])
        answer["most"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps(answer))
    else:
        given = [float(text) for text in sys.argv[1:]]
        sys.exit(main(*given, *(2.0, 1.0)[len(given) :]))
