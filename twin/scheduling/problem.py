"""What is to be planned: orders' jobs and maintenance tasks on machines and crews.

A flexible job shop with sequence-dependent setup, calendars, sites, a tariff and maintenance tasks
whose cost over their start is a risk curve. Time is in whole ticks from the moment of planning
(0); `tick_s` says how long one is. What belongs together by number (machine, calendar, family,
skill, part, site) is an index into a tuple of the problem.

Rules, all recomputed by `check`:

1. Every operation of a job is placed on one of its alternatives, or none of the job's is: the job
   is then left out at `Job.left_out_cost` (inf: it must be placed).
2. Work is resumable: an operation that starts at s on a machine ends at the first tick by which
   the machine's calendar was open for `duration` ticks. It starts at an open tick, and holds its
   machine from start to end, closed times included.
3. Between two operations of different family on a machine lies a setup, of the machine's setup
   matrix [from, to], directly before the second: it is resumable too and may begin before the job
   arrives. Setup and operation are one block; blocks and tasks on a machine do not overlap. Before
   the machine's first operation the family is `Machine.family` (-1: no setup is needed).
4. The first operation starts at or after the release; each next one at or after the end of the
   one before plus the transport time between their machines' sites.
5. A task, if placed, runs without a break for `duration` ticks from a start within its window,
   whether its machine's calendar is open or not, with a crew that has its skill, works at the
   machine's site and whose calendar is open throughout. A crew does one task at a time.
6. The n-th task in order of start that needs a part starts at or after the part's n-th arrival.
7. What is pinned is placed as pinned.
8. Everything ends within the horizon.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Alternative",
    "Calendar",
    "Crew",
    "Job",
    "Machine",
    "Operation",
    "Order",
    "Pin",
    "Problem",
    "Reference",
    "Task",
    "TaskPin",
    "Weights",
]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Calendar = tuple[tuple[int, int], ...]
"""Open times [start, end) in ticks, in order, apart."""


class Pin(NamedTuple):
    """Where an operation must be: work in progress, frozen or locked by a person."""

    machine: int
    start: int | None = None
    """None: on this machine, at any time."""


class TaskPin(NamedTuple):
    """When a task must be, because a person accepted or locked it."""

    start: int
    crew: int | None = None


class Alternative(NamedTuple):
    machine: int
    duration: int
    """Working ticks."""
    power_kw: float = 0.0
    """Drawn while it works, not while the machine's calendar is closed."""


class Operation(NamedTuple):
    alternatives: tuple[Alternative, ...]
    family: int = 0
    pin: Pin | None = None


class Job(NamedTuple):
    id: str
    operations: tuple[Operation, ...]
    release: int = 0
    due: int | None = None
    late_cost_h: float = 0.0
    """Money for each hour of completion after `due`: the priority in money."""
    left_out_cost: float = np.inf


class Machine(NamedTuple):
    id: str
    calendar: int = 0
    site: int = 0
    setup: int = 0
    """Which setup matrix."""
    family: int = -1
    """What it is set up for now."""
    setup_cost_h: float = 0.0
    """Money for each hour of setup work."""


class Task(NamedTuple):
    """Maintenance of a machine: one interval."""

    id: str
    machine: int
    duration: int
    earliest: int
    latest: int
    """First and last tick at which it may start."""
    risk: tuple[float, ...]
    """Money expected if it starts in the n-th bucket of `Problem.bucket` ticks: service, failure
    before it, life thrown away (maintenance.cost_curve). The last value holds from there on."""
    skip_cost: float = np.inf
    """Money expected if it is not placed within the horizon (inf: it must be)."""
    skill: int = 0
    part: int = -1
    """Spare part of which it takes one; -1: none."""
    pin: TaskPin | None = None


class Crew(NamedTuple):
    id: str
    calendar: int = 0
    skills: frozenset[int] = frozenset({0})
    sites: frozenset[int] = frozenset({0})


class Weights(NamedTuple):
    """What a unit of each objective is worth; the total is their weighted sum."""

    makespan: float = 0.0
    """Money an hour."""
    tardiness: float = 1.0
    risk: float = 1.0
    energy: float = 1.0
    changeover: float = 1.0
    idle: float = 0.0
    """Money for each open hour between a machine's first block's start and its last block's end in
    which it neither works on an operation nor is serviced: what utilisation lacks. Setting up makes
    nothing (ISO 22400-2 has no setup in its production time), so that no setup ever pays."""
    stability: float = 1.0


class Order(NamedTuple):
    """Objectives one after the other: a later one decides between what is alike in the earlier."""

    names: tuple[str, ...]
    """Of weights, the first first; after the last the total decides."""
    slack: float = 0.0
    """Plans are alike in an objective if they differ by no more than this share of the larger."""


class Reference(NamedTuple):
    """The plan in force, operation by operation as the problem numbers them; -1: not in it.

    Moving operation i costs near_i · (machine_cost·[other machine] + time_cost·min(1, |Δstart| /
    cap)), near_i = exp(−start_i / fade): what is near in time is dear to move. A task that is in
    the plan and moves or is dropped costs the same, without the machine's part; dropped counts as
    a move by the cap.
    """

    machine: Ints
    start: Ints
    task_start: Ints
    machine_cost: float
    time_cost: float
    cap: int
    fade: float


@dataclass(frozen=True)
class Problem:
    """All of one plant or of several sites. Operations are numbered job by job."""

    jobs: tuple[Job, ...]
    machines: tuple[Machine, ...]
    calendars: tuple[Calendar, ...]
    horizon: int
    tasks: tuple[Task, ...] = ()
    crews: tuple[Crew, ...] = ()
    parts: tuple[tuple[int, ...], ...] = ()
    """Of each spare part the ticks at which one more is there, rising; 0: in stock."""
    setups: tuple[Ints, ...] = (np.zeros((1, 1), np.int64),)
    """(F, F) ticks each, by family before and after; the diagonal is 0."""
    transport: Ints = field(default_factory=lambda: np.zeros((1, 1), np.int64))
    """(K, K) ticks between sites; the diagonal is what moving within a site takes."""
    price: Array = field(default_factory=lambda: np.zeros(1))
    """(B,) money per kWh in each bucket; the last value holds from there on."""
    tick_s: float = 60.0
    bucket: int = 15
    """Ticks of a bucket of tariff and risk curves."""
    reference: Reference | None = None
    weights: Weights = field(default_factory=Weights)
    order: Order | None = None
    """None: the total decides. Solvers minimise the total; `lexicographic.in_order` obeys it."""

    @property
    def n_operations(self) -> int:
        return sum(len(job.operations) for job in self.jobs)

    @property
    def tick_h(self) -> float:
        return self.tick_s / 3600.0
