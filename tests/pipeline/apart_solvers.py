"""Solvers that end badly, to be run in a process of their own."""

import os
import signal

from twin.errors import PlanningError
from twin.scheduling.schedule import Answer, empty_schedule

__all__ = ["aborts", "dies", "exits", "finds_none", "hangs", "holds", "improves", "takes_its_start"]


def improves(problem, limit, _start, tell):
    """Tells 9, 8 and the seed, which is also its answer."""
    for cost in (9.0, 8.0, float(limit.seed)):
        answer = Answer(empty_schedule(problem), cost, 1.0, 0.5)
        tell(answer)
    return answer


def takes_its_start(_problem, limit, start, _tell):
    return Answer(start, limit.seconds, None, 0.0)


def finds_none(problem, *_):
    raise PlanningError(f"nothing fits within {problem.horizon}")


def aborts(problem, limit, start=None, tell=None):
    improves(problem, limit, start, tell)
    os.abort()


def dies(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def exits(*_):
    os._exit(3)


def hangs(problem, limit, start=None, tell=None):
    improves(problem, limit, start, tell)
    signal.pause()


def holds(path, problem, limit, start, tell):
    """Tells and hangs with a pipe held open: whoever reads it learns of our end."""
    pipe = os.open(path, os.O_RDWR)  # waits for no reader
    os.write(pipe, f"{os.getpid()}\n".encode())
    hangs(problem, limit, start, tell)
