"""A solver in a process of its own: it may abort, hang or be killed, and we go on.

The child is a fresh interpreter (threads and compiled code do not survive a fork). It gets the
problem over a socket, sends every better answer back, and ends with its parent however that ends:
by the parent-death signal, and where there is none by the socket's end. It solves at a lower
priority, so that eight workers leave the screens their turn.
"""

import os
import pickle
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import IO, Any

from twin.errors import PlanningError
from twin.scheduling.problem import Problem
from twin.scheduling.schedule import Answer, Limit, Schedule, Solver, Tell
from twin.stores.parent import die_with_parent

__all__ = ["ApartError", "main", "run_apart"]

START_S = 60.0
"""How long a new interpreter may take to import a solver on a busy machine."""
GRACE_S = 5.0
"""How much longer than allowed a solver may take before it is killed."""
LOOK_S = 0.1
NICE = 5
READY, BETTER, DONE, FAILED = "ready", "better", "done", "failed"


class ApartError(PlanningError):
    """The solver's process ended without an answer, or did not end; `best`: what it told before."""

    def __init__(self, said: str, best: Answer | None) -> None:
        super().__init__(said)
        self.best = best


def run_apart(
    solver: Solver,
    problem: Problem,
    seconds: float,
    seed: int = 1,
    start: Schedule | None = None,
    tell: Tell | None = None,
    stop: Callable[[], bool] | None = None,
    grace_s: float = GRACE_S,
) -> Answer:
    """Run a solver that can be imported (a function of a module, or a partial of one) by itself.

    `stop` is asked ten times a second: true ends the solver early with the best answer so far.
    Raises ApartError if the process dies or takes more than `grace_s` too long, PlanningError if
    the solver does.
    """
    order = pickle.dumps((solver, problem, seconds, seed, start))
    with tempfile.TemporaryFile() as errors, _child(errors) as (process, line):
        line.send(list(sys.path))
        line.send_bytes(order)
        return _Hearing(process, line, errors, tell, stop, seconds + grace_s).answer()


class _Hearing:
    """What the parent does while the child solves."""

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        line: Connection,
        errors: IO[bytes],
        tell: Tell | None,
        stop: Callable[[], bool] | None,
        allowed_s: float,
    ) -> None:
        self._process, self._line, self._errors = process, line, errors
        self._tell, self._stop, self._allowed_s = tell, stop, allowed_s
        self._until = time.monotonic() + START_S
        self._best: Answer | None = None

    def answer(self) -> Answer:
        while True:
            if self._stop is not None and self._stop():
                return self._kept("was stopped before it had an answer")
            if time.monotonic() > self._until:
                raise ApartError("the solver took too long and was ended", self._best)
            try:
                heard = self._line.recv() if self._line.poll(LOOK_S) else None
            except (EOFError, ConnectionResetError):
                raise ApartError(self._how_it_died(), self._best) from None
            if heard is not None and (done := self._take(*heard)) is not None:
                return done

    def _take(self, kind: str, what: Any) -> Answer | None:
        """The final answer, if it is that."""
        if kind == READY:
            self._until = time.monotonic() + self._allowed_s
        elif kind == BETTER:
            self._best = what
            if self._tell is not None:
                self._tell(what)
        elif kind == FAILED:
            raise PlanningError(what)
        return what if kind == DONE else None

    def _kept(self, otherwise: str) -> Answer:
        if self._best is None:
            raise PlanningError(f"the solver {otherwise}")
        return self._best

    def _how_it_died(self) -> str:
        code = self._process.wait()
        how = f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip().splitlines()
        return f"the solver's process ended by {how}" + (f": {said[-1]}" if said else "")


@contextmanager
def _child(errors: IO[bytes]) -> Iterator[tuple["subprocess.Popen[bytes]", Connection]]:
    """A process that waits for its order, and that is gone when the block is left."""
    ours, theirs = socket.socketpair()
    line = Connection(ours.detach())
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "twin.pipeline.apart", str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
            pass_fds=[theirs.fileno()],
        )
    try:
        yield process, line
    finally:
        process.kill()
        process.wait()
        line.close()


def main(fileno: int) -> None:
    """The child: one order, one answer."""
    die_with_parent()
    line = Connection(fileno)
    sys.path[:] = line.recv()
    solver, problem, seconds, seed, start = pickle.loads(line.recv_bytes())
    os.nice(NICE)  # not before: who waits for an answer waits for the imports too
    threading.Thread(target=_end_with, args=(line,), daemon=True).start()
    line.send((READY, None))
    limit = Limit(seconds, time.perf_counter, seed)
    try:
        answer = solver(problem, limit, start, lambda better: line.send((BETTER, better)))
    except PlanningError as error:
        line.send((FAILED, str(error)))
    else:
        line.send((DONE, answer))


def _end_with(line: Connection) -> None:
    """Nothing more is ever sent to us: what ends the wait is the parent's end."""
    try:
        line.recv_bytes()
    finally:
        os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
