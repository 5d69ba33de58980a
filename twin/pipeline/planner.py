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

from twin.config import Settings
from twin.errors import StoreError, TwinError
from twin.pipeline.desk import start_desk
from twin.pipeline.failures import Failures
from twin.pipeline.gauge import rss_bytes
from twin.pipeline.machines_now import machines_now
from twin.pipeline.planning.front import start_fronts
from twin.pipeline.planning.run import start_planning
from twin.pipeline.production.expected import NO_LOSS, expected_stops, lost_output
from twin.pipeline.production.producing import stands_idle
from twin.pipeline.production.production import ProductionKept
from twin.pipeline.production.ran import read_runs
from twin.pipeline.scorer import start_scorer
from twin.pipeline.services import planned_services, under_way
from twin.pipeline.site import Site, prepare
from twin.pipeline.view_rows import Rows, read_rows
from twin.pipeline.worklist import MachineNow, item_of
from twin.stores.base import Store
from twin.stores.embedded import open_store

__all__ = ["key_figures_of", "machines_now", "make_plan", "run_planner"]

PLAN_S = 2.0
KPI_S = 60.0


def run_planner(settings: Settings, stop: threading.Event | None = None) -> None:
    """Write the plan until told to stop, desk and schedule beside it. Raises TwinError where it
    cannot start, and StoreError once a thread beside it has failed."""
    stop = threading.Event() if stop is None else stop
    store, site_changed = open_store(settings), threading.Event()
    try:
        site, next_kpi, failures = prepare(store, settings), 0.0, Failures()
        stamp, production = _stamp(store, site), ProductionKept()
        production.load(store)
        start_scorer(store, settings, stop)
        desk = start_desk(store, settings, stop, site_changed)
        planning = start_planning(store, settings, stop)
        fronts = start_fronts(store, settings, stop)
        while not stop.wait(PLAN_S):
            for part in (desk, planning, fronts):
                if not part.is_alive() and not stop.is_set():
                    raise StoreError(f"planner: the {part.name}'s thread has failed, see above")
            try:
                if _stamp(store, site) != stamp:
                    site_changed.set()
                    site = prepare(store, settings)
                    stamp = _stamp(store, site)
                failures.follow(store)
                rows, (now_us, speed) = read_rows(store, site), _now(store)
                plan = make_plan(site, rows, now_us, speed, failures)
                found = machines_now(site, rows, now_us, speed, failures)
                serviced = under_way(planned_services(store), now_us)
                production.look(site.plant, found, now_us, serviced, read_runs(store, site.plant))
                production.save(store)
                plan["oee"] = production.figures(site.plant, now_us)
                store.set_plan(orjson.dumps(plan))
                # The trend begins with the first machine heard; an outage later is a gap in it.
                if time.monotonic() >= next_kpi and (plan["heard"] or store.kpis(1)):
                    next_kpi = time.monotonic() + KPI_S
                    store.add_kpi(orjson.dumps(key_figures_of(plan)))
                state = {"time": time.time_ns() // 1000, "pid": os.getpid(), "state": "running"}
                store.heartbeat("planner", orjson.dumps({**state, "rss_bytes": rss_bytes()}))
            except TwinError as error:  # the plant file may have faults while somebody edits it
                print(f"planner: {error}", file=sys.stderr, flush=True)
    finally:
        stop.set()
        store.close()


def make_plan(
    site: Site, rows: Rows, now_us: int, speed: float, failures: Failures | None = None
) -> dict[str, Any]:
    """The plan document from every machine's view row, at plant time now_us (µs UTC)."""
    known = machines_now(site, rows, now_us, speed, failures)
    items = [item for item in map(item_of, known) if item is not None]
    fresh = [now for now in known if not now.is_silent]
    at_risk = [n for n in fresh if np.isfinite(n.row["p"][1]) and not n.is_failed]
    total = len(site.plant.machines)
    return {
        "made": now_us,
        "horizon_h": _horizon_h(site),
        "items": sorted(items, key=_urgency),
        "expected_stops_24h": expected_stops(at_risk),
        "lost_output_24h": lost_output(fresh) if at_risk else NO_LOSS,
        "forecast_for": len(at_risk),
        "heard": len(fresh),
        "running": sum(map(_runs, fresh)),
        "total": total,
        "data_complete": sum(map(_complete, fresh)) / total if total else 1.0,
    }


def _runs(now: MachineNow) -> bool:
    """Whether a machine that is heard works: not failed, not idle."""
    return not now.is_failed and not stands_idle(now.machine_class, now.row)


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
    if not plan["heard"]:
        names = ("running", "stops", "lost", "attention", "complete", "oee")
        return {"time": plan["made"]} | dict.fromkeys(names)
    day = (plan.get("oee") or {}).get("day")
    return {
        "time": plan["made"],
        "running": plan["running"],
        "stops": plan["expected_stops_24h"]["mean"],
        "lost": plan["lost_output_24h"]["percent"],
        "attention": sum(item["reason"] != "no_data" for item in plan["items"]),
        "complete": 100.0 * plan["data_complete"],
        "oee": None if day is None or day["oee"] is None else 100.0 * day["oee"],
    }


def _stamp(store: Store, site: Site) -> list[bytes | None]:
    """Changes whenever the catalogue or a model in the store does."""
    return [store.catalogue(), *(store.model(c) for c in site.plant.classes)]


def _now(store: Store) -> tuple[int, float]:
    """Plant time, µs UTC, and plant seconds in a second."""
    clock = store.clock()
    return clock.plant_now(time.time_ns() // 1000), clock.speed
