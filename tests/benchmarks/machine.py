"""What a run of the benchmark was made with, and when."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

LIBRARIES = ("numpy", "scipy", "numba", "jax", "jaxlib", "torch")


def about() -> dict[str, Any]:
    """Date, commit, machine and versions."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "commit": _commit(),
        "machine": _processor(),
        "processors": processors(),
        "system": f"{platform.system()} {platform.machine()}",
        "versions": {"Python": platform.python_version(), **_versions()},
        "blas": _blas(),
    }


def processors() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _commit() -> str:
    """The commit that is checked out, with a plus if more was changed; empty without Git."""

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    try:
        changed = git("status", "--porcelain", "--untracked-files=no", "--", ":/matrixcalc")
        return git("rev-parse", "--short=10", "HEAD") + ("+" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return ""


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or "an unknown processor"


def _versions() -> dict[str, str]:
    made = {}
    for name in LIBRARIES:
        try:
            made[name] = version(name)
        except PackageNotFoundError:
            continue
    return made


def _blas() -> list[str]:
    """The libraries that NumPy and SciPy multiply by, where threadpoolctl can tell."""
    if not find_spec("threadpoolctl"):
        return []
    import numpy  # noqa: F401, loads its own
    import scipy.linalg  # noqa: F401, loads its own
    from threadpoolctl import threadpool_info

    return sorted(
        {
            f"{pool['internal_api']} {pool['version']} ({pool.get('architecture', '')})"
            for pool in threadpool_info()
            if pool["user_api"] == "blas"
        }
    )
