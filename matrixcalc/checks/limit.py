"""A limit on the time that a check takes, in any thread."""

from __future__ import annotations

import _thread
import ctypes
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

T = TypeVar("T")

AGAIN = 0.1
"""Seconds after which it is tried once more, where it could not be raised or was lost."""


class OutOfTime(BaseException):
    """The time limit has passed. No ``except Exception`` on the way stops it."""


def within(seconds: float | None, work: Callable[[], T]) -> T:
    """What the work returns. Raises OutOfTime in it once the seconds are over; None: no limit.

    It is raised between two steps of Python: one long call of a library is not cut short.
    The alarm signal is used where it is free, in the main thread, and a second thread elsewhere.

    >>> within(10, lambda: 1 + 1)
    2
    """
    if seconds is None:
        return work()
    run = _with_alarm if _alarm_is_free() else _watched
    return run(max(seconds, 1e-6), work)


def _alarm_is_free() -> bool:
    return (
        hasattr(signal, "setitimer")
        and threading.current_thread() is threading.main_thread()
        and signal.getitimer(signal.ITIMER_REAL)[0] == 0
    )


def _with_alarm(seconds: float, work: Callable[[], T]) -> T:
    over = False

    def rang(number: int, frame: FrameType | None) -> None:
        if not over and _may_stop(frame):
            raise OutOfTime

    before = signal.signal(signal.SIGALRM, rang)
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
            return work()
        finally:
            over = True
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _watched(seconds: float, work: Callable[[], T]) -> T:
    # Plain locks: what is raised from outside may interrupt the classes of threading half-way.
    working = _thread.allocate_lock()
    watching = _thread.allocate_lock()
    working.acquire()
    watching.acquire()
    checking = threading.get_ident()

    def watch() -> None:
        wait = seconds
        while not working.acquire(timeout=wait):
            if _may_stop(sys._current_frames().get(checking)):
                _raise_in(checking, OutOfTime)
            wait = AGAIN
        watching.release()

    try:
        try:
            _thread.start_new_thread(watch, ())
            return work()
        finally:
            working.release()
    finally:
        if working.locked():  # the line above was interrupted, or the watcher is at its end
            working.release()
        _await(watching)


def _await(watching: _thread.LockType) -> None:
    """Wait for the watcher's end; one exception that is still on its way is let come, and go.

    Taken back before it is raised, it would leave Python 3.11 with a flag that is never
    cleared, at which a traced program hangs.
    """
    while True:
        try:
            while watching.locked():
                time.sleep(0.0005)
            for _ in range(10):
                pass  # what is pending is raised in a loop
            return
        except OutOfTime:
            continue


def _may_stop(frame: FrameType | None) -> bool:
    """Whether the work may be stopped there: not while it imports a module or tidies up."""
    while frame is not None and frame.f_code.co_filename != __file__:
        code = frame.f_code
        if code.co_filename.startswith("<frozen importlib") or code.co_name == "__del__":
            return False
        if code.co_filename.endswith("weakref.py"):
            return False
        frame = frame.f_back
    return True


def _raise_in(thread: int, kind: type[BaseException]) -> None:
    """Raise an exception in a thread at its next step."""
    set_exception = ctypes.pythonapi.PyThreadState_SetAsyncExc
    set_exception(ctypes.c_ulong(thread), ctypes.py_object(kind))
