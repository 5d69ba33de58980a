"""Where services go before production is planned around them: each at its cheapest start.

The dispatch rules take the tasks first, those that lose most by waiting for another place first;
crews, parts and machines are then taken for them.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.errors import PlanningError
from twin.scheduling.problem import Problem, Task

__all__ = ["Service", "place_services"]

Ints = NDArray[np.int64]
Held = list[list[tuple[int, int]]]
"""Of each machine or crew the stretches it is taken for."""
Displaced = Callable[[int, int, int], float]
"""(machine, start, end) → money that production there is thought to lose, 0 or more."""
_Offer = tuple[float, int, int]
"""Cost, start, crew."""


class Service(NamedTuple):
    task: int
    start: int
    crew: int


def place_services(
    problem: Problem, taken: Held, displaced: Displaced | None = None
) -> list[Service]:
    """A start and a crew for every task, pinned ones first; `taken` are machines' pinned blocks.

    A task that fits nowhere, or costs less so, is skipped where it may be. Raises PlanningError.
    """
    orders = (
        sorted(range(len(problem.tasks)), key=lambda t: -_regret(problem.tasks[t])),
        sorted(range(len(problem.tasks)), key=lambda t: _need(problem.tasks[t])),
    )
    try:
        return _placed(_Places(problem, taken, displaced), orders[0])
    except PlanningError:
        return _placed(_Places(problem, taken, displaced), orders[1])


def _placed(plan: "_Places", order: list[int]) -> list[Service]:
    for t in sorted(order, key=lambda t: plan.problem.tasks[t].pin is None):
        plan.take(t)
    return plan.services


class _Places:
    """Who is still free, and what is left to place."""

    def __init__(self, problem: Problem, taken: Held, displaced: Displaced | None) -> None:
        self.problem, self.displaced = problem, displaced
        self.machines = [list(held) for held in taken]
        self.crews: Held = [[] for _ in problem.crews]
        self.windows = [
            np.array(problem.calendars[crew.calendar], np.int64).reshape(-1, 2)
            for crew in problem.crews
        ]
        """Of each crew, (W, 2): when it is there."""
        self.services: list[Service] = []
        self.part_starts: list[list[int]] = [[] for _ in problem.parts]

    def take(self, t: int) -> None:
        """Place task t at the cheapest start that is free, or skip it."""
        task = self.problem.tasks[t]
        best = self._best(task)
        if best is None or (best[0] > task.skip_cost and task.pin is None):
            if task.skip_cost == float("inf") or task.pin is not None:
                raise PlanningError(f"task '{task.id}' fits nowhere, want it placed")
            return
        _, start, crew = best
        self.services.append(Service(t, start, crew))
        stretch = (start, start + task.duration)
        self.machines[task.machine].append(stretch)
        self.crews[crew].append(stretch)
        if task.part >= 0:
            self.part_starts[task.part].append(start)

    def _best(self, task: Task) -> _Offer | None:
        """The cheapest start with any crew that can: by the risk alone, until that costs more."""
        site = self.problem.machines[task.machine].site
        curve, best = np.asarray(task.risk), None
        for c, crew in enumerate(self.problem.crews):
            if task.skill not in crew.skills or site not in crew.sites:
                continue
            starts = self._free_starts(task, c)
            risk = curve[np.minimum(starts // self.problem.bucket, len(curve) - 1)]
            cheapest = np.argsort(risk, kind="stable")
            for start, money in zip(
                starts[cheapest].tolist(), risk[cheapest].tolist(), strict=True
            ):
                if best is not None and (money, start, c) >= best:
                    break
                if self._has_part(task, start):
                    offer = (money + self._displaces(task, start), start, c)
                    best = offer if best is None else min(best, offer)
        return best

    def _free_starts(self, task: Task, crew: int) -> Ints:
        """Starts worth trying at which the crew is there, and it and the machine are free."""
        starts = self._starts(task, crew)
        ends = starts + task.duration
        windows = self.windows[crew]
        k = np.searchsorted(windows[:, 0], starts, side="right") - 1
        free = (k >= 0) & (ends <= windows[k, 1]) if len(windows) else np.zeros(len(k), bool)
        for begun, until in self.machines[task.machine] + self.crews[crew]:
            free &= (ends <= begun) | (until <= starts)
        kept: Ints = starts[free]
        return kept

    def _starts(self, task: Task, crew: int) -> Ints:
        """Rising: where the curve steps, and where something that was in the way has ended."""
        if task.pin is not None:
            return np.array([task.pin.start] * (task.pin.crew in (None, crew)), np.int64)
        bucket, duration = self.problem.bucket, task.duration
        ends = [task.earliest, task.latest]
        for begun, until in self.machines[task.machine] + self.crews[crew]:
            ends += (until, begun - duration)
        if task.part >= 0:
            ends += self.problem.parts[task.part]
        shifts = self.windows[crew]
        steps = np.arange(-(-task.earliest // bucket) * bucket, task.latest + 1, bucket)
        starts = np.sort(np.concatenate((ends, shifts[:, 0], shifts[:, 1] - duration, steps)))
        latest = min(task.latest, self.problem.horizon - duration)
        allowed: Ints = starts[(task.earliest <= starts) & (starts <= latest)]
        return allowed

    def _has_part(self, task: Task, start: int) -> bool:
        """Whether every taker, this one among them, has its part."""
        if task.part < 0:
            return True
        arrivals = self.problem.parts[task.part]
        starts = sorted([*self.part_starts[task.part], start])
        return len(starts) <= len(arrivals) and all(
            begun >= there for begun, there in zip(starts, arrivals, strict=False)
        )

    def _displaces(self, task: Task, start: int) -> float:
        if self.displaced is None:
            return 0.0
        return self.displaced(task.machine, start, start + task.duration)


def _regret(task: Task) -> float:
    """What missing its best time may cost: the task that loses most is placed first."""
    return min(max(task.risk), task.skip_cost) - min(task.risk)


def _need(task: Task) -> tuple[bool, int, int]:
    """What must be placed first, and of that what has the least choice of starts."""
    return task.skip_cost < float("inf"), task.latest - task.earliest, task.latest
