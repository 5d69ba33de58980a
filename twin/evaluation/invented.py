"""Invented plants to plan: seeded, with every feature of the problem, tuned to no solver.

Proportions are a mid-sized job shop's: groups of similar machines over sites, jobs of product
families routed through them, a load that two shifts can just bear, due dates by total work content
with different haste, day and night tariff, services falling due within the fortnight.
Due dates by work content: Baker (1984), Management Science 30:1093.
"""

import numpy as np
from numpy.typing import NDArray

from twin.evaluation.invented_crews import invented_crews, with_parts
from twin.evaluation.invented_tasks import invented_task
from twin.evaluation.invented_time import crew_calendar, shift_calendar, tariff
from twin.scheduling.problem import Alternative, Crew, Job, Machine, Operation, Problem

__all__ = ["invented_plant", "small_plant"]

N_FAMILIES = 6
GROUP = 5
"""Machines of a kind."""
HASTE = (1.2, 4.5)
"""Time allowed over work content, from and to; and eight hours."""
WEEK_MIN = 5 * 16 * 60
"""Two shifts, five days."""
LOAD = 0.9
"""Work that comes in the first half of the horizon, over what two shifts can do in it."""
SHIFTS = (("el", 3.5), ("el", 4.0), ("els", 4.5), ("eln", 3.5), ("eln", 4.5))
LATE_COST_H = (4.0, 10.0, 25.0, 60.0)
"""Money an hour late, by priority."""

Ints = NDArray[np.int64]


def invented_plant(
    seed: int = 1,
    n_machines: int = 50,
    n_jobs: int = 300,
    n_tasks: int = 20,
    n_sites: int = 3,
    horizon_days: int = 14,
) -> Problem:
    """A plant in ticks of one minute, planned from a Monday at six.

    Jobs have 3 to 6 operations, each on 2 to 4 similar machines; with the defaults about 1,340.
    """
    rng = np.random.default_rng(seed)
    tick_s, bucket = 60.0, 15
    horizon = horizon_days * 24 * 60
    machines, speed = _machines(rng, n_machines, n_sites)
    crews, crew_calendars = invented_crews(horizon_days, tick_s, n_sites, len(SHIFTS))
    shifts = tuple(shift_calendar(horizon_days, tick_s, *each) for each in SHIFTS)
    served = rng.permutation(n_machines)[:n_tasks]
    tasks = [
        invented_task(rng, f"service-{k + 1}", int(m), horizon, bucket, tick_s)
        for k, m in enumerate(served)
    ]
    tasks, parts = with_parts(rng, tasks, horizon)
    work_min = LOAD * n_machines * WEEK_MIN * horizon_days / 14
    return Problem(
        jobs=_jobs(rng, n_jobs, speed, horizon // 3, work_min / (n_jobs * 4.5), tick_s),
        machines=machines,
        calendars=shifts + crew_calendars,
        horizon=horizon,
        tasks=tuple(tasks),
        crews=crews,
        parts=parts,
        setups=tuple(_setups(rng, 40.0) for _ in range(-(-n_machines // GROUP))),
        transport=_transport(rng, n_sites, 5, 90),
        price=tariff(horizon_days, tick_s, bucket),
        tick_s=tick_s,
        bucket=bucket,
    )


def small_plant(seed: int = 1, n_operations: int = 24) -> Problem:
    """Four machines on two sites in ticks of half an hour over four days, for exact solutions.

    Jobs of three operations (the last has the rest); two tasks, one crew, one part that is late.
    """
    rng = np.random.default_rng(seed)
    tick_s, bucket, days = 1800.0, 1, 4
    horizon = days * 48
    machines, speed = _machines(rng, 4, 2, group=2)
    n_jobs = max(1, n_operations // 3)
    sizes = [3] * (n_jobs - 1) + [n_operations - 3 * (n_jobs - 1)]
    jobs = _jobs(rng, n_jobs, speed, horizon // 4, 150.0, tick_s, sizes)
    tasks = [invented_task(rng, f"service-{k}", k * 2, horizon, bucket, tick_s) for k in (0, 1)]
    shifts = (shift_calendar(days, tick_s, "el", 3.5), shift_calendar(days, tick_s, "eln", 4.0))
    return Problem(
        jobs=jobs,
        machines=tuple(machine._replace(calendar=m % 2) for m, machine in enumerate(machines)),
        calendars=(*shifts, crew_calendar(days, tick_s, 2.0, True)),
        horizon=horizon,
        tasks=tuple(task._replace(skill=0, part=0) for task in tasks),
        crews=(Crew("crew-1", 2, frozenset({0}), frozenset({0, 1})),),
        parts=((0, 36),),
        setups=tuple(_setups(rng, 60.0, tick_s / 60.0) for _ in range(2)),
        transport=np.array([[0, 2], [2, 0]], np.int64),
        price=tariff(days, tick_s, bucket),
        tick_s=tick_s,
        bucket=bucket,
    )


def _machines(
    rng: np.random.Generator, n: int, n_sites: int, group: int = GROUP
) -> tuple[tuple[Machine, ...], list[list[tuple[int, float, float]]]]:
    """Machines, and of each group (machine, factor on durations, kW)."""
    machines, groups = [], []
    for begin in range(0, n, group):
        power_kw = float(rng.uniform(8.0, 45.0))
        setup_cost_h = float(rng.uniform(30.0, 80.0))
        members = []
        for m in range(begin, min(n, begin + group)):
            members.append((m, float(rng.uniform(0.8, 1.3)), power_kw * rng.uniform(0.8, 1.25)))
            machine = Machine(
                f"machine-{m + 1}",
                calendar=int(rng.integers(len(SHIFTS))),
                site=int(rng.integers(n_sites)),
                setup=begin // group,
                family=int(rng.integers(N_FAMILIES)),
                setup_cost_h=setup_cost_h,
            )
            machines.append(machine)
        groups.append(members)
    return tuple(machines), groups


def _jobs(
    rng: np.random.Generator,
    n: int,
    groups: list[list[tuple[int, float, float]]],
    last_release: int,
    mean_min: float,
    tick_s: float,
    sizes: list[int] | None = None,
) -> tuple[Job, ...]:
    """Jobs of 3 to 6 operations, or of `sizes`; work in minutes around `mean_min` each."""
    jobs = []
    for j in range(n):
        size = sizes[j] if sizes else int(rng.integers(3, 7))
        route = rng.permutation(max(size, len(groups)))[:size] % len(groups)
        family = int(rng.integers(N_FAMILIES))
        work = mean_min * rng.gamma(4.0, 0.25, size) * 60.0 / tick_s
        operations = tuple(
            Operation(_alternatives(rng, groups[g], w), family)
            for g, w in zip(route, work, strict=True)
        )
        release = 0 if rng.random() < 0.4 else int(rng.integers(last_release))
        due = release + int(rng.uniform(HASTE[0], HASTE[1]) * work.sum() + 8 * 3600 / tick_s)
        late_cost_h = LATE_COST_H[int(rng.choice(4, p=(0.35, 0.35, 0.2, 0.1)))]
        jobs.append(Job(f"order-{j + 1}", operations, release, due, late_cost_h))
    return tuple(jobs)


def _alternatives(
    rng: np.random.Generator, group: list[tuple[int, float, float]], work: float
) -> tuple[Alternative, ...]:
    n = min(len(group), int(rng.integers(2, 5)))
    chosen = sorted(rng.permutation(len(group))[:n])
    return tuple(
        Alternative(group[k][0], max(1, round(work * group[k][1])), round(group[k][2], 1))
        for k in chosen
    )


def _setups(rng: np.random.Generator, longest_min: float, tick_min: float = 1.0) -> Ints:
    """Ticks from family to family; like families (near numbers) change faster."""
    place = rng.permutation(N_FAMILIES)
    apart = np.abs(place[:, None] - place[None, :]) / (N_FAMILIES - 1)
    minutes = longest_min * (0.2 + 0.8 * apart) * rng.uniform(0.7, 1.3, apart.shape)
    ticks: Ints = np.maximum(1, np.rint(minutes / tick_min)).astype(np.int64)
    np.fill_diagonal(ticks, 0)
    return ticks


def _transport(rng: np.random.Generator, n_sites: int, within: int, farthest: int) -> Ints:
    way = rng.integers(farthest // 3, farthest + 1, (n_sites, n_sites))
    way = np.minimum(way, way.T)
    np.fill_diagonal(way, within)
    return np.asarray(way, np.int64)
