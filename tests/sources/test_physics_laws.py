"""The simulated plant obeys the physics that it claims."""

from zoneinfo import ZoneInfo

import numpy as np
import pytest
from scipy.stats import spearmanr
from small_plant import T0, demo, plant_with

from twin.sources.physics import sensing, wear
from twin.sources.physics.demand import plant_activity
from twin.sources.physics.machines import MACHINES
from twin.sources.physics.spec import ORDINARY_LOAD, ClassSpec, class_spec
from twin.sources.physics.weather import Weather
from twin.sources.simulator import Simulator

CLASSES = sorted(MACHINES)
HOUR_US = 3_600_000_000


def spec_of(class_id: str) -> ClassSpec:
    return class_spec(class_id, demo().classes[class_id])


@pytest.mark.parametrize("class_id", CLASSES)
def test_wear_never_heals_by_itself(class_id: str) -> None:
    spec, rng = spec_of(class_id), np.random.default_rng(1)
    worn = np.zeros((200, len(spec.rate)))
    frail = wear.frailty(rng, 200, len(spec.rate))
    for _ in range(100):
        load = rng.uniform(0, 1, (60, 200))
        more = wear.grow(spec, worn, frail, load, 60.0, rng)
        assert (more >= worn).all()
        worn = more
    assert (worn.mean(axis=0) > 0).all()


@pytest.mark.parametrize("class_id", CLASSES)
def test_more_load_wears_more_and_worn_wears_faster(class_id: str) -> None:
    spec, n = spec_of(class_id), 4000
    frail = np.ones((n, len(spec.rate)))

    def mean_growth(load: float, start: float) -> np.ndarray:
        worn = np.full(frail.shape, start)
        loads = np.full((24, n), load)
        grown = wear.grow(spec, worn, frail, loads, 3600.0, np.random.default_rng(2))
        return (grown - worn).mean(axis=0)

    assert (mean_growth(0.9, 0.0) > 1.5 * mean_growth(0.4, 0.0)).all()
    assert (mean_growth(0.6, 0.8) > 1.5 * mean_growth(0.6, 0.0)).all()


@pytest.mark.parametrize("class_id", CLASSES)
def test_initial_wear_solves_the_wear_equation(class_id: str) -> None:
    """Closed form against many small explicit steps of dw = c (1 + w)**b dt."""
    spec = spec_of(class_id)
    frail = np.ones((1, len(spec.rate)))
    worn, age_s = wear.initial(spec, frail, np.array([0.9]))
    w, n = np.zeros(len(spec.rate)), 40_000
    for _ in range(n):
        c = spec.rate * ORDINARY_LOAD**spec.load_exp
        w += c * (1 + w) ** spec.growth * age_s[0] / n
    np.testing.assert_allclose(worn[0], w, rtol=5e-4)


def test_failures_come_at_the_rate_of_the_hazard() -> None:
    """Share that fails in an hour against 1 − exp(−h), mode by mode alone, at three wears."""
    n, rng = 400_000, np.random.default_rng(3)
    shares = []
    for level in (0.8, 0.95, 1.1):
        worn = np.full((n, 1), level)
        failed = wear.draw_failures(worn, worn, 1.0, np.ones(n, dtype=bool), rng)
        want = 1 - np.exp(-wear.hazard(worn[:1])[0, 0])
        shares.append(len(failed.machine) / n)
        assert shares[-1] == pytest.approx(want, abs=5 * np.sqrt(want / n))
        assert ((failed.fraction > 0) & (failed.fraction < 1)).all()
    assert shares == sorted(shares)


def test_a_standing_machine_does_not_fail() -> None:
    worn = np.full((1000, 2), 5.0)
    failed = wear.draw_failures(
        worn, worn, 100.0, np.zeros(1000, dtype=bool), np.random.default_rng(4)
    )
    assert len(failed.machine) == 0


@pytest.mark.parametrize("class_id", CLASSES)
def test_each_mode_moves_the_sensors_it_says_and_no_others(class_id: str) -> None:
    spec = spec_of(class_id)
    machine_class = demo().classes[class_id]
    drives = np.tile([1.0, 0.6, 0.6, 0.4, 0.0, 0.36], (40, 300, 1))
    none = np.zeros((300, len(spec.noise)))

    def mean_reading(effect: np.ndarray) -> np.ndarray:
        rng = np.random.default_rng(5)
        state = sensing.new_sensors(rng, spec, 300)
        _, z = sensing.respond(state, spec, drives, (effect, effect), 60.0, rng)
        return z.mean(axis=(0, 1), dtype=np.float64)

    healthy = mean_reading(none)
    signatures = []
    for j, mode in enumerate(machine_class.modes):
        moved = mean_reading(none + spec.effect[j]) - healthy
        said = MACHINES[class_id].modes[mode.id].effect
        for n, sensor_id in enumerate(machine_class.sensor_ids):
            assert moved[n] == pytest.approx(said.get(sensor_id, 0.0), abs=1e-3)
        signatures.append(frozenset(said))
        assert len(said) >= 3
    assert len(set(signatures)) == len(signatures), "two modes look alike"


def test_a_lagging_sensor_answers_a_step_with_one_minus_exp() -> None:
    """Step response of a first-order lag, against its closed form."""
    spec = spec_of("mill")
    n_times, period_s = 60, 30.0
    quiet = spec._replace(noise=np.zeros_like(spec.noise))
    state = sensing.new_sensors(np.random.default_rng(0), quiet, 1)
    m = len(spec.noise)
    zero = np.zeros((1, m))
    state = state._replace(settled=zero.copy(), unit=zero, drift=zero)
    step = quiet._replace(span=np.zeros(m))
    drives = np.tile([1.0, 0.0, 0.0, 0.0, 0.0, 0.0], (n_times, 1, 1))
    _, z = sensing.respond(state, step, drives, (zero, zero), period_s, np.random.default_rng(0))
    j = demo().classes["mill"].sensor_ids.index("coolant_temp_degc")
    t = period_s * np.arange(1, n_times + 1)
    want = spec.gain[0, j] * (1 - np.exp(-t / spec.lag_s[j]))
    np.testing.assert_allclose(z[:, 0, j], want, rtol=1e-4)


def test_shifts_breaks_and_weekends_are_those_of_the_plant_s_zone() -> None:
    zone = ZoneInfo("Europe/Berlin")
    monday = 1_761_516_000_000_000 + 0  # 2025-10-26T22:00Z: Sunday 23:00 in winter time

    def at(hours: float) -> float:
        return float(plant_activity(np.array([monday + int(hours * HOUR_US)]), zone)[0])

    early, break_time, night = at(1 + 7), at(1 + 6 + 3.75), at(1 + 23)
    assert early > at(1 + 15) > night > 0
    assert break_time == 0
    saturday, sunday_night = at(1 + 5 * 24 + 7), at(-24 + 1 + 23.5)
    assert 0 < saturday < early
    assert sunday_night == 0


def test_weather_is_seasonal_daily_and_the_same_for_all_who_ask() -> None:
    year = T0 + HOUR_US * np.arange(24 * 365)
    hall = Weather(7, T0).hall_degc(year)
    one = Weather(7, T0)
    assert [float(one.hall_degc(year[n : n + 1])[0]) for n in (0, 5000, 17)] == [
        float(hall[n]) for n in (0, 5000, 17)
    ]
    summer = hall[(year // HOUR_US // 24) % 365 % 365 // 91 == 2].mean()
    assert summer > hall.mean() > 15
    assert not np.array_equal(hall, Weather(8, T0).hall_degc(year))


def test_sensors_fail_in_the_ways_they_should() -> None:
    plant, catalogue = plant_with({"mill": 60})
    rows, _ = Simulator(plant, catalogue, 3, T0, period_s=600).history(20)
    mill = rows["mill"][rows["mill"]["slot"] < 1 << 31]
    m = len(plant.classes["mill"].sensors)
    value, bits = mill["value"][:, :m], mill["quality"]
    nan, marked = np.isnan(value), (bits[:, None] >> np.arange(m)) & 1 == 1
    assert (nan & marked).any(), "bad and said so"
    assert (nan & ~marked).any(), "missing"
    assert (~nan & marked).any(), "uncertain"
    assert 0.001 < nan.mean() < 0.05
    by_machine = [value[mill["slot"] == s] for s in range(60)]
    # Noise is twice the resolution or more: six equal readings in a row by chance are unlikely.
    assert max(_longest_run(v) for v in by_machine) >= 30
    gaps = [np.diff(np.sort(mill["time"][mill["slot"] == s])).max() for s in range(60)]
    assert np.median(gaps) >= 2 * 600e6


def test_machines_live_for_weeks_and_die_of_every_mode() -> None:
    plant, catalogue = plant_with(dict.fromkeys(CLASSES, 40))
    simulator = Simulator(plant, catalogue, 11, T0, period_s=3600, life_spread=0.0)
    simulator.history(60)
    truth = simulator.truth()
    for class_id in CLASSES:
        mine = [f for f in truth.failures if f[1].startswith(class_id)]
        first = {machine: time for time, machine, _ in reversed(mine)}
        lives = [(t - T0) / (24 * HOUR_US) for t in first.values()]
        assert 15 < np.median(lives) < 40
        assert {mode for _, _, mode in mine} == {f.id for f in plant.classes[class_id].modes}


def test_what_is_sent_tells_of_wear_before_the_failure() -> None:
    """Rank correlation of the last day's mean readings with the true wear, machine by machine."""
    plant, catalogue = plant_with({"pump": 80})
    simulator = Simulator(plant, catalogue, 5, T0, period_s=600, life_spread=0.9)
    rows, _ = simulator.history(2)
    worn = simulator.truth().wear["pump"]
    pump = plant.classes["pump"]
    pairs = {"bearing": "vibration_mms", "seal": "seal_leak_mlh", "impeller": "discharge_bar"}
    sent = rows["pump"][rows["pump"]["slot"] < 80]  # a reset is in the top bit
    late = sent[sent["time"] > T0 + 24 * HOUR_US]
    slot = late["slot"]
    n_machines = np.flatnonzero(np.bincount(slot, minlength=80) > 100)
    for mode, sensor in pairs.items():
        lane, j = pump.lane_ids.index(sensor), [f.id for f in pump.modes].index(mode)
        mean = [np.nanmean(late["value"][slot == s, lane]) for s in n_machines]
        sign = np.sign(MACHINES["pump"].modes[mode].effect[sensor])
        assert sign * spearmanr(mean, worn[n_machines, j]).statistic > 0.4, mode


def _longest_run(values: np.ndarray) -> int:
    """Longest run of one and the same reading of a sensor, values (T, m)."""
    longest = 0
    for column in values.T:
        changes = np.flatnonzero(np.diff(column) != 0)
        longest = max(longest, int(np.diff(changes, prepend=0, append=len(column)).max()))
    return longest
