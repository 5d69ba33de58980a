"""What-ifs of one machine: what is asked, worked out from its belief now, as plain numbers."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from dashboard.data.cases import Cases, Prepared
from dashboard.data.machines import MachinePast
from dashboard.data.wishes import Asked, Limits, Wish, scenario_of
from dashboard.figures.what_if import course_numbers, input_numbers, sensor_numbers
from dashboard.numbers import rounded
from dashboard.snapshot import Snapshot, failed_at, is_silent, row_of
from dashboard.states.machine.outlook import Belief
from dashboard.times import iso_local
from twin.core.whatif import Case, Change, course_of
from twin.core.whatif_sums import Prices, doubts, eases, unseen_from
from twin.errors import SchemaError
from twin.pipeline.production.producing import IDLE_INPUTS
from twin.pipeline.worklist import costs_of_stops
from twin.plant import Machine, MachineClass

__all__ = ["answer", "saved_of"]

Array = NDArray[np.float64]


def answer(
    cases: Cases, views: MachinePast, snapshot: Snapshot, machine: Machine, asked: Asked
) -> dict[str, Any]:
    """Baseline and scenarios as numbers; `withheld` says why there are none.

    Raises SchemaError where a scenario names an input or a sensor that the class does not have.
    """
    machine_class = snapshot.plant.class_of(machine)
    _check_names(asked, machine_class)
    withheld = _withheld(snapshot, machine, machine_class)
    found = None if withheld else cases.prepared(views, snapshot, machine)
    if found is None:
        return {"withheld": withheld or "never"}
    sensors = snapshot.plant.sensors_of(machine)
    n = next((i for i, s in enumerate(sensors) if s.id == asked.sensor), 0)
    service = _planned(snapshot, machine, found.belief)
    about = About(snapshot, machine, machine_class, found, n, service)
    courses = [_course(about, wish) for wish in (Wish(), *asked.scenarios)]
    return _facts(about) | {"courses": courses}


class About(NamedTuple):
    """The machine that is asked about, and the sensor that is looked at."""

    snapshot: Snapshot
    machine: Machine
    machine_class: MachineClass
    found: Prepared
    n: int
    service: dict[str, Any] | None
    """The one that is planned."""

    @property
    def step_h(self) -> float:
        return self.machine_class.step_s / 3600.0

    @property
    def now_us(self) -> int:
        return self.found.belief.time_us

    @property
    def planned(self) -> float | None:
        """Steps until the planned service."""
        if self.service is None:
            return None
        return float(self.service["start"] - self.now_us) / (self.step_h * 3.6e9)

    @property
    def load(self) -> int | None:
        """The input that output is proportional to."""
        firsts = [lane.id.split("_")[0] in IDLE_INPUTS for lane in self.machine_class.inputs]
        return firsts.index(True) if any(firsts) else None

    @property
    def output(self) -> tuple[float, float]:
        """That input now, and where a step brings its full output: the class's mean."""
        case = self.found.case
        if self.load is None:
            return 0.0, 0.0
        return float(case.inputs[self.load]), float(case.trend.centre[:, self.load].mean())


def _course(about: About, wish: Wish) -> dict[str, Any]:
    """One scenario's numbers."""
    case, plant = about.found.case, about.snapshot.plant
    sensor = plant.sensors_of(about.machine)[about.n]
    scenario = scenario_of(wish, about.machine_class, about.planned, about.step_h)
    course = course_of(case, about.found.paths, scenario)
    limits = _limits(sensor.alarm, wish.limits.get(sensor.id))
    prices = _prices(about.snapshot, about.machine, about.step_h)
    sums = Sums(prices, about.load, about.output, scenario.service, limits)
    at = None
    if scenario.service is not None:
        at = iso_local(int(about.now_us + scenario.service * about.step_h * 3.6e9), plant.zone)
    doubted = _doubts(case, wish, about.machine_class, about.found.recent)
    if about.load is not None and eases(case, about.found.paths, scenario, about.load):
        doubted[about.machine_class.input_ids[about.load]].append("eases")
    return course_numbers(course, about.n, about.step_h, _horizons(about.snapshot), sums) | {
        "name": wish.name,
        "doubts": doubted,
        "unseen_h": rounded(unseen_from(case, course) * about.step_h, 4),
        "service_at": at,
    }


def _facts(about: About) -> dict[str, Any]:
    """What is the same for all scenarios."""
    found, plant = about.found, about.snapshot.plant
    case, model = found.case, found.belief.model
    planned, sensors = about.planned, plant.sensors_of(about.machine)
    return {
        "as_of": iso_local(about.now_us, plant.zone),
        "from_us": about.now_us,
        "version": model.version,
        "known": case.hazard is not None,
        "provisional": bool(case.hazard is not None and case.hazard.provisional),
        "horizon_h": rounded(case.horizon * about.step_h, 6),
        "planned": None if about.service is None else about.service["id"],
        "service_h": None if planned is None else rounded(planned * about.step_h, 6),
        "duration_h": plant.costs_of(about.machine).planned_h,
        "n_new": found.n_new,
        "sensor": sensors[about.n].id,
        "load": None if about.load is None else [about.load, rounded(about.output[1], 3)],
        "currency": plant.plant.currency,
        "inputs": input_numbers(case, about.machine_class, found.recent),
        "sensors": sensor_numbers(sensors),
    }


class Sums(NamedTuple):
    """What a course is summed up with."""

    prices: Prices
    load: int | None
    output: tuple[float, float]
    service: float | None
    limits: tuple[float, float]


def saved_of(documents: Mapping[str, Any], machine_id: str, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Saved comparisons of a machine, newest first."""
    own = [
        {"id": key}
        | {k: v for k, v in kept.items() if k != "time"}
        | {"time": iso_local(kept["time"], zone)}
        for key, kept in documents.items()
        if isinstance(kept, dict) and kept.get("machine") == machine_id
    ]
    return sorted(own, key=lambda x: x["time"], reverse=True)


def _withheld(snapshot: Snapshot, machine: Machine, machine_class: MachineClass) -> str:
    """Why nothing can be said: linear, failed, never or silent; "" if it can."""
    if machine_class.twin.family == "linear":
        return "linear"
    row = row_of(snapshot, machine.id)
    if row is None:
        return "never"
    if failed_at(snapshot, machine.id) is not None:
        return "failed"
    return "silent" if is_silent(snapshot, machine_class, row) else ""


def _check_names(asked: Asked, machine_class: MachineClass) -> None:
    for wish in asked.scenarios:
        for got, want in (
            (set(wish.inputs), machine_class.input_ids),
            (set(wish.limits), machine_class.sensor_ids),
        ):
            if got - set(want):
                raise SchemaError(f"got {sorted(got - set(want))}, want some of {want}")


def _planned(snapshot: Snapshot, machine: Machine, belief: Belief) -> dict[str, Any] | None:
    """The machine's next planned service, as the desk has it."""
    services = [
        s
        for s in snapshot.desk.get("services") or []
        if s["machine"] == machine.id and s["state"] == "planned" and s["start"] > belief.time_us
    ]
    return min(services, key=lambda s: s["start"], default=None)


def _prices(snapshot: Snapshot, machine: Machine, step_h: float) -> Prices:
    costs = snapshot.plant.costs_of(machine)
    return Prices(*costs_of_stops(costs), costs.output_per_h * step_h)


def _horizons(snapshot: Snapshot) -> dict[str, float]:
    return {"shift": snapshot.plant.plant.shift_h, "day": 24.0, "week": 168.0}


def _limits(alarm: Any, own: Limits | None) -> tuple[float, float]:
    """The nearer of a sensor's limits on each side, or those of the scenario; NaN: none."""
    low = [x for x in (alarm.low, alarm.low_low) if x is not None]
    high = [x for x in (alarm.high, alarm.high_high) if x is not None]
    if own is not None:
        low = [own.low] if own.low is not None else low
        high = [own.high] if own.high is not None else high
    return max(low, default=np.nan), min(high, default=np.nan)


def _doubts(
    case: Case, wish: Wish, machine_class: MachineClass, recent: Array
) -> dict[str, list[str]]:
    """Codes of what to doubt, by input."""
    found = {}
    for name, held in wish.inputs.items():
        i = machine_class.input_ids.index(name)
        codes = doubts(case, Change(i, held.value), *machine_class.inputs[i].range)
        if "beyond_range" not in codes and not recent[0, i] <= held.value <= recent[1, i]:
            codes += ["beyond_recent"] if np.isfinite(recent[0, i]) else []
        found[name] = codes
    return found
