"""Speed and memory, as ratios within one run on one machine: `twin bench`.

Rivals take turns and medians are compared; absolute times belong to the machine they were taken on.
"""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from twin.core.trend import advance
from twin.errors import DataError
from twin.evaluation.bench.end_to_end import bench_end_to_end
from twin.evaluation.bench.explorer import bench_explorer
from twin.evaluation.bench.forecast import bench_forecast
from twin.evaluation.bench.gateway import bench_gateway
from twin.evaluation.bench.kernel import bench_kernel
from twin.evaluation.bench.latency import bench_latency
from twin.evaluation.bench.memory import bench_hot, bench_sealed

__all__ = ["PARTS", "run_bench"]


def run_bench(only: str | None = None) -> dict[str, Any]:
    """All parts, or one of PARTS; a progress bar on standard error. Raises DataError."""
    if only is not None and only not in PARTS:
        raise DataError(f"bench: got part {only!r}, want one of {', '.join(PARTS)}")
    names = list(PARTS) if only is None else [only]
    results = {}
    for name in tqdm(names, desc="bench", leave=False, disable=None):
        with tempfile.TemporaryDirectory(prefix="twin-bench-") as folder:
            results[name] = PARTS[name](Path(folder))
    return results


def _latencies(folder: Path) -> dict[str, Any]:
    return {str(n): bench_latency(folder / str(n), n) for n in (1_000, 10_000)}


PARTS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "kernel": lambda _: bench_kernel(advance),
    "fallback": lambda _: bench_kernel(partial(advance, compiled=False)),
    "end_to_end": bench_end_to_end,
    "latency_ms": _latencies,
    "bytes_per_reading": lambda folder: {"hot": bench_hot(folder), **bench_sealed()},
    "forecast": lambda _: bench_forecast(),
    "gateway_json": bench_gateway,
    "explorer_ms": bench_explorer,
}
