"""The generated code that is kept in tests/golden; ``python tests/write_golden.py`` renews it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from codegen_programs import EXAMPLES

FOLDER = Path(__file__).parent / "golden"
SUFFIXES = {"julia": "jl", "matlab": "m"}
NAMES = (
    "quadratic", "symmetric", "logistic", "factorisation", "gaussian", "inverse", "softmax",
    "trace", "kronecker", "determinant", "logm", "sqrtm_jacobian", "elementwise", "norms", "sums",
    "polynomial", "names", "hessian_product",
)


def golden() -> Iterator[tuple[Path, str]]:
    """Each file and what should be in it."""
    for e in EXAMPLES:
        if e.name in NAMES:
            for target, suffix in SUFFIXES.items():
                yield FOLDER / f"{e.name}.{suffix}", e.source(target)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for path, text in golden():
        path.write_text(text, encoding="utf-8")
