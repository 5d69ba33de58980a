"""NASA C-MAPSS turbofan engines: read the published files, and describe them as a plant.

Files train_FD00x.txt, test_FD00x.txt (or .txt.gz) and RUL_FD00x.txt: whitespace columns unit,
cycle, three settings, 21 sensors. One cycle is one model step and counts as an hour.
Source: Saxena, Goebel, Simon & Eklund (2008), Damage propagation modeling for aircraft engine
run-to-failure simulation.
"""

import gzip
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.core.rows import row_dtype
from twin.errors import DataError
from twin.plant import Plant

__all__ = [
    "CLASS_ID",
    "EPOCH_US",
    "INPUTS",
    "SENSORS",
    "STEP_US",
    "SUBSETS",
    "Engine",
    "cmapss_plant",
    "engine_rows",
    "read_engines",
    "read_rul",
    "subsets_in",
]

CLASS_ID = "turbofan"
SUBSETS = ("FD001", "FD002", "FD003", "FD004")
STEP_US = 3_600_000_000
EPOCH_US = 1_577_836_800_000_000
"""2020-01-01T00:00Z: cycle 0 of every engine, which is when it was commissioned."""

INPUTS = (
    ("altitude", "Altitude", "kft", -0.1, 42.1),
    ("mach", "Mach number", "", -0.01, 0.85),
    ("tra", "Throttle resolver angle", "deg", 60.0, 100.0),
)
SENSORS = (
    ("s1", "T2 total temperature, fan inlet", "degR", 440.0, 520.0),
    ("s2", "T24 total temperature, LPC outlet", "degR", 530.0, 645.0),
    ("s3", "T30 total temperature, HPC outlet", "degR", 1240.0, 1617.0),
    ("s4", "T50 total temperature, LPT outlet", "degR", 1020.0, 1442.0),
    ("s5", "P2 pressure, fan inlet", "psia", 3.0, 15.0),
    ("s6", "P15 total pressure, bypass duct", "psia", 5.0, 22.0),
    ("s7", "P30 total pressure, HPC outlet", "psia", 136.0, 557.0),
    ("s8", "Nf physical fan speed", "rpm", 1914.0, 2389.0),
    ("s9", "Nc physical core speed", "rpm", 7984.0, 9245.0),
    ("s10", "epr engine pressure ratio", "", 0.9, 1.4),
    ("s11", "Ps30 static pressure, HPC outlet", "psia", 36.0, 49.0),
    ("s12", "phi fuel flow to Ps30", "pps/psi", 128.0, 524.0),
    ("s13", "NRf corrected fan speed", "rpm", 2027.0, 2391.0),
    ("s14", "NRc corrected core speed", "rpm", 7845.0, 8294.0),
    ("s15", "BPR bypass ratio", "", 8.3, 11.1),
    ("s16", "farB burner fuel-air ratio", "", 0.01, 0.04),
    ("s17", "htBleed bleed enthalpy", "", 302.0, 400.0),
    ("s18", "Nf_dmd demanded fan speed", "rpm", 1915.0, 2389.0),
    ("s19", "PCNfR_dmd demanded corrected fan speed", "rpm", 84.0, 101.0),
    ("s20", "W31 HPT coolant bleed", "lbm/s", 10.0, 40.0),
    ("s21", "W32 LPT coolant bleed", "lbm/s", 6.0, 24.0),
)
MODE = "wear"
COLUMNS = 26


class Engine(NamedTuple):
    """One engine's run: `cycle` (T,) int64, `settings` (T, 3) and `sensors` (T, 21) float32."""

    unit: int
    cycle: NDArray[np.int64]
    settings: NDArray[np.float32]
    sensors: NDArray[np.float32]


def subsets_in(data_dir: Path) -> list[str]:
    """Subsets of which all three files are in data_dir."""
    return [s for s in SUBSETS if all(_find(data_dir, name) for name in _names(s))]


def read_engines(data_dir: Path, subset: str, split: str) -> list[Engine]:
    """Engines of `split` 'train' (until failure) or 'test' (cut off), in the file's order.

    Raises DataError: file, line, got and want.
    """
    path = _path(data_dir, f"{split}_{subset}")
    table = _table(path)
    if table.shape[1] != COLUMNS:
        raise DataError(f"{path}: got {table.shape[1]} columns, want {COLUMNS}")
    return list(_engines(table, path))


def read_rul(data_dir: Path, subset: str) -> NDArray[np.float64]:
    """Cycles that each test engine still had after its last row (N,). Raises DataError."""
    table = _table(_path(data_dir, f"RUL_{subset}"))
    return np.asarray(table[:, 0])


def engine_rows(engines: Sequence[Engine]) -> NDArray[np.void]:
    """All engines as rows of the wire: slot = place in the list, inputs after the sensors."""
    rows = np.zeros(sum(len(e.cycle) for e in engines), row_dtype(len(SENSORS) + len(INPUTS)))
    rows["slot"] = np.repeat(np.arange(len(engines)), [len(e.cycle) for e in engines])
    rows["time"] = EPOCH_US + np.concatenate([e.cycle for e in engines]) * STEP_US
    rows["value"][:, : len(SENSORS)] = np.concatenate([e.sensors for e in engines])
    rows["value"][:, len(SENSORS) :] = np.concatenate([e.settings for e in engines])
    return rows


def cmapss_plant(subset: str, units: Sequence[int]) -> Plant:
    """The engines of a subset as a plant of one line and one class."""
    return Plant.model_validate(
        {
            "plant": {"name": f"C-MAPSS {subset}", "simulated": True},
            "line": [{"id": subset, "name": subset}],
            "class": {CLASS_ID: _class()},
            "machine": [
                {
                    "id": f"{subset}-{unit:03d}",
                    "class": CLASS_ID,
                    "line": subset,
                    "position": place,
                    "commissioned": "2020-01-01",
                }
                for place, unit in enumerate(units)
            ],
        }
    )


def _class() -> dict[str, Any]:
    return {
        "name": "Turbofan engine",
        "period_s": STEP_US / 1e6,
        "step_s": STEP_US / 1e6,
        "sensor": [
            {"id": i, "name": name, "unit": unit, "normal": [low, high]}
            for i, name, unit, low, high in SENSORS
        ],
        "input": [
            {"id": i, "name": name, "unit": unit, "range": [low, high]}
            for i, name, unit, low, high in INPUTS
        ],
        "failure_mode": [{"id": MODE, "name": "Worn out"}],
    }


def _names(subset: str) -> list[str]:
    return [f"train_{subset}", f"test_{subset}", f"RUL_{subset}"]


def _find(data_dir: Path, name: str) -> Path | None:
    for suffix in (".txt", ".txt.gz"):
        path = data_dir / (name + suffix)
        if path.is_file():
            return path
    return None


def _path(data_dir: Path, name: str) -> Path:
    found = _find(data_dir, name)
    if found is None:
        raise DataError(f"{data_dir}: no {name}.txt or {name}.txt.gz")
    return found


def _table(path: Path) -> NDArray[np.float64]:
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="ascii") as file:
            table = np.loadtxt(file, ndmin=2)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from error
    except ValueError as error:
        raise DataError(f"{path}: want whitespace-separated numbers: {error}") from error
    if table.size == 0:
        raise DataError(f"{path}: no rows")
    return table


def _engines(table: NDArray[np.float64], path: Path) -> Iterator[Engine]:
    unit = table[:, 0].astype(np.int64)
    cuts = np.flatnonzero(np.diff(unit)) + 1
    for part in np.split(table, cuts):
        cycle = part[:, 1].astype(np.int64)
        if np.any(np.diff(cycle) <= 0):
            raise DataError(f"{path}: unit {int(part[0, 0])}: cycles do not rise")
        values = part[:, 2:].astype(np.float32)
        yield Engine(int(part[0, 0]), cycle, values[:, :3], values[:, 3:])
