"""Why an order is late: what its operations wait for the longest, back from its end.

Codes: due_too_soon (it could not be done by then with every machine free), machine_busy (by: the
order that has the machine before), service, breakdown (by: the machine), closed (machines do not
work then), planned_late (nothing keeps it; it is cheaper so). A service is the reason only where
the order would end earlier without it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from twin.pipeline.planning.change import as_is, delays, try_task
from twin.pipeline.planning.problem_of import Stated
from twin.scheduling.layout import Layout, alternative_on, machine_orders, numbered
from twin.scheduling.problem import Job
from twin.scheduling.schedule import Schedule
from twin.scheduling.working_time import WorkingTime

__all__ = ["late_orders"]

Cause = tuple[str, str | None]


def late_orders(stated: Stated, schedule: Schedule, layout: Layout) -> list[dict[str, Any]]:
    """Jobs that end after they are due, the dearest first."""
    look = _Look(stated, schedule, layout)
    found, first = [], 0
    for job in stated.problem.jobs:
        own = range(first, first + len(job.operations))
        first += len(job.operations)
        end = int(layout.end[own[-1]])
        if int(schedule.machine[own[0]]) < 0 or job.due is None or end <= job.due:
            continue
        late_h = (end - job.due) * stated.problem.tick_h
        reason, by = look.cause(job, own)
        late = {"order": job.id, "late_h": round(late_h, 2), "reason": reason, "by": by}
        found.append((late_h * job.late_cost_h, late))
    return [late for _, late in sorted(found, key=lambda pair: -pair[0])]


class _Look:
    """A schedule to be asked what its operations wait for."""

    def __init__(self, stated: Stated, schedule: Schedule, layout: Layout) -> None:
        self.stated, self.schedule, self.layout = stated, schedule, layout
        self.rows = numbered(stated.problem)
        self.times = [WorkingTime(calendar) for calendar in stated.problem.calendars]
        self.before: dict[int, int] = {}
        """Operation → the one before it on its machine."""
        self._delayed: dict[int, frozenset[object]] = {}
        for order in machine_orders(stated.problem, schedule):
            self.before |= dict(zip(order[1:], order[:-1], strict=True))

    def cause(self, job: Job, own: Sequence[int]) -> Cause:
        """What a late job waits for the longest, all its operations together."""
        if self._best_end(job) > (job.due or 0):
            return self._breakdown(own) or ("due_too_soon", None)
        waits: Counter[Cause] = Counter()
        ready = job.release
        for i in own:
            wait = int(self.layout.start[i]) - ready
            if wait > 0:
                for cause, ticks in self._waits(job, i, ready):
                    waits[cause] += ticks
            ready = int(self.layout.end[i])
        return waits.most_common(1)[0][0] if waits else ("due_too_soon", None)

    def _best_end(self, job: Job) -> int:
        """When it would end with every machine free, by the calendars alone."""
        problem, time = self.stated.problem, job.release
        for operation in job.operations:
            ends = []
            for a in operation.alternatives:
                working = self.times[problem.machines[a.machine].calendar]
                start = working.next_open(time)
                end = None if start is None else working.end(start, a.duration)
                ends.append(problem.horizon + 1 if end is None else end)
            time = min(ends)
        return time

    def _breakdown(self, own: Sequence[int]) -> Cause | None:
        machines = [self.stated.machine_ids[int(self.schedule.machine[i])] for i in own]
        hit = next((m for m in machines if m in self.stated.closed), None)
        return None if hit is None else ("breakdown", hit)

    def _waits(self, job: Job, i: int, ready: int) -> Iterator[tuple[Cause, int]]:
        """What an operation waits for that could start at `ready`, and how long."""
        m, left = int(self.schedule.machine[i]), int(self.layout.start[i]) - ready
        machine = self.stated.machine_ids[m]
        closed = self.stated.closed.get(machine)
        if closed is not None and self.stated.horizon.ceil(closed[1]) > ready:
            yield ("breakdown", machine), left
            return
        for t in self._services(m, ready, ready + left):
            if left > 0 and job.id in self._delayed_by(t):
                begun = int(self.schedule.task_start[t])
                held = min(left, begun + self.stated.problem.tasks[t].duration - max(begun, ready))
                yield ("service", machine), held
                left -= held
        yield self._otherwise(i, m, ready), left

    def _otherwise(self, i: int, m: int, ready: int) -> Cause:
        before = self.before.get(i)
        if before is not None and int(self.layout.end[before]) > ready:
            return "machine_busy", self.stated.keys[before][0]
        return ("planned_late" if self._was_open(i, m, ready) else "closed"), None

    def _services(self, m: int, ready: int, start: int) -> Iterator[int]:
        """Services of a machine that end between two ticks."""
        for t, task in enumerate(self.stated.problem.tasks):
            begun = int(self.schedule.task_start[t])
            if task.machine == m and begun >= 0 and ready < begun + task.duration <= start:
                yield t

    def _delayed_by(self, t: int) -> frozenset[object]:
        """Orders that would end earlier without a service, as its suggestion lists them."""
        if t not in self._delayed:
            without = try_task(self.stated, self.schedule, t, None)
            found = delays(without, as_is(self.stated, self.schedule))
            self._delayed[t] = frozenset(d["order"] for d in found)
        return self._delayed[t]

    def _was_open(self, i: int, m: int, ready: int) -> bool:
        """Whether the machine could have begun earlier."""
        time = self.times[self.stated.problem.machines[m].calendar]
        alternative = alternative_on(self.rows[i][2], m)
        first = time.next_open(ready)
        return alternative is not None and first is not None and first < int(self.layout.start[i])
