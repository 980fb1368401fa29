"""The page on data larger than memory: its code runs, in a process of its own where it must."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy
import pytest

from matrixcalc.codegen.api import compile
from tests.benchmarks import bench_dask

LOSS = "sum(log(exp(-y.*(X*w)) + vector(1)))"

BEFORE = """
import os
os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=4"
import numpy as np
rng = np.random.default_rng(0)
X = whole = rng.standard_normal((40, 3))
y = signs = np.where(rng.random(40) < 0.5, 1.0, -1.0)
w = rng.standard_normal(3)
"""

AFTER = """
assert len(jax.devices()) == 4
assert gradient.sharding.is_fully_replicated and hessian.sharding.is_fully_replicated
assert len(hessian.sharding.device_set) == 4
assert jacobian.sharding.is_equivalent_to(by_rows, 2)
assert [s.data.shape for s in jacobian.addressable_shards] == [(10, 3)] * 4
w = np.asarray(w)
true = compile(loss, "w", order=(1, 2))(X=whole, w=w, y=signs)
np.testing.assert_allclose(gradient, true[0], rtol=1e-12)
np.testing.assert_allclose(hessian, true[1], rtol=1e-12)
np.testing.assert_allclose(jacobian, compile("sigmoid(X*w)", "w")(X=whole, w=w), rtol=1e-12)
print("done")
"""


def needs(*modules: str) -> pytest.MarkDecorator:
    missing = [m for m in modules if find_spec(m) is None]
    return pytest.mark.skipif(bool(missing), reason=f"{', '.join(missing)} missing")


@needs("dask", "array_api_compat")
def test_the_step_by_dask_is_that_by_numpy(tmp_path: Path) -> None:
    rng = numpy.random.default_rng(0)
    x, y = rng.standard_normal((60, 4)), numpy.where(rng.random(60) < 0.5, 1.0, -1.0)
    for k in range(3):
        numpy.save(tmp_path / f"X-{k}.npy", x[20 * k : 20 * k + 20])
        numpy.save(tmp_path / f"y-{k}.npy", y[20 * k : 20 * k + 20])
    scope = {"folder": tmp_path}
    exec(bench_dask.blocks()[0], scope)
    gradient, hessian = compile(LOSS, "w", order=(1, 2))(X=x, w=numpy.zeros(4), y=y)
    numpy.testing.assert_allclose(scope["gradient"], gradient, rtol=1e-12)
    numpy.testing.assert_allclose(scope["w"], -numpy.linalg.solve(hessian, gradient), rtol=1e-12)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the address space is limited on Linux only")
@needs("dask", "array_api_compat")
def test_the_step_is_taken_in_less_memory_than_the_data(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert bench_dask.main(1.2, 1.0) == 0
    assert "loaded at once under 1 GB: MemoryError" in capsys.readouterr().out


@needs("jax", "array_api_compat")
@pytest.mark.parametrize("target", ["array-api", "jax"])
def test_arrays_on_several_devices_stay_there(target: str) -> None:
    text = "\n".join((BEFORE, f"target = {target!r}", bench_dask.blocks()[1], AFTER))
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=300)
    assert (done.stdout, done.returncode) == ("done\n", 0), done.stderr
