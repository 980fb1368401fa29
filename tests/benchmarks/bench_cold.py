"""How long a cold start takes: ``python -m tests.benchmarks.bench_cold [rounds]``.

The modules are compiled beforehand, as pip leaves them. The command line against
``python -c pass``, taken in turn, so that whatever else the machine does falls on all alike.
Exit status 1 if a bar is missed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from statistics import median
from tempfile import TemporaryDirectory

CALLS = {
    "python -c pass": ["-c", "pass"],
    "without verification": ["-m", "matrixcalc", "--no-verify", "W*x", "x"],
    "with verification": ["-m", "matrixcalc", "W*x", "x"],
}
BARS = {"without verification": 0.15, "with verification": 1.0}
"""Seconds above an empty Python, at most."""


def main(rounds: int) -> int:
    with TemporaryDirectory() as compiled:
        return _measure(rounds, compiled)


def _measure(rounds: int, compiled: str) -> int:
    taken: dict[str, list[float]] = {name: [] for name in CALLS}
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": compiled}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    for turn in range(rounds + 1):
        for name, arguments in CALLS.items():
            start = time.perf_counter()
            subprocess.run(
                [sys.executable, *arguments],
                check=True,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
            if turn:  # the first round compiles, and fills the file caches
                taken[name].append(time.perf_counter() - start)
    medians = {name: median(times) for name, times in taken.items()}
    empty = medians["python -c pass"]
    good = True
    for name, value in medians.items():
        line = f"{name:24} {value:6.3f} s"
        if name in BARS:
            passed = value - empty <= BARS[name]
            good = good and passed
            line += f"  + {value - empty:.3f} s of {BARS[name]} s    {'ok' if passed else 'MISSED'}"
        print(line)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 9))
