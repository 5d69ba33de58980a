"""What the tests of the core share: the reference folder, and rows made by hand."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from twin.core.rows import row_dtype

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "reference"))

STEP_US = 3_600_000_000


@pytest.fixture(scope="session")
def make_rows():
    """make_rows(times_us, values, slots=0): rows (R,) in that order."""

    def make(times_us, values, slots=0):
        values = np.asarray(values, dtype=np.float32)
        rows = np.zeros(len(values), row_dtype(values.shape[1]))
        rows["slot"], rows["time"], rows["value"] = slots, times_us, values
        return rows

    return make


@pytest.fixture(scope="session")
def fleet(make_rows):
    """fleet(n, steps, m, seed): rows of n machines at irregular steps, a tenth missing, mixed."""

    def make(n, steps, m, seed=0, missing=0.1):
        rng = np.random.default_rng(seed)
        times = np.cumsum(rng.integers(STEP_US // 4, 2 * STEP_US, (steps, n)), axis=0)
        values = rng.normal(size=(steps, n, m)) + 0.01 * np.arange(steps)[:, None, None]
        values[rng.random(values.shape) < missing] = np.nan
        slots = np.broadcast_to(np.arange(n), (steps, n))
        return make_rows(times.ravel(), values.reshape(-1, m), slots.ravel())

    return make


@pytest.fixture(scope="session")
def published():
    """Folder of published data, or skip."""
    default = HERE.parents[2] / "shared" / "data"
    folder = Path(os.environ.get("TWIN_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"published data not found at {folder}: set TWIN_DATA")
    return folder
