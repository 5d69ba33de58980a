"""`twin fit`: learn the twin and the failure model of each class from a history with failures."""

import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from twin.catalogue import Catalogue
from twin.config import Settings
from twin.core.rows import RESET
from twin.errors import TwinError
from twin.modelfile import load_model, save_model
from twin.pipeline.learning.fit_class import fit_class
from twin.pipeline.learning.kept import kept_history
from twin.pipeline.learning.lives import HistoryEvent, Kind
from twin.plant import Plant, load_plant
from twin.sources.history import History, read_history, write_history
from twin.stores.embedded import open_store

__all__ = ["run_fit", "run_fit_kept"]

HORIZON_S = 14 * 86400.0


def run_fit(
    settings: Settings, history: Path | None, out: Path | None, *, days: float, seed: int
) -> dict[str, Any]:
    """Fit every class of the plant that the history holds; write one model file each.

    history: folder as `twin simulate` writes it; None simulates the plant for so many days.
    out: default the settings' model folder. Returns the report by class. Raises TwinError.
    """
    plant = load_plant(settings.plant)
    folder = out or settings.models or settings.plant.parent / "models"
    if history is not None:
        found = read_history(history, plant, _catalogue(plant))
        return _fit_plant(plant, found, folder, f"twin fit {history.name}")
    with tempfile.TemporaryDirectory(prefix="twin-fit-") as made:
        made_path = Path(made)
        write_history(settings.plant, made_path, days=days, seed=seed)
        found = read_history(made_path, plant, _catalogue(plant))
    return _fit_plant(plant, found, folder, f"twin fit --days {days:g} --seed {seed}")


def run_fit_kept(settings: Settings, out: Path | None) -> dict[str, Any]:
    """Fit every class on what the running installation has kept: its readings, and the failures
    and repairs that machines and people reported. Otherwise as run_fit."""
    plant = load_plant(settings.plant)
    folder = out or settings.models or settings.plant.parent / "models"
    with closing(open_store(settings)) as store:
        found = kept_history(store, plant, _catalogue(plant))
    return _fit_plant(plant, found, folder, "twin fit --kept")


def _catalogue(plant: Plant) -> Catalogue:
    return Catalogue().update(plant)


def _fit_plant(plant: Plant, history: History, folder: Path, command: str) -> dict[str, Any]:
    report: dict[str, Any] = {}
    catalogue = _catalogue(plant)
    with tqdm(total=len(history.rows), unit="class", desc="fit") as bar:
        for class_id, rows in history.rows.items():
            machine_class, path = plant.classes[class_id], folder / f"{class_id}.json"
            bar.set_postfix_str(class_id)
            model = fit_class(
                class_id,
                machine_class,
                _by_machine(rows, catalogue.machines_ever(class_id)),
                _events(history, plant, class_id),
                horizon=HORIZON_S / machine_class.step_s,
                version=_next_version(path),
                progress=_stages(bar, class_id),
            )
            model = model.model_copy(update={"fitted": {"command": command, **model.fitted}})
            save_model(model, path)
            report[class_id] = {"file": str(path), "version": model.version, **model.fitted}
            bar.update()
    return report


def _by_machine(rows: NDArray[np.void], machine_ids: Sequence[str]) -> dict[str, NDArray[np.void]]:
    slot = (rows["slot"] & ~RESET).astype(np.int64)
    order = np.argsort(slot, kind="stable")
    cuts = np.searchsorted(slot[order], np.arange(len(machine_ids) + 1))
    parts = [rows[order[a:b]] for a, b in pairwise(cuts)]
    return {i: part for i, part in zip(machine_ids, parts, strict=True) if len(part)}


def _events(history: History, plant: Plant, class_id: str) -> list[HistoryEvent]:
    """Failures of the class; its repairs are in the rows, as resets.

    A failure whose mode nobody named is of the only mode there is; of several it teaches none,
    but that the machine lived until then.
    """
    mine = {machine.id for machine in plant.machines_of(class_id)}
    modes = [mode.id for mode in plant.classes[class_id].modes] or ["failure"]
    only = modes[0] if len(modes) == 1 else None
    found = []
    for e in history.events:
        if e.kind == "failure" and e.machine_id in mine:
            mode = e.detail.get("mode") or only
            kind: Kind = "failure" if mode else "censor"
            found.append(HistoryEvent(e.machine_id, e.time, kind, mode))
    return found


def _next_version(path: Path) -> int:
    try:
        return load_model(path).version + 1
    except TwinError:
        return 1


def _stages(bar: Any, class_id: str) -> Callable[[str], None]:
    """Say each stage once, and let the bar decide when to draw the rest."""
    last = ""

    def told(stage: str) -> None:
        nonlocal last
        if stage != last:
            bar.set_postfix_str(f"{class_id}: {stage}")
        last = stage

    return told
