"""JAX without asynchronous dispatch, timed in turn with everything else.

JAX hands small work to another thread, which costs some 20 µs a call where there is but one
processor. It can be switched off only before JAX starts, so this needs a process of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from timeit import Timer
from typing import Any

Key = tuple[str, str]
SYNCHRONOUS = ", synchronous dispatch"
"""What the name of a version ends with that is measured so."""


class RemoteTimer:
    """A ``timeit.Timer`` of a version in the other process."""

    def __init__(self, ask: Callable[..., Any], key: Key) -> None:
        self.ask, self.key = ask, key

    def timeit(self, number: int) -> float:
        return float(self.ask("time", self.key, number))


class Partner:
    """The other process; it waits while it is not asked."""

    def __init__(self) -> None:
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self.process.start()

    def ask(self, *request: Any) -> Any:
        self.pipe.send(request)
        return self.pipe.recv()

    def timers(
        self, problem: str, kind: str, n: int, keys: Sequence[Key]
    ) -> dict[Key, RemoteTimer]:
        """Timers of these versions, once they agree with plain NumPy, under their new names."""
        made = self.ask("make", problem, kind, n, list(keys))
        return {
            (name + SYNCHRONOUS, mode): RemoteTimer(self.ask, (name, mode)) for name, mode in made
        }

    def close(self) -> None:
        self.pipe.close()
        self.process.join()


def _serve(pipe: Connection) -> None:
    import jax

    from tests.benchmarks.measure import agreeing
    from tests.benchmarks.problems import PROBLEMS

    jax.config.update("jax_cpu_enable_async_dispatch", False)
    problems = {problem.name: problem for problem in PROBLEMS}
    calls: dict[Key, Callable[[], Any]] = {}
    while True:
        try:
            what, *request = pipe.recv()
        except EOFError:
            return
        if what == "time":
            key, number = request
            pipe.send(Timer(calls[key]).timeit(number))
        else:
            name, kind, n, keys = request
            problem = problems[name]
            jax.clear_caches()
            values = problem.values(kind, problem.dims(n))
            made, _, _ = agreeing(problem, kind, values, keys)
            calls = {key: made[key].call for key in keys if key in made}
            pipe.send(list(calls))
