"""What-ifs of one machine: what is asked, worked out from its belief now, as plain numbers."""

import time
from collections.abc import Mapping
from threading import Lock
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dashboard.data.machines import MachinePast
from dashboard.figures.what_if import course_numbers, input_numbers, sensor_numbers
from dashboard.numbers import rounded
from dashboard.outlook import Belief
from dashboard.snapshot import Snapshot, failed_at, is_silent, row_of
from dashboard.times import iso_local
from twin.core.paths import Start, as_new, start_of
from twin.core.whatif import Case, Change, Rehearsal, Scenario, course_of, rehearse
from twin.core.whatif_sums import Prices, doubts, unseen_from
from twin.errors import SchemaError
from twin.pipeline.history import Estimate
from twin.pipeline.production import IDLE_INPUTS
from twin.pipeline.worklist import costs_of_stops
from twin.plant import Machine, MachineClass

__all__ = ["SCENARIOS_MAX", "Asked", "Desk", "Wish", "answer", "parse_asked", "saved_of"]

Array = NDArray[np.float64]

SCENARIOS_MAX = 4
RECENT_H = 24.0
"""Hours whose mean is what a machine usually runs at."""
RECENT_S, NEW_S, CASE_S = 30, 60, 10
"""Wall seconds for which inputs, new machines and a machine's paths serve all readers."""
CASES_MAX = 6
HORIZON_STEPS = 336.0
"""Without a failure model."""


class Part(BaseModel):
    """A table of what is asked: unknown keys and numbers that are not finite are faults."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Hours = Annotated[float, Field(ge=0, le=24 * 365)]


class Held(Part):
    """An input takes a value, hours from now."""

    value: float
    from_h: Hours = 0.0


class Limits(Part):
    """Limits of a sensor in place of its own; None: its own."""

    low: float | None = None
    high: float | None = None


class Wish(Part):
    """One scenario as a reader makes and saves it."""

    name: Annotated[str, Field(max_length=80)] = ""
    inputs: Annotated[dict[str, Held], Field(max_length=32)] = {}
    service: Literal["planned", "none"] | Hours = "planned"
    """Hours from now; "planned": as the desk has it."""
    limits: Annotated[dict[str, Limits], Field(max_length=32)] = {}


class Asked(Part):
    """What a page sends."""

    machine: str
    sensor: str = ""
    scenarios: Annotated[list[Wish], Field(max_length=SCENARIOS_MAX)] = []


class Prepared(NamedTuple):
    """A machine's case with its paths drawn."""

    case: Case
    paths: Rehearsal
    belief: Belief
    n_new: int
    recent: Array
    """(2, k) lowest and highest of each input over the last day, NaN where unknown."""


class Desk:
    """Prepares machines and keeps the last few: paths are drawn once for a reader's many tries."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, Prepared]] = {}
        self._lock = Lock()

    def prepared(self, views: MachinePast, snapshot: Snapshot, machine: Machine) -> Prepared | None:
        """The machine's case, at most CASE_S old; None without a belief."""
        now = time.monotonic()
        with self._lock:
            kept = self._kept.get(machine.id)
            if kept is not None and now - kept[0] < CASE_S:
                return kept[1]
            made = _prepare(views, snapshot, machine)
            if made is not None:
                self._kept[machine.id] = (now, made)
                while len(self._kept) > CASES_MAX:
                    del self._kept[min(self._kept, key=lambda i: self._kept[i][0])]
            return made


def parse_asked(body: bytes) -> Asked:
    """Raises SchemaError naming every field, got and want."""
    try:
        return Asked.model_validate_json(body)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise SchemaError("; ".join(faults)) from error


def answer(
    desk: Desk, views: MachinePast, snapshot: Snapshot, machine: Machine, asked: Asked
) -> dict[str, Any]:
    """Baseline and scenarios as numbers; `withheld` says why there are none.

    Raises SchemaError where a scenario names an input or a sensor that the class does not have.
    """
    machine_class = snapshot.plant.class_of(machine)
    _check_names(asked, machine_class)
    withheld = _withheld(snapshot, machine, machine_class)
    found = None if withheld else desk.prepared(views, snapshot, machine)
    if found is None:
        return {"withheld": withheld or "never"}
    case, step_h = found.case, machine_class.step_s / 3600.0
    sensors = snapshot.plant.sensors_of(machine)
    n = next((i for i, s in enumerate(sensors) if s.id == asked.sensor), 0)
    load = _load_input(machine_class)
    service = _planned(snapshot, machine, found.belief)
    us_a_step, now_us = step_h * 3.6e9, found.belief.time_us
    planned = None if service is None else (service["start"] - now_us) / us_a_step
    prices = _prices(snapshot, machine, step_h)
    output = (0.0, 0.0) if load is None else _output(case, load)
    made = []
    for wish in (Wish(), *asked.scenarios):
        scenario = scenario_of(wish, machine_class, planned, step_h)
        course = course_of(case, found.paths, scenario)
        limits = _limits(sensors[n].alarm, wish.limits.get(sensors[n].id))
        sums = Sums(prices, load, output, scenario.service, limits)
        made.append(
            course_numbers(course, n, step_h, _horizons(snapshot), sums)
            | {
                "name": wish.name,
                "doubts": _doubts(case, wish, machine_class, found.recent),
                "unseen_h": rounded(unseen_from(case, course) * step_h, 4),
                "service_at": None
                if scenario.service is None
                else iso_local(int(now_us + scenario.service * us_a_step), snapshot.plant.zone),
            }
        )
    return {
        "as_of": iso_local(now_us, snapshot.plant.zone),
        "from_us": now_us,
        "version": found.belief.model.version,
        "known": case.hazard is not None,
        "provisional": bool(case.hazard is not None and case.hazard.provisional),
        "horizon_h": rounded(case.horizon * step_h, 6),
        "planned": None if service is None else service["id"],
        "service_h": None if planned is None else rounded(planned * step_h, 6),
        "duration_h": snapshot.plant.costs_of(machine).planned_h,
        "n_new": found.n_new,
        "sensor": sensors[n].id,
        "load": None if load is None else [load, rounded(output[1], 3)],
        "currency": snapshot.plant.plant.currency,
        "inputs": input_numbers(case, machine_class, found.recent),
        "sensors": sensor_numbers(sensors),
        "courses": made,
    }


class Sums(NamedTuple):
    """What a course is summed up with."""

    prices: Prices
    load: int | None
    output: tuple[float, float]
    """That input now, and where a step brings its full output: the class's mean."""
    service: float | None
    limits: tuple[float, float]


def scenario_of(
    wish: Wish, machine_class: MachineClass, planned: float | None, step_h: float
) -> Scenario:
    """A reader's wish in steps of the model; planned: the service that stands, steps from now."""
    changes = tuple(
        Change(machine_class.input_ids.index(name), held.value, held.from_h / step_h)
        for name, held in wish.inputs.items()
    )
    if wish.service == "planned":
        return Scenario(changes, planned)
    return Scenario(changes, None if wish.service == "none" else wish.service / step_h)


def saved_of(documents: Mapping[str, Any], machine_id: str, zone: Any) -> list[dict[str, Any]]:
    """Saved comparisons of a machine, newest first."""
    own = [
        {"id": key}
        | {k: v for k, v in kept.items() if k != "time"}
        | {"time": iso_local(kept["time"], zone)}
        for key, kept in documents.items()
        if isinstance(kept, dict) and kept.get("machine") == machine_id
    ]
    return sorted(own, key=lambda x: x["time"], reverse=True)


def _prepare(views: MachinePast, snapshot: Snapshot, machine: Machine) -> Prepared | None:
    belief = views.belief(snapshot, machine)
    if belief is None:
        return None
    trend = belief.model.trend(belief.machine_class)
    hazard = belief.model.hazard()
    new, n_new = views.computed.get(
        f"new:{machine.class_id}:{belief.model.version}",
        NEW_S,
        lambda: _new_of(views, machine.class_id, belief),
    )
    usual, recent = views.computed.get(
        f"inputs:{machine.id}", RECENT_S, lambda: _recent(views, snapshot, machine, belief)
    )
    wear = np.array(belief.model.trend_model.wear).reshape(trend.n_sensors, trend.n_inputs)
    horizon = HORIZON_STEPS if hazard is None else hazard.horizon
    now = start_of(trend, belief.state[0])
    case = Case(trend, wear, hazard, usual, now, new, horizon)
    return Prepared(case, rehearse(case), belief, n_new, recent)


def _new_of(views: MachinePast, class_id: str, belief: Belief) -> tuple[Start, int]:
    """What new machines of the class are like, over all partitions."""
    trend = belief.model.trend(belief.machine_class)
    parts = []
    for p in range(views.store.partitions):
        kept = views.store.load_checkpoint(p)
        words = np.frombuffer(b"" if kept is None else kept.state.get(class_id, b""), np.float64)
        if len(words) and len(words) % trend.layout.width == 0:
            parts.append(words.reshape(-1, trend.layout.width))
    return as_new(trend, np.concatenate(parts))


def _recent(
    views: MachinePast, snapshot: Snapshot, machine: Machine, belief: Belief
) -> tuple[Array, Array]:
    """Mean (k,), and lowest and highest (2, k), of the inputs over the last day; where operating
    conditions are discrete the mean of two would be neither, so the last known."""
    trend = belief.model.trend(belief.machine_class)
    m, k = trend.n_sensors, trend.n_inputs
    last = trend.layout.inputs(belief.state)[0]
    usual = np.where(np.isfinite(last), last, trend.centre[0])
    recent = np.full((2, k), np.nan)
    found = views.rows(snapshot.plant, machine, RECENT_H * 3600)
    rows = found.rows if isinstance(found, Estimate) else found
    if rows is None or not len(rows):
        return usual, recent
    u = rows["value"][:, m:].astype(np.float64)
    for i in range(k):
        known = u[np.isfinite(u[:, i]), i]
        if len(known):
            recent[:, i] = known.min(), known.max()
            usual[i] = known.mean() if len(trend.centre) == 1 else usual[i]
    return usual, recent


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


def _load_input(machine_class: MachineClass) -> int | None:
    """The input that output is proportional to."""
    for n, lane in enumerate(machine_class.inputs):
        if lane.id.split("_")[0] in IDLE_INPUTS:
            return n
    return None


def _output(case: Case, load: int) -> tuple[float, float]:
    return float(case.inputs[load]), float(case.trend.centre[:, load].mean())


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
