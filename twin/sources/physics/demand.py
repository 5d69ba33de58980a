"""What is asked of the machines: shifts, breaks, weekends, changeovers, products."""

from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from twin.sources.physics.machines import Profile

__all__ = ["DemandState", "demand", "new_demand", "plant_activity"]

Floats = NDArray[np.float64]
MINUTE_US = 60_000_000
DAY_MIN = 24 * 60
SHIFT_START_MIN = 6 * 60
SHIFT_LOAD = np.array([0.80, 0.76, 0.60])
"""Early, late, night."""
WEEKEND = {5: 0.75, 6: 0.55}
"""Saturday, Sunday: share of a working day's load; their nights stand."""
BREAK_MIN = (210, 240)
"""Minutes into a shift at which people eat."""
CHANGEOVERS_PER_H = {"machining": 1 / 9, "stamping": 1 / 6, "continuous": 0.0}
CHANGEOVER_MIN = (15.0, 50.0)
WOBBLE_SD, WOBBLE_TAU_S = 0.05, 900.0
IDLE_LOAD = 0.03


class DemandState(NamedTuple):
    """Per machine (N,): load and speed of the present product, its changeover, its wobble; load
    and speed that somebody asks for, NaN: nobody does."""

    product_load: Floats
    product_speed: Floats
    stop_from: NDArray[np.int64]
    stop_until: NDArray[np.int64]
    wobble: Floats
    asked_load: Floats
    asked_speed: Floats


def new_demand(rng: np.random.Generator, n: int) -> DemandState:
    """Some product on every machine."""
    never, nobody = np.zeros(n, dtype=np.int64), np.full(n, np.nan)
    products, wobble = _products(rng, n), rng.normal(0, WOBBLE_SD, n)
    return DemandState(*products, never, never.copy(), wobble, nobody, nobody.copy())


def plant_activity(times: NDArray[np.int64], zone: ZoneInfo) -> Floats:
    """What the shift plan asks, 0 (stands) to 1, at times (T,) µs UTC; breaks and nights of the
    weekend are 0."""
    offset = datetime.fromtimestamp(int(times[0]) / 1e6, UTC).astimezone(zone).utcoffset()
    seconds = 0.0 if offset is None else offset.total_seconds()
    minute = (times + int(seconds * 1e6)) // MINUTE_US
    since = minute - SHIFT_START_MIN
    shift, into = (since % DAY_MIN) // 480, since % 480
    weekday = (since // DAY_MIN + 3) % 7  # 1970-01-01 was a Thursday
    load = SHIFT_LOAD[shift]
    for day, share in WEEKEND.items():
        load = np.where(weekday == day, np.where(shift == 2, 0.0, share * load), load)
    return np.where((into >= BREAK_MIN[0]) & (into < BREAK_MIN[1]), 0.0, load)


def demand(
    state: DemandState,
    rng: np.random.Generator,
    profile: Profile,
    activity: Floats,
    times: NDArray[np.int64],
    period_s: float,
) -> tuple[DemandState, Floats, Floats]:
    """Load and speed (T, N), fractions of the rating, for a block of times (T,).

    Machining and stamping stand in breaks and changeovers and change the product with them;
    continuous machines follow the plant's activity without ever standing. A machine of which
    somebody asks something does that instead.
    """
    n = len(state.wobble)
    state = _changeovers(state, rng, profile, times, period_s)
    wobble, last = _wobble(state.wobble, rng, len(times), period_s)
    if profile == "continuous":
        # The network of pipes evens out breaks: half of the load does not depend on the shift.
        load = 0.34 + (0.45 * activity[:, None] + 0.12) * state.product_load + wobble
        steady = np.clip(load, 0.15, 1.0), np.ones((len(times), n))
        return state._replace(wobble=last), *_asked(state, wobble, *steady)
    t = times[:, None]
    stands = (activity[:, None] == 0) | ((t >= state.stop_from) & (t < state.stop_until))
    load = activity[:, None] * state.product_load + wobble
    load = np.where(stands, IDLE_LOAD, np.clip(load, 0.08, 1.0))
    speed = np.where(stands, 0.0, state.product_speed)
    return state._replace(wobble=last), *_asked(state, wobble, load, speed)


def _asked(
    state: DemandState, wobble: Floats, load: Floats, speed: Floats
) -> tuple[Floats, Floats]:
    """Load and speed (T, N) with those of machines of which somebody asks something."""
    is_asked, idle = np.isfinite(state.asked_load), state.asked_speed == 0
    wanted = np.where(idle, IDLE_LOAD, np.clip(state.asked_load + wobble, 0.08, 1.0))
    return np.where(is_asked, wanted, load), np.where(is_asked, state.asked_speed, speed)


def _changeovers(
    state: DemandState,
    rng: np.random.Generator,
    profile: Profile,
    times: NDArray[np.int64],
    period_s: float,
) -> DemandState:
    """Begin changeovers within the block; those that have one get their next product."""
    n, length_s = len(state.wobble), len(times) * period_s
    chance = -np.expm1(-CHANGEOVERS_PER_H[profile] * length_s / 3600)
    starts = (rng.random(n) < chance) & (state.stop_until <= times[0])
    begin = times[0] + (rng.random(n) * length_s * 1e6).astype(np.int64)
    length = (rng.uniform(*CHANGEOVER_MIN, n) * MINUTE_US).astype(np.int64)
    load, speed = _products(rng, n)
    return state._replace(
        product_load=np.where(starts, load, state.product_load),
        product_speed=np.where(starts, speed, state.product_speed),
        stop_from=np.where(starts, begin, state.stop_from),
        stop_until=np.where(starts, begin + length, state.stop_until),
    )


def _products(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    return rng.uniform(0.72, 1.12, n), rng.uniform(0.4, 0.9, n)


def _wobble(
    start: Floats, rng: np.random.Generator, n_times: int, period_s: float
) -> tuple[Floats, Floats]:
    """First-order autoregression (T, N) about 0, and where it ends (N,)."""
    a = np.exp(-period_s / WOBBLE_TAU_S)
    path = rng.standard_normal((n_times, len(start))) * (WOBBLE_SD * np.sqrt(1 - a * a))
    here = start
    for t in range(n_times):
        here = path[t] = a * here + path[t]
    return path, np.array(here)
