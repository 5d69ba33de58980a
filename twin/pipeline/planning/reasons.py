"""Why an order is late: what its operations wait for the longest, back from its end.

Codes: due_too_soon (it could not be done by then with every machine free), machine_busy (by: the
order that has the machine before), service, breakdown (by: the machine), closed (machines do not
work then), planned_late (nothing keeps it; it is cheaper so).
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

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
                waits[self._waits_for(i, ready)] += wait
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

    def _waits_for(self, i: int, ready: int) -> Cause:
        """What an operation waits for that could start at `ready`."""
        m, start = int(self.schedule.machine[i]), int(self.layout.start[i])
        machine = self.stated.machine_ids[m]
        closed = self.stated.closed.get(machine)
        if closed is not None and self.stated.horizon.ceil(closed[1]) > ready:
            return "breakdown", machine
        for t, task in enumerate(self.stated.problem.tasks):
            begun = int(self.schedule.task_start[t])
            if task.machine == m and begun >= 0 and ready < begun + task.duration <= start:
                return "service", machine
        before = self.before.get(i)
        if before is not None and int(self.layout.end[before]) > ready:
            return "machine_busy", self.stated.keys[before][0]
        return ("planned_late" if self._was_open(i, m, ready) else "closed"), None

    def _was_open(self, i: int, m: int, ready: int) -> bool:
        """Whether the machine could have begun earlier."""
        time = self.times[self.stated.problem.machines[m].calendar]
        alternative = alternative_on(self.rows[i][2], m)
        first = time.next_open(ready)
        return alternative is not None and first is not None and first < int(self.layout.start[i])
