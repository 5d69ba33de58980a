"""The scorer's thread beside the plan, and the documents that it leaves for screens."""

import sys
import threading
import time
import traceback
from collections import deque
from typing import Any

import numpy as np
import orjson

from twin.config import Settings
from twin.core.view import HORIZONS, NEVER, view_dtype
from twin.errors import TwinError, WireError
from twin.pipeline.scorer.heard import LEADS, Heard, grace_h
from twin.pipeline.scorer.labels import HOUR_US
from twin.pipeline.scorer.proposals import proposal_of
from twin.pipeline.scorer.scorer import Scorer
from twin.pipeline.scorer.summary import bands_document, episodes_document, scores_document
from twin.pipeline.site import Site, load_site
from twin.pipeline.worker.signals import issued_every
from twin.pipeline.worker.takeup import horizons_h
from twin.plant import Plant, load_plant
from twin.stores.base import FIRST_ID, Store
from twin.stores.records import unpack_issued

__all__ = ["RECORD", "heard_of", "publish", "run_scorer", "start_scorer"]

RECORD = "record"
"""Kind of the documents that screens read."""
STEP_S = 2.0
SITE_S = 15.0
LABEL_S = 15.0
"""Wall seconds, beside those for which samples are held back, in which a label is stored."""
STEPS_MAX = 50
"""Steps in a row: then screens are told, and others have their turn."""


def start_scorer(store: Store, settings: Settings, stop: threading.Event) -> threading.Thread:
    """Score in a thread until stop is set."""
    job = threading.Thread(target=run_scorer, args=(store, settings, stop), name="scorer")
    job.daemon = True
    job.start()
    return job


def run_scorer(store: Store, settings: Settings, stop: threading.Event) -> None:
    """Score what is due until told to stop; faults are said and tried again."""
    scorer: Scorer | None = None
    site: Site | None = None
    read, stamp, clock = -SITE_S, b"", LateClock(LABEL_S + settings.reorder_s)
    while not stop.wait(STEP_S):
        try:
            scorer, now = scorer or Scorer(store), _stamp(store, site)
            is_old = now != stamp or time.monotonic() - read > SITE_S
            if site is None or is_old:
                site, read = load_site(store, load_plant(settings.plant)), time.monotonic()
                stamp = _stamp(store, site)
            if score(store, scorer, site, stop, clock) or is_old:
                publish(store, scorer, site)
        except TwinError as error:
            print(f"scorer: {error}", file=sys.stderr, flush=True)
            scorer = None  # its sums may be ahead of its places: read them again
        except Exception:  # the plan goes on without the record; the record is tried again
            traceback.print_exc()
            scorer = None


def _stamp(store: Store, site: Site | None) -> bytes:
    """Changes whenever a model in the store does."""
    return b"".join(store.model(c) or b"-" for c in (site.plant.classes if site else ()))


class LateClock:
    """The plant's time as it was some wall seconds ago: by now every label of then has come."""

    def __init__(self, late_s: float) -> None:
        self._late_s = late_s
        self._seen: deque[tuple[float, int]] = deque()

    def read(self, now_us: int, wall_s: float) -> int:
        """Plant time now (µs) at wall_s; gives that of late_s before, 0 while it is not known."""
        self._seen.append((wall_s, now_us))
        while len(self._seen) > 1 and self._seen[1][0] <= wall_s - self._late_s:
            self._seen.popleft()
        first_s, first_us = self._seen[0]
        return first_us if first_s <= wall_s - self._late_s else 0


def score(
    store: Store, scorer: Scorer, site: Site, stop: threading.Event, clock: LateClock
) -> bool:
    """Steps until nothing is due; whether anything moved. Raises StoreError."""
    for n in range(STEPS_MAX):
        heard = heard_of(store, site)
        labelled_us = clock.read(heard.now_us, time.monotonic())
        if stop.is_set() or not scorer.step(heard._replace(labelled_us=labelled_us)):
            return n > 0
    return True


def heard_of(store: Store, site: Site) -> Heard:
    """The plant's time and when each machine was last heard. Raises StoreError."""
    now_us = store.clock().plant_now(time.time_ns() // 1000)
    classes, p_all = site.plant.classes, range(store.partitions)
    blobs = store.views(p_all, list(classes))
    times: dict[str, int] = {}
    for class_id, machine_class in classes.items():
        dtype = view_dtype(len(machine_class.sensors), len(machine_class.inputs))
        ids = site.catalogue.machines_ever(class_id)
        for p in p_all:
            blob = blobs.get((p, class_id), b"")
            if len(blob) % dtype.itemsize == 0:
                rows = np.frombuffer(blob, dtype)["time"].tolist()
                own = ids[p :: store.partitions]
                times |= {i: t for i, t in zip(own, rows, strict=False) if t != NEVER}
    return Heard(
        now_us,
        times,
        {c: site.catalogue.machines_ever(c) for c in classes},
        steps_h(site.plant),
        store.partitions,
    )


def steps_h(plant: Plant) -> dict[str, float]:
    """Class → hours between two forecasts of a machine."""
    classes, shift_h = plant.classes, plant.plant.shift_h
    return {c: issued_every(k.step_s / 3600.0, shift_h) for c, k in classes.items()}


def publish(store: Store, scorer: Scorer, site: Site) -> None:
    """Write what screens show. Raises StoreError."""
    now_us = store.clock().plant_now(time.time_ns() // 1000)
    sums, episodes, plant = scorer.sums, scorer.episodes, site.plant
    hours = dict(zip(HORIZONS, horizons_h(plant), strict=True))
    versions = {c: m.version for c, m in site.models.items() if m.hazard_model is not None}
    proposals = {c: proposal_of(sums, episodes, c, v, now_us) for c, v in versions.items()}
    steps = steps_h(plant)
    documents: dict[str, Any] = {
        "scores": {c: scores_document(sums, c, hours, steps[c]) for c in plant.classes},
        "bands": {c: bands_document(sums, c) for c in plant.classes},
        "held": {c: episodes.held(c) for c in plant.classes},
        "episodes": episodes_document(episodes),
        "left": {
            "counts": sums.left,
            "lost": scorer.lost,
            "due": _next_due(store, scorer, steps),
            "made": now_us,
        },
        "fitted": {c: fitted(m.fitted) | {"version": m.version} for c, m in site.models.items()},
        "proposals": {c: p for c, p in proposals.items() if p is not None},
    }
    store.set_documents(RECORD, {name: orjson.dumps(d) for name, d in documents.items()})


def fitted(report: dict[str, Any]) -> dict[str, Any]:
    """What a model file says of its own fit, as far as a screen shows it."""
    names = ("command", "machines", "lives", "failures", "maintenance", "recalibrated")
    return {name: report[name] for name in names if name in report}


def _next_due(store: Store, scorer: Scorer, steps: dict[str, float]) -> dict[str, int]:
    """Horizon → plant time at which the next forecast will be scored."""
    due: dict[str, int] = {}
    for horizon in HORIZONS:
        for p in range(store.partitions):
            after = scorer.places.get(f"{p}:{horizon}", FIRST_ID.decode()).encode()
            for _, text in store.forecasts(p, after, 1):
                try:
                    issued = unpack_issued(text)
                except WireError:
                    continue
                h = issued.horizons_h[LEADS.index(horizon)]
                wait = h + grace_h(h, steps.get(issued.class_id, 1.0))
                time_us = int(issued.rows["time"].min()) + round(wait * HOUR_US)
                due[horizon] = min(due.get(horizon, time_us), time_us)
    return due
