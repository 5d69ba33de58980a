"""Where services go before production is planned around them: each at its cheapest start.

The dispatch rules take the tasks first, those that lose most by waiting for another place first;
crews, parts and machines are then taken for them.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from twin.errors import PlanningError
from twin.scheduling.problem import Problem, Task
from twin.scheduling.working_time import WorkingTime

__all__ = ["Service", "place_services"]

Held = list[list[tuple[int, int]]]
"""Of each machine or crew the stretches it is taken for."""
Displaced = Callable[[int, int, int], float]
"""(machine, start, end) → money that production there is thought to lose."""


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
        self.crew_times = [WorkingTime(problem.calendars[crew.calendar]) for crew in problem.crews]
        self.services: list[Service] = []
        self.part_starts: list[list[int]] = [[] for _ in problem.parts]

    def take(self, t: int) -> None:
        """Place task t at the cheapest start that is free, or skip it."""
        task = self.problem.tasks[t]
        best = min(self._offers(task), default=None)
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

    def _offers(self, task: Task) -> Iterator[tuple[float, int, int]]:
        """(cost, start, crew) of every start worth trying with every crew that can."""
        site = self.problem.machines[task.machine].site
        able = [
            c
            for c, crew in enumerate(self.problem.crews)
            if task.skill in crew.skills and site in crew.sites
        ]
        for crew in able:
            for start in self._starts(task, crew):
                if self._free(task, crew, start):
                    yield self._cost(task, start), start, crew

    def _starts(self, task: Task, crew: int) -> Iterator[int]:
        """Where the curve steps, and where something that was in the way has ended."""
        if task.pin is not None:
            if task.pin.crew in (None, crew):
                yield task.pin.start
            return
        bucket = self.problem.bucket
        held = self.machines[task.machine] + self.crews[crew]
        ends = {end for _, end in held} | {begun - task.duration for begun, _ in held}
        calendar = self.problem.calendars[self.problem.crews[crew].calendar]
        ends |= {start for start, _ in calendar} | {end - task.duration for _, end in calendar}
        if task.part >= 0:
            ends |= set(self.problem.parts[task.part])
        ends |= set(range(-(-task.earliest // bucket) * bucket, task.latest + 1, bucket))
        ends |= {task.earliest, task.latest}
        latest = min(task.latest, self.problem.horizon - task.duration)
        yield from sorted(start for start in ends if task.earliest <= start <= latest)

    def _free(self, task: Task, crew: int, start: int) -> bool:
        end = start + task.duration
        held = self.machines[task.machine] + self.crews[crew]
        return (
            self.crew_times[crew].covers(start, end)
            and all(end <= a or b <= start for a, b in held)
            and self._has_part(task, start)
        )

    def _has_part(self, task: Task, start: int) -> bool:
        """Whether every taker, this one among them, has its part."""
        if task.part < 0:
            return True
        arrivals = self.problem.parts[task.part]
        starts = sorted([*self.part_starts[task.part], start])
        return len(starts) <= len(arrivals) and all(
            begun >= there for begun, there in zip(starts, arrivals, strict=False)
        )

    def _cost(self, task: Task, start: int) -> float:
        risk = task.risk[min(start // self.problem.bucket, len(task.risk) - 1)]
        if self.displaced is None:
            return risk
        return risk + self.displaced(task.machine, start, start + task.duration)


def _regret(task: Task) -> float:
    """What missing its best time may cost: the task that loses most is placed first."""
    return min(max(task.risk), task.skip_cost) - min(task.risk)


def _need(task: Task) -> tuple[bool, int, int]:
    """What must be placed first, and of that what has the least choice of starts."""
    return task.skip_cost < float("inf"), task.latest - task.earliest, task.latest
