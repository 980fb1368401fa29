"""The time limit, in the main thread, in others, and beside an alarm of someone else."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path

import pytest

from matrixcalc import check
from matrixcalc.checks.limit import OutOfTime, within

HARD = "d(logdet(X'*X))/dX = 2*X*inv(X'*X)"


def endless() -> None:
    while True:
        with contextlib.suppress(Exception):
            sum(range(100))


def in_thread(work: Callable[[], object]) -> object:
    found: list[object] = []

    def run() -> None:
        try:
            found.append(work())
        except BaseException as error:
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()
    return found[0]


def cut_short() -> float:
    start = time.perf_counter()
    with pytest.raises(OutOfTime, match=r"^$"):
        within(0.05, endless)
    return time.perf_counter() - start


@pytest.fixture
def other_alarm() -> Iterator[None]:
    before = signal.signal(signal.SIGALRM, lambda number, frame: None)
    signal.setitimer(signal.ITIMER_REAL, 60)
    yield
    assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= 60
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def test_it_holds_in_the_main_thread() -> None:
    assert cut_short() < 2
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_it_holds_in_another_thread() -> None:
    taken = in_thread(cut_short)
    assert isinstance(taken, float)
    assert taken < 2


@pytest.mark.usefixtures("other_alarm")
def test_it_leaves_the_alarm_of_another_alone() -> None:
    assert cut_short() < 2


def test_nothing_is_raised_after_the_block() -> None:
    def many() -> int:
        ended = 0
        for k in range(200):
            try:
                within(1e-4 * (k % 5), partial(sum, range(100 * k)))
            except OutOfTime:
                ended += 1
        time.sleep(0.2)
        return ended

    many()
    assert isinstance(in_thread(many), int)


def test_none_is_no_limit() -> None:
    assert within(None, lambda: 7) == 7


@pytest.mark.parametrize("where", [lambda work: work(), in_thread], ids=["main", "thread"])
def test_a_claim_that_takes_too_long_is_undecided(where: Callable[..., object]) -> None:
    verdict = where(lambda: check(HARD, timeout=1e-4))
    assert (verdict.status, verdict.slip) == ("undecided", None)
    assert "0.0001 s" in verdict.diagnosis
    assert where(lambda: check(HARD, timeout=30)).status == "true"


def test_an_import_is_not_cut_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "slow_to_import.py").write_text(
        "import time\nend = time.monotonic() + 0.3\nwhile time.monotonic() < end:\n    pass\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(tmp_path)

    def work() -> None:
        module = import_module("slow_to_import")
        assert module.end
        endless()

    for where in (lambda work: work(), in_thread):
        sys.modules.pop("slow_to_import", None)
        found = where(partial(stopped, partial(within, 0.05, work)))
        assert found is True
        assert sys.modules.pop("slow_to_import").end


def stopped(work: Callable[[], object]) -> bool:
    try:
        work()
    except OutOfTime:
        return True
    return False


def test_limits_nest() -> None:
    assert within(30, cut_short) < 2


TRACED = """
import sys
from matrixcalc.checks.limit import OutOfTime, _watched

def endless():
    while True:
        pass

def called():
    return 7

assert _watched(60, called) == 7
try:
    _watched(0.05, endless)
except OutOfTime:
    pass
sys.settrace(lambda *_: None)
print(called())
"""


def test_a_traced_program_goes_on_after_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", TRACED], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.split() == ["7"]
