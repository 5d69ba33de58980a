"""The planner: every two seconds the views become the plan, every minute the key figures.

The plan is one JSON document: who needs somebody and why, how many stops and how much lost output
to expect, how complete the data are. It is made anew from the views alone, so a planner that died
has lost nothing.
"""

import os
import sys
import threading
import time
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from twin.config import Settings
from twin.core.view import NEVER, view_dtype
from twin.errors import TwinError
from twin.pipeline.failures import Failures
from twin.pipeline.site import Site, prepare
from twin.pipeline.worklist import MachineNow, item_of
from twin.plant import Machine
from twin.stores.base import Store
from twin.stores.embedded import open_store

__all__ = ["key_figures_of", "make_plan", "read_rows", "run_planner", "stops_interval"]

PLAN_S = 2.0
KPI_S = 60.0
STALE_PERIODS = 3.0
TRANSPORT_S = 5.0
"""Wall seconds that a sample may take from the machine to here before it counts as missing."""
Z80 = 1.2815515655446004
Rows = dict[str, np.void]
_NO_LOSS: dict[str, float | None] = {"percent": None, "lo": None, "hi": None}
"""Where no machine's risk is known."""


def run_planner(settings: Settings, stop: threading.Event | None = None) -> None:
    """Write the plan until told to stop. Raises TwinError where it cannot start."""
    stop = threading.Event() if stop is None else stop
    store = open_store(settings)
    try:
        site, next_kpi, failures = prepare(store, settings), 0.0, Failures()
        stamp = _stamp(store, site)
        while not stop.wait(PLAN_S):
            try:
                if _stamp(store, site) != stamp:
                    site = prepare(store, settings)
                    stamp = _stamp(store, site)
                failures.follow(store)
                plan = make_plan(site, read_rows(store, site), *_now(store), failures)
                store.set_plan(orjson.dumps(plan))
                # The trend begins with the first machine heard; an outage later is a gap in it.
                if time.monotonic() >= next_kpi and (plan["running"] or store.kpis(1)):
                    next_kpi = time.monotonic() + KPI_S
                    store.add_kpi(orjson.dumps(key_figures_of(plan)))
                state = {"time": time.time_ns() // 1000, "pid": os.getpid(), "state": "running"}
                store.heartbeat("planner", orjson.dumps(state))
            except TwinError as error:  # the plant file may have faults while somebody edits it
                print(f"planner: {error}", file=sys.stderr, flush=True)
    finally:
        store.close()


def make_plan(
    site: Site, rows: Rows, now_us: int, speed: float, failures: Failures | None = None
) -> dict[str, Any]:
    """The plan document from every machine's view row, at plant time now_us (µs UTC)."""
    failures = failures or Failures()
    found = [_machine_now(site, m, rows.get(m.id), now_us, speed) for m in site.plant.machines]
    known = [
        now._replace(is_failed=failures.holds(now.machine.id, int(now.row["born"])))
        for now in found
        if now is not None
    ]
    items = [item for item in map(item_of, known) if item is not None]
    fresh = [now for now in known if not now.is_silent]
    at_risk = [n for n in fresh if np.isfinite(n.row["p"][1]) and not n.is_failed]
    total = len(site.plant.machines)
    return {
        "made": now_us,
        "horizon_h": _horizon_h(site),
        "items": sorted(items, key=_urgency),
        "expected_stops_24h": _stops(at_risk),
        "lost_output_24h": _lost_output(fresh) if at_risk else _NO_LOSS,
        "forecast_for": len(at_risk),
        "running": len(fresh),
        "total": total,
        "data_complete": sum(map(_complete, fresh)) / total if total else 1.0,
    }


def read_rows(store: Store, site: Site) -> Rows:
    """Every machine's view row; machines whose view is not there yet are left out."""
    blobs = store.views(range(store.partitions), list(site.plant.classes))
    out: Rows = {}
    for class_id, machine_class in site.plant.classes.items():
        dtype = view_dtype(len(machine_class.sensors), len(machine_class.inputs))
        machines = site.catalogue.machines(class_id)
        for p in range(store.partitions):
            blob = blobs.get((p, class_id), b"")
            if len(blob) % dtype.itemsize:
                continue  # of a lane list that is being replaced just now
            rows = np.frombuffer(blob, dtype)
            for row, machine_id in zip(rows, machines[p :: store.partitions], strict=False):
                if machine_id is not None:
                    out[machine_id] = row
    return out


def stops_interval(p: NDArray[np.float64], mass: float = 0.8) -> tuple[int, int]:
    """Central interval of the number of failures, each with its own probability p (N,).

    The exact Poisson-binomial distribution by convolution; beyond 10 sd it has no weight.
    """
    most = int(p.sum() + 10.0 * np.sqrt((p * (1 - p)).sum()) + 10.0)
    chance = np.zeros(min(most, len(p)) + 1)
    chance[0] = 1.0
    for each in p:
        chance[1:] = chance[1:] * (1.0 - each) + chance[:-1] * each
        chance[0] *= 1.0 - each
    tail = (1.0 - mass) / 2.0
    total = np.cumsum(chance)
    return int(np.searchsorted(total, tail)), int(np.searchsorted(total, 1.0 - tail))


def _machine_now(
    site: Site, machine: Machine, row: np.void | None, now_us: int, speed: float
) -> MachineNow | None:
    if row is None:
        return None
    machine_class = site.plant.class_of(machine)
    limit_s = STALE_PERIODS * machine_class.period_s + TRANSPORT_S * speed
    silent = row["time"] == NEVER or now_us - int(row["time"]) > limit_s * 1e6
    return MachineNow(site.plant, machine, row, bool(silent), _long_run_cost_h(site, machine))


def _long_run_cost_h(site: Site, machine: Machine) -> float | None:
    """g in money per hour, from the model, which knows it in planned services per step."""
    model = site.models.get(machine.class_id)
    hazard = model.hazard_model if model else None
    if hazard is None or hazard.replace_at is None or model is None:
        return None
    costs = site.plant.costs_of(machine)
    service = costs.planned + costs.planned_h * costs.output_per_h
    return hazard.replace_at * service / (model.step_s / 3600.0)


def _stops(known: list[MachineNow]) -> dict[str, float | None]:
    """Failures expected within a day, and their 80 % interval; None where no risk is known."""
    if not known:
        return {"mean": None, "lo": None, "hi": None}
    p = np.array([float(now.row["p"][1]) for now in known])
    lo, hi = stops_interval(p)
    return {"mean": float(p.sum()), "lo": lo, "hi": hi}


def _lost_output(known: list[MachineNow]) -> dict[str, float]:
    """Percent of a day's output lost to failures, and its 80 % interval (normal, from 0 up).

    A failure falls anywhere in the day; of a repair of d hours, d − d²/48 fall into it on average
    for d ≤ 24, and 12 for longer ones. Machines without a value of output count alike; what
    has failed is no longer a forecast.
    """
    worth = np.array([now.plant.costs_of(now.machine).output_per_h for now in known])
    worth = np.ones(len(worth)) if not worth.any() else worth
    p = np.nan_to_num(np.array([0.0 if n.is_failed else float(n.row["p"][1]) for n in known]))
    repair = np.array([now.plant.costs_of(now.machine).unplanned_h for now in known])
    inside = np.where(repair <= 24.0, repair - repair**2 / 48.0, 12.0)
    share = inside * worth / (24.0 * worth.sum())
    mean, sd = float(p @ share), float(np.sqrt((p * (1.0 - p)) @ share**2))
    lo, hi = max(0.0, mean - Z80 * sd), min(1.0, mean + Z80 * sd)
    return {"percent": 100.0 * mean, "lo": 100.0 * lo, "hi": 100.0 * hi}


def _complete(now: MachineNow) -> float:
    """Share of a machine's lanes that came with its newest sample and are believed."""
    lanes = len(now.machine_class.lane_ids)
    absent = int(now.row["missing"]) | int(now.row["bad"])
    return 1.0 - (absent & ((1 << lanes) - 1)).bit_count() / lanes


def _horizon_h(site: Site) -> float:
    """How far the failure models look, hours; a week where there is none."""
    hazards = [(m.hazard_model, m.step_s) for m in site.models.values()]
    return max((h.edges[-1] * s / 3600.0 for h, s in hazards if h is not None), default=168.0)


def _urgency(item: dict[str, Any]) -> tuple[float, ...]:
    by_h, p_week = item["service_by_h"], item["p_week"]
    first = item["reason"] != "failed"
    return item["priority"], first, by_h if by_h is not None else 1e9, -(p_week or 0.0)


def key_figures_of(plan: dict[str, Any]) -> dict[str, Any]:
    """The figures of now; while nothing is heard they are unknown, not 0."""
    if not plan["running"]:
        names = ("running", "stops", "lost", "attention", "complete")
        return {"time": plan["made"]} | dict.fromkeys(names)
    return {
        "time": plan["made"],
        "running": plan["running"],
        "stops": plan["expected_stops_24h"]["mean"],
        "lost": plan["lost_output_24h"]["percent"],
        "attention": sum(item["reason"] != "no_data" for item in plan["items"]),
        "complete": 100.0 * plan["data_complete"],
    }


def _stamp(store: Store, site: Site) -> list[bytes | None]:
    """Changes whenever the catalogue or a model in the store does."""
    return [store.catalogue(), *(store.model(c) for c in site.plant.classes)]


def _now(store: Store) -> tuple[int, float]:
    """Plant time, µs UTC, and plant seconds in a second."""
    clock = store.clock()
    return clock.plant_now(time.time_ns() // 1000), clock.speed
