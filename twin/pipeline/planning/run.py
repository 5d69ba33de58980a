"""The planner's rolling horizon as a thread beside the work list, faults said and tried again."""

import sys
import threading
import time
import traceback

from twin.config import Settings
from twin.errors import TwinError
from twin.pipeline.planning.compiled import Compiling
from twin.pipeline.planning.improve import polished_for
from twin.pipeline.planning.loop import PlanLoop
from twin.pipeline.site import Site, load_site
from twin.plant import load_plant
from twin.stores.base import Store

__all__ = ["run_planning", "start_planning"]

STEP_S = 1.0
SITE_S = 15.0
"""Wall seconds between two looks at the plant file; a new model is seen at once."""


def start_planning(store: Store, settings: Settings, stop: threading.Event) -> threading.Thread:
    """Plan in a thread until stop is set."""
    job = threading.Thread(target=run_planning, args=(store, settings, stop), name="planning")
    job.daemon = True
    job.start()
    return job


def run_planning(store: Store, settings: Settings, stop: threading.Event) -> None:
    """Keep the plan up until told to stop. What was said so far is in the store: after a fault the
    loop goes on from there."""
    compiling = Compiling(stop).start()
    loop: PlanLoop | None = None
    site: Site | None = None
    read, stamp, told = 0.0, b"", ""
    while not stop.wait(STEP_S):
        try:
            loop = loop or PlanLoop(store, unhurried=polished_for(store), compiling=compiling)
            now = _stamp(store, site)
            if site is None or now != stamp or time.monotonic() - read > SITE_S:
                site, read = load_site(store, load_plant(settings.plant)), time.monotonic()
                stamp = _stamp(store, site)
            loop.step(site)
            told = ""
        except TwinError as error:
            if str(error) != told:
                print(f"planning: {error}", file=sys.stderr, flush=True)
            told = str(error)
        except Exception as error:  # a fault of ours must not end the work list beside it
            if repr(error) != told:
                traceback.print_exc()
            told, loop = repr(error), None


def _stamp(store: Store, site: Site | None) -> bytes:
    """Changes whenever the catalogue or a model in the store does."""
    models = (store.model(c) or b"-" for c in (site.plant.classes if site else ()))
    return b"".join([store.catalogue() or b"-", *models])
