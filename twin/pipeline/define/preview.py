"""The twin of a class that is being defined, fitted to the file and followed through it."""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tsdownsample import MinMaxLTTBDownsampler

from twin.core.statespace import Trend
from twin.core.trend import Trace, advance, new_state, new_view, trace
from twin.errors import TwinError
from twin.modelfile import ClassModel, save_model
from twin.pipeline.define.definition import Definition, parse_definition
from twin.pipeline.learning.fit_class import fit_class
from twin.plant import MachineClass

__all__ = ["N_POINTS", "followed", "main", "preview"]

Progress = Callable[[str], None]
Rows = NDArray[np.void]
N_POINTS = 600
"""Points a chart."""
ALARM_ROWS = 20_000
"""Samples that alarms are counted in, the newest."""
Z95 = 1.959964


def preview(
    definition: Definition, histories: Mapping[str, Rows], progress: Progress
) -> tuple[ClassModel, dict[str, Any]]:
    """Fit the class to rows by machine; the model, and what a person needs to judge it.

    Raises ModelError, DataError where nothing can be learnt.
    """
    machine_class = definition.machine_class()
    model = fit_class(definition.class_id, machine_class, histories, [], progress=progress)
    name = max(histories, key=lambda n: len(histories[n]))
    progress("follow")
    return model, followed(model, machine_class, name, histories[name]) | {
        "machines": {n: len(rows) for n, rows in histories.items()},
        "fitted": model.fitted,
    }


def followed(
    model: ClassModel, machine_class: MachineClass, name: str, rows: Rows
) -> dict[str, Any]:
    """How the twin follows one machine's rows (R,): a chart and figures for each sensor."""
    trend = model.trend(machine_class)
    own = rows.copy()
    own["slot"] = 0
    found = trace(trend, new_state(trend, own["time"][:1] - 1), own)
    alarms = _alarms(trend, own[-ALARM_ROWS:])
    span = own[-ALARM_ROWS:]["time"]
    return {
        "machine": name,
        "alarm_days": float(span[-1] - span[0]) / 86.4e9,
        "sensors": [
            _sensor(trend, own, found, n) | {"id": sensor.id, "alarms": int(alarms[n])}
            for n, sensor in enumerate(machine_class.sensors)
        ],
    }


def _sensor(trend: Trend, rows: Rows, found: Trace, n: int) -> dict[str, Any]:
    """Measured, estimate and band at most N_POINTS times; variance and lag one of innovations."""
    inputs = np.nan_to_num(rows["value"][:, trend.n_sensors :].astype(np.float64))
    away = (inputs[:, None, :] - trend.centre[None]) / trend.input_scale
    k = np.argmin((away**2).sum(axis=2), axis=1)
    mean = trend.offset[k, n] + np.einsum("rk,rk->r", trend.gain[k, n], inputs)
    level = mean + trend.scale[k, n] * found.level[:, n]
    half = Z95 * trend.scale[k, n] * np.sqrt(found.p11[:, n] + trend.r[n])
    measured = rows["value"][:, n].astype(np.float64)
    at = _drawn(measured)
    y = found.innovation[1:, n]
    y = y[np.isfinite(y)]
    return {
        "time": rows["time"][at].tolist(),
        "measured": _plain(measured[at]),
        "level": _plain(level[at]),
        "half": _plain(half[at]),
        "variance": float(np.var(y)) if len(y) > 2 else None,
        "lag1": float(np.corrcoef(y[:-1], y[1:])[0, 1]) if len(y) > 2 and y.std() > 0 else None,
    }


def _drawn(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Indices that keep the shape: extremes above all."""
    if len(values) <= N_POINTS:
        return np.arange(len(values))
    filled = np.nan_to_num(
        values, nan=float(np.nanmedian(values)) if np.isfinite(values).any() else 0.0
    )
    found = MinMaxLTTBDownsampler().downsample(  # type: ignore[no-untyped-call]
        filled, n_out=N_POINTS
    )
    return np.asarray(found, dtype=np.int64)


def _alarms(trend: Trend, rows: Rows) -> NDArray[np.int64]:
    """How often each sensor's alarm (m,) would have come, deadband and delays applied."""
    state, view = new_state(trend, rows["time"][:1] - 1), new_view(trend, 1)
    counts, before = np.zeros(trend.n_sensors, np.int64), 0
    for n in range(len(rows)):
        advance(trend, state, view, rows[n : n + 1])
        now = int(view["beyond"][0])
        come = now & ~before
        counts += (come >> np.arange(trend.n_sensors)) & 1
        before = now
    return counts


def _plain(values: NDArray[np.float64]) -> list[float | None]:
    return [float(f"{v:.6g}") if np.isfinite(v) else None for v in values]


def main(folder: Path) -> int:
    """Fit what folder/definition.json says of folder/readings.csv; writes state.json as it goes,
    then preview.json and model.json."""

    def told(stage: str, **more: Any) -> None:
        part = folder / "state.part"
        part.write_text(json.dumps({"stage": stage, **more}))
        part.replace(folder / "state.json")

    try:
        told("read")
        document = json.loads((folder / "definition.json").read_text())
        definition = parse_definition(document["definition"])
        histories = definition.rows(folder / "readings.csv", document["zone"])
        model, shown = preview(definition, histories, told)
        save_model(model, folder / "model.json")
        (folder / "preview.json").write_text(json.dumps(shown))
        told("done")
    except TwinError as error:
        told("failed", why=str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
