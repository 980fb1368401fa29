"""How long 500 claims take: ``python tests/benchmarks/claims.py [jobs]``."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from matrixcalc.checks.batch import Options, check_all
from matrixcalc.reading.records import Found

CORPUS = Path(__file__).parent.parent / "corpus" / "claims.jsonl"


def main(jobs: int) -> None:
    rows = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]
    claims = []
    for k in range(500):
        row = rows[k % len(rows)]
        kinds = "; ".join(f"{name}: {kind}" for name, kind in row["vars"].items())
        claims.append(Found("corpus", k + 1, f"{kinds}; {row['claim']}", row["layout"]))
    start = time.perf_counter()
    done = list(check_all(claims, Options(), jobs))
    print(f"{len(done)} claims in {time.perf_counter() - start:.1f} s, {jobs} processes")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
