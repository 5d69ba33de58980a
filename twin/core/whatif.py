"""What if: one machine under other inputs, with its service at another time, over the horizon.

    measured level   D(u(t)) + scale·level(t)          what the inputs explain, and the state
    state            x[t+1] = F x[t] + [0, B (u − u₀)] B: wear that an input brings, u₀: as it runs
    after a service  the state of a new machine, age 0

Probabilities of failure are the landmark model's, moved by what changes do along paths
(twin.core.path_match): no change is the landmark curve itself. A service begins a new stretch
with the landmark curve of a new machine, and the machine fails once at most.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.core.conditions import nearest
from twin.core.hazard import Hazard
from twin.core.path_hazard import landmark_curve, path_hazard, population
from twin.core.path_match import Match, match, pushed_curve
from twin.core.paths import Paths, Start, drift, free_paths, spread_at
from twin.core.statespace import Trend

__all__ = [
    "N_PATHS",
    "Case",
    "Change",
    "Course",
    "Rehearsal",
    "Scenario",
    "course_of",
    "explained",
    "inputs_at",
    "lead_times",
    "rehearse",
]

Array = NDArray[np.float64]

N_PATHS = 256
POINTS = 97
"""Times at which a course is given where there is no failure model."""
JUST = 1e-6
"""A step before a break, in steps: both sides of a jump are given."""


class Case(NamedTuple):
    """A machine as it is: beliefs now and after a service, and the inputs (k,) it runs at."""

    trend: Trend
    wear: Array
    """B (m, k): slope that one unit of an input adds in a step, model units."""
    hazard: Hazard | None
    inputs: Array
    now: Start
    new: Start
    horizon: float
    """Steps."""


class Change(NamedTuple):
    """An input takes a value from a time on, steps from now."""

    input: int
    value: float
    begin: float = 0.0


class Scenario(NamedTuple):
    """What is otherwise than now; nothing, if empty."""

    changes: tuple[Change, ...] = ()
    service: float | None = None
    """Steps from now; None: none within the horizon."""


class Stretch(NamedTuple):
    """Time since now or since the service, with what is the same for all scenarios."""

    start: Start
    paths: Paths
    unchanged: Array
    """(P, G) cumulative hazard along each path, (P, 0) without failure model."""
    landmark: Array
    """(3, G) cumulative hazard of the landmark model and both ends of its 80 % interval."""
    matched: Match | None
    """What brings the one to the other."""


class Rehearsal(NamedTuple):
    """Paths that all scenarios share, from now and from a service on."""

    now: Stretch
    new: Stretch


class Course(NamedTuple):
    """What comes of a scenario at times `at` (T,) in steps from now; m sensors, plant units."""

    at: Array
    inputs: Array
    """(T, k)"""
    mean: Array
    """(T, m) measured level."""
    sd: Array
    """(T, m) of the level, and of a reading about it."""
    reading_sd: Array
    cumulative: Array
    """(3, T) cumulative hazard, with both ends of its 80 % interval; NaN without model."""
    read: Array
    """(T,) cumulative hazard as the paths alone have it."""
    mc_sd: Array
    """(T,) sd of log cumulative hazard from the number of paths."""
    paths: Array
    """(P, T) x m levels of the paths: (P, T, m)."""

    @property
    def failure(self) -> Array:
        """(3, T) probability of having failed by each time, with its 80 % interval."""
        return np.asarray(-np.expm1(-self.cumulative))


def rehearse(case: Case, n: int = N_PATHS, seed: int = 1) -> Rehearsal:
    """Draw n paths from now and from a service on; the seed decides all."""
    hazard = case.hazard
    at = _grid(case)
    found = []
    for number, start in enumerate((case.now, case.new)):
        paths = free_paths(case.trend, start, at, n, seed + number)
        read = np.zeros((n, 0)) if hazard is None else path_hazard(hazard, paths)
        landmark = landmark_curve(hazard, start, at)
        matched = None if hazard is None else match(read, landmark[0])
        found.append(Stretch(start, paths, read, landmark, matched))
    return Rehearsal(*found)


def course_of(case: Case, rehearsal: Rehearsal, scenario: Scenario) -> Course:
    """What comes of a scenario; no change gives the landmark model's own curve."""
    at = lead_times(case, scenario)
    u = inputs_at(case.inputs, scenario.changes, at)
    base, scale = explained(case.trend, u)
    stop = np.inf if scenario.service is None else scenario.service
    first = at < stop
    parts = [_stretch(case, rehearsal.now, scenario, 0.0, at[first])]
    if not first.all():
        parts.append(_stretch(case, rehearsal.new, scenario, stop, at[~first]))
    level, variance, paths = (np.concatenate([p[i] for p in parts], axis=-2) for i in range(3))
    hazards = [p[3] for p in parts]
    if len(parts) == 2 and first.any():
        hazards[1] = hazards[1] + hazards[0][:, -1:]
    whole = np.concatenate(hazards, axis=1)
    mc_sd = np.concatenate([p[4] for p in parts])
    return Course(
        at=at,
        inputs=u,
        mean=base + scale * level,
        sd=scale * np.sqrt(variance),
        reading_sd=scale * np.sqrt(variance + case.trend.r),
        cumulative=whole[:3],
        read=whole[3],
        mc_sd=mc_sd,
        paths=base + scale * paths,
    )


def lead_times(case: Case, scenario: Scenario) -> Array:
    """Times (T,) in steps: the lead-time bins' edges, and both sides of every break."""
    breaks = [c.begin for c in scenario.changes]
    breaks += [] if scenario.service is None else [scenario.service]
    inside = np.array([b for b in breaks if 0.0 < b <= case.horizon])
    return np.unique(np.concatenate([_grid(case), inside, np.maximum(inside - JUST, 0.0)]))


def _grid(case: Case) -> Array:
    """Times between which the landmark curve is linear; without failure model evenly spaced."""
    if case.hazard is None:
        return np.linspace(0.0, case.horizon, POINTS)
    return case.hazard.edges


def inputs_at(inputs: Array, changes: tuple[Change, ...], at: Array) -> Array:
    """Inputs (T, k) at times `at`: as they are, until a change begins; the last one holds."""
    out = np.repeat(inputs[None], len(at), axis=0)
    for change in sorted(changes, key=lambda c: c.begin):
        out[at >= change.begin, change.input] = change.value
    return out


def _stretch(
    case: Case, stretch: Stretch, scenario: Scenario, begin: float, at: Array
) -> tuple[Array, Array, Array, Array, Array]:
    """Level and its variance (T, m), paths (P, T, m), cumulative hazards (4, T) from the stretch's
    beginning, sd of their logarithm (T,). `at` counts from now, the stretch begins at `begin`."""
    lead = at - begin
    level, slope = _shift(case, scenario, begin)
    whole = np.arange(len(level), dtype=np.float64)
    mean, variance = spread_at(case.trend, stretch.start, lead)
    mean = mean + _read_at(lead, whole, level)
    free = _paths_at(stretch.paths, lead) + _read_at(lead, whole, level)
    grid = stretch.paths.at
    moved = [_read_at(grid, whole, x) for x in (level, slope)]
    hazards, mc_sd = _hazards(case.hazard, stretch, *moved)
    read = np.stack([np.interp(lead, grid, h) for h in hazards])
    return mean, variance, free, read, np.interp(lead, grid, mc_sd)


def _shift(case: Case, scenario: Scenario, begin: float) -> tuple[Array, Array]:
    """What the changes add to levels and slopes (H + 1, m) at whole steps since `begin`."""
    steps = begin + np.arange(int(np.ceil(case.horizon)))
    away = np.zeros((len(steps), len(case.inputs)))
    held = case.inputs.copy()
    for change in sorted(scenario.changes, key=lambda c: c.begin):
        part = np.clip(steps + 1.0 - change.begin, 0.0, 1.0)
        away[:, change.input] += part * (change.value - held[change.input])
        held[change.input] = change.value
    return drift(case.trend.growth, away @ case.wear.T)


def _read_at(at: Array, grid: Array, values: Array) -> Array:
    """Columns of values (G, m), linear between grid points, at times `at`: (T, m)."""
    return np.stack([np.interp(at, grid, column) for column in values.T], axis=1)


def _paths_at(paths: Paths, at: Array) -> Array:
    """Levels (P, T, m), linear between the times of the paths."""
    j = np.clip(np.searchsorted(paths.at, at, side="right"), 1, len(paths.at) - 1)
    part = (at - paths.at[j - 1]) / (paths.at[j] - paths.at[j - 1])
    low, high = paths.level[:, j - 1], paths.level[:, j]
    return np.asarray(low + np.clip(part, 0.0, 1.0)[:, None] * (high - low))


def explained(trend: Trend, u: Array) -> tuple[Array, Array]:
    """D(u) of inputs u (T, k), and the plant units in one model unit, both (T, m)."""
    c = nearest(trend.centre, trend.input_scale, u)
    return trend.offset[c] + np.einsum("tmk,tk->tm", trend.gain[c], u), trend.scale[c]


def _hazards(
    hazard: Hazard | None, stretch: Stretch, level: Array, slope: Array
) -> tuple[Array, Array]:
    """Landmark curve with interval and path curve under a shift (G, m), as (4, G); and MC sd."""
    steps = len(stretch.paths.at)
    if hazard is None or stretch.matched is None:
        return np.full((4, steps), np.nan), np.zeros(steps)
    if not level.any() and not slope.any():
        return np.vstack([stretch.landmark, population(stretch.unchanged)]), np.zeros(steps)
    moved = path_hazard(hazard, stretch.paths, level, slope)
    curve, mc_sd = pushed_curve(stretch.landmark, stretch.matched, moved)
    return np.vstack([curve, population(moved)]), mc_sd
