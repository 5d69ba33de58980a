"""A schedule's rules and costs tick by tick: slow, with no bisection and no cumulative sums.

The second route to what `twin.scheduling.check` says.
"""

import math

import numpy as np


def open_ticks(problem, calendar):
    is_open = [False] * problem.horizon
    for start, end in problem.calendars[calendar]:
        for tick in range(start, end):
            is_open[tick] = True
    return is_open


def operation_end(is_open, start, duration):
    """Walk until the work is done; None beyond the horizon."""
    tick, left = start, duration
    while left:
        if tick >= len(is_open):
            return None
        left -= is_open[tick]
        tick += 1
    return tick


def setup_begin(is_open, start, setup):
    """Walk back until there is time enough; None before 0."""
    tick, left = start, setup
    while left:
        tick -= 1
        if tick < 0:
            return None
        left -= is_open[tick]
    return tick


class DensePlan:
    """Everything laid out; `rules` are the numbers of the rules that are broken."""

    def __init__(self, problem, schedule):
        self.problem, self.schedule = problem, schedule
        self.rules = set()
        self.operations = [
            (j, k) for j, job in enumerate(problem.jobs) for k in range(len(job.operations))
        ]
        self.calendars = [open_ticks(problem, c) for c in range(len(problem.calendars))]
        self.begin, self.end, self.setup = {}, {}, {}
        for m in range(len(problem.machines)):
            self.lay_out(m)
        self.jobs()
        self.tasks()
        self.pins()

    def operation(self, i):
        j, k = self.operations[i]
        return self.problem.jobs[j].operations[k]

    def lay_out(self, m):
        machine = self.problem.machines[m]
        is_open = self.calendars[machine.calendar]
        taken = [0] * self.problem.horizon
        mine = [i for i in range(len(self.operations)) if self.schedule.machine[i] == m]
        family = machine.family
        for i in sorted(mine, key=lambda i: (self.schedule.start[i], i)):
            operation, start = self.operation(i), int(self.schedule.start[i])
            [duration] = [a.duration for a in operation.alternatives if a.machine == m]
            if not is_open[start]:
                self.rules.add(2)
            matrix = self.problem.setups[machine.setup]
            self.setup[i] = 0 if family == -1 else int(matrix[family][operation.family])
            self.begin[i] = setup_begin(is_open, start, self.setup[i])
            self.end[i] = operation_end(is_open, start, duration)
            if self.begin[i] is None:
                self.rules.add(3)
            if self.end[i] is None:
                self.rules.add(8)
            until = self.problem.horizon if self.end[i] is None else self.end[i]
            for tick in range(start if self.begin[i] is None else self.begin[i], until):
                taken[tick] += 1
            family = operation.family
        for t, task in enumerate(self.problem.tasks):
            if task.machine == m and self.schedule.task_start[t] >= 0:
                start = int(self.schedule.task_start[t])
                for tick in range(start, min(self.problem.horizon, start + task.duration)):
                    taken[tick] += 1
        if max(taken, default=0) > 1:
            self.rules.add(3)

    def jobs(self):
        way = self.problem.transport
        site = [machine.site for machine in self.problem.machines]
        for i, (j, k) in enumerate(self.operations):
            m, start = int(self.schedule.machine[i]), int(self.schedule.start[i])
            if m < 0:
                continue
            if k == 0 and start < self.problem.jobs[j].release:
                self.rules.add(4)
            if k and self.end[i - 1] is not None:
                before = int(self.schedule.machine[i - 1])
                if start < self.end[i - 1] + int(way[site[before]][site[m]]):
                    self.rules.add(4)

    def tasks(self):
        problem, schedule = self.problem, self.schedule
        for c, crew in enumerate(problem.crews):
            at_work = [0] * problem.horizon
            is_open = self.calendars[crew.calendar]
            for t, task in enumerate(problem.tasks):
                start = int(schedule.task_start[t])
                if start < 0 or schedule.task_crew[t] != c:
                    continue
                fits = task.skill in crew.skills
                fits = fits and problem.machines[task.machine].site in crew.sites
                for tick in range(start, start + task.duration):
                    if tick >= problem.horizon:
                        self.rules |= {5, 8}
                        break
                    at_work[tick] += 1
                    fits = fits and is_open[tick]
                if not fits or not task.earliest <= start <= task.latest:
                    self.rules.add(5)
            if max(at_work) > 1:
                self.rules.add(5)
        for part, arrivals in enumerate(problem.parts):
            starts = [
                int(s)
                for s, task in zip(schedule.task_start, problem.tasks, strict=True)
                if task.part == part and s >= 0
            ]
            for tick in starts:
                if sum(s <= tick for s in starts) > sum(a <= tick for a in arrivals):
                    self.rules.add(6)

    def pins(self):
        for i in range(len(self.operations)):
            pin = self.operation(i).pin
            if pin is None:
                continue
            here = (int(self.schedule.machine[i]), int(self.schedule.start[i]))
            if here[0] != pin.machine or (pin.start is not None and here[1] != pin.start):
                self.rules.add(7)
        for t, task in enumerate(self.problem.tasks):
            if task.pin is not None:
                same = int(self.schedule.task_start[t]) == task.pin.start
                if not same or task.pin.crew not in (None, int(self.schedule.task_crew[t])):
                    self.rules.add(7)

    def total(self):
        """The weighted sum, term by term."""
        w = self.problem.weights
        return (
            w.makespan * max(self.end.values(), default=0) * self.problem.tick_h
            + w.tardiness * self.tardiness()
            + w.risk * self.risk()
            + w.energy * self.energy()
            + w.changeover * self.changeover()
            + w.idle * self.idle_h()
            + w.stability * self.stability()
        )

    def tardiness(self):
        money = 0.0
        for j, job in enumerate(self.problem.jobs):
            mine = [i for i, (other, _) in enumerate(self.operations) if other == j]
            if self.schedule.machine[mine[0]] < 0:
                money += job.left_out_cost
            elif job.due is not None:
                late = max(self.end[i] for i in mine) - job.due
                money += job.late_cost_h * max(0, late) * self.problem.tick_h
        return money

    def risk(self):
        money = 0.0
        for task, start in zip(self.problem.tasks, self.schedule.task_start, strict=True):
            if start < 0:
                money += task.skip_cost
            else:
                curve = np.repeat(task.risk, self.problem.bucket)
                money += float(curve[start] if start < len(curve) else curve[-1])
        return money

    def price(self, tick):
        prices = self.problem.price
        bucket = tick // self.problem.bucket
        return float(prices[bucket] if bucket < len(prices) else prices[-1])

    def energy(self):
        money = 0.0
        for i, end in self.end.items():
            m = int(self.schedule.machine[i])
            [power_kw] = [a.power_kw for a in self.operation(i).alternatives if a.machine == m]
            is_open = self.calendars[self.problem.machines[m].calendar]
            for tick in range(int(self.schedule.start[i]), end):
                money += power_kw * self.price(tick) * self.problem.tick_h * is_open[tick]
        return money

    def changeover(self):
        return sum(
            setup
            * self.problem.tick_h
            * self.problem.machines[self.schedule.machine[i]].setup_cost_h
            for i, setup in self.setup.items()
        )

    def idle_h(self):
        ticks = 0
        for m, machine in enumerate(self.problem.machines):
            mine = [i for i in self.end if self.schedule.machine[i] == m]
            if not mine:
                continue
            held = [(int(self.schedule.start[i]), self.end[i]) for i in mine]
            first, last = min(self.begin[i] for i in mine), max(b for _, b in held)
            for task, start in zip(self.problem.tasks, self.schedule.task_start, strict=True):
                if task.machine == m and start >= 0:
                    held.append((int(start), int(start) + task.duration))
            is_open = self.calendars[machine.calendar]
            for tick in range(first, last):
                ticks += is_open[tick] and not any(a <= tick < b for a, b in held)
        return ticks * self.problem.tick_h

    def stability(self):
        plan = self.problem.reference
        if plan is None:
            return 0.0
        money = 0.0
        for i in range(len(self.operations)):
            if plan.machine[i] < 0:
                continue
            near = math.exp(-plan.start[i] / plan.fade)
            if self.schedule.machine[i] < 0:
                money += near * (plan.machine_cost + plan.time_cost)
                continue
            if self.schedule.machine[i] != plan.machine[i]:
                money += near * plan.machine_cost
            apart = abs(int(self.schedule.start[i]) - int(plan.start[i]))
            money += near * plan.time_cost * min(1.0, apart / plan.cap)
        for was, start in zip(plan.task_start, self.schedule.task_start, strict=True):
            if was >= 0:
                apart = plan.cap if start < 0 else abs(int(start) - int(was))
                money += math.exp(-was / plan.fade) * plan.time_cost * min(1.0, apart / plan.cap)
        return money
