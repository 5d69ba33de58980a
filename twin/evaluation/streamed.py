"""C-MAPSS through the running product: test engines replayed, predictions read off the views.

What is scored is what the screens show, and beside it stands how far it is from `twin evaluate`.
"""

import json
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.catalogue import Catalogue
from twin.config import Settings
from twin.core.view import view_dtype
from twin.errors import DataError, StoreError
from twin.evaluation.cmapss import predict
from twin.evaluation.metrics import nasa_score, rmse
from twin.modelfile import load_model, save_model
from twin.pipeline.feed.replay import drain, served, stay, stream
from twin.pipeline.learning.engines import HORIZON, fit_engines
from twin.pipeline.site import prepare
from twin.plant import Plant
from twin.sources.cmapss import (
    CLASS_ID,
    Engine,
    cmapss_plant,
    engine_rows,
    read_engines,
    read_rul,
)
from twin.sources.replay import Replay
from twin.stores.base import Store

__all__ = ["cmapss_settings", "engine_views", "replay_cmapss", "streamed_scores"]

LIVE_SPEED = 36_000.0
"""Ten cycles a second: for somebody who watches."""


def replay_cmapss(
    settings: Settings,
    data: Path,
    subset: str,
    speed: float | None,
    stop: threading.Event,
    show: Callable[[dict[str, Any]], None],
) -> None:
    """Stream a subset's test engines through store, worker and screens; show the scores.

    The subset is a plant with a store and a model of its own in the data directory; the model is
    fitted to the training engines the first time. speed None: ten cycles a second at a terminal,
    else as fast as the twin follows. Raises DataError.
    """
    test, left = read_engines(data, subset, "test"), read_rul(data, subset)
    if len(test) != len(left):
        raise DataError(f"{subset}: got {len(left)} true lives, want {len(test)}, one an engine")
    settings = cmapss_settings(settings, data, subset, test)
    if speed is None:
        speed = LIVE_SPEED if sys.stdout.isatty() else 0.0
    with served(settings) as store:
        _refuse_other_plant(store)
        site = prepare(store, settings)
        source = engine_replay(subset, test, site.plant, site.catalogue, speed)
        stream(store, site.plant, site.catalogue, source, speed, settings, stop)
        drain(store, stop)
        views = engine_views(store, site.plant, site.catalogue)
        show(streamed_scores(views, test, left, settings))
        stay(stop)


def cmapss_settings(settings: Settings, data: Path, subset: str, test: list[Engine]) -> Settings:
    """Settings of the subset's own plant; writes its plant file and, the first time, its model."""
    home = settings.data_dir / f"cmapss-{subset}"
    home.mkdir(parents=True, exist_ok=True)
    plant = cmapss_plant(subset, [e.unit for e in test])
    document = plant.model_dump(mode="json", by_alias=True, exclude_unset=True)
    (home / "plant.json").write_text(json.dumps(document, indent=1), encoding="utf-8")
    path = home / "models" / f"{CLASS_ID}.json"
    if not path.exists():
        print(f"fitting the training engines of {subset}", file=sys.stderr)
        save_model(fit_engines(read_engines(data, subset, "train")), path)
    return replace(settings, plant=home / "plant.json", models=path.parent, data_dir=home)


def engine_replay(
    subset: str, engines: list[Engine], plant: Plant, catalogue: Catalogue, speed: float
) -> Replay:
    """All engines as one replay, each from its first cycle, on one clock."""
    places = catalogue.places()
    slots = np.array([places[m.id].slot for m in plant.machines], dtype=np.uint32)
    rows = engine_rows(engines)
    rows["slot"] = slots[rows["slot"]]
    label = f"{subset} test engines"
    return Replay(
        f"cmapss.{subset}",
        {CLASS_ID: rows},
        speed,
        f"{subset}-{len(rows)}",
        label=label,
        progress=True,
    )


def engine_views(store: Store, plant: Plant, catalogue: Catalogue) -> NDArray[np.void]:
    """View rows (N,) of the plant's engines in the plant file's order."""
    machine_class, places = plant.classes[CLASS_ID], catalogue.places()
    dtype = view_dtype(len(machine_class.sensors), len(machine_class.inputs))
    held = store.views(range(store.partitions), [CLASS_ID])
    tables = {p: np.frombuffer(blob, dtype) for (p, _), blob in held.items()}
    slots = [places[m.id].slot for m in plant.machines]
    return np.array([tables[s % store.partitions][s // store.partitions] for s in slots], dtype)


def streamed_scores(
    views: NDArray[np.void], test: list[Engine], left: NDArray[np.float64], settings: Settings
) -> dict[str, Any]:
    """How good the remaining lives on the screens are, and how far from those of `evaluate`."""
    assert settings.models is not None
    model = load_model(settings.models / f"{CLASS_ID}.json")
    every = predict(model, test, left)
    offline = every.at(np.append(every.engine[1:] != every.engine[:-1], True))
    rul = views["rul_mean"].astype(np.float64)
    capped = np.minimum(left, HORIZON)
    return {
        "engines": len(test),
        "samples": int(views["n_applied"].sum()),
        "rmse_capped": rmse(rul - capped),
        "rmse_uncapped": rmse(rul - left),
        "nasa_score_of_mean": nasa_score(rul - capped),
        "largest_difference_from_offline": float(np.abs(rul - offline.rul).max()),
        "baseline_rmse_capped": rmse(capped.mean() - capped),
    }


def _refuse_other_plant(store: Store) -> None:
    held = store.catalogue()
    if held is not None and CLASS_ID not in Catalogue.from_json(held).classes:
        raise StoreError("store: holds another plant, want an empty one or one of its own")
