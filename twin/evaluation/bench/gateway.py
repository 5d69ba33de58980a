"""JSON at the gateway: parse, check, place, append to the store; one process, no network."""

import statistics
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from twin.catalogue import Catalogue
from twin.errors import DataError
from twin.evaluation.bench.plant import bench_plant
from twin.evaluation.bench.scenario import N_SENSORS
from twin.sources.base import Batch
from twin.sources.gateway import create_gateway
from twin.sources.resolve import Resolver
from twin.stores.codec import readings_entry
from twin.stores.embedded import EmbeddedStore

__all__ = ["bench_gateway"]

N_MACHINES = 500
ROUNDS = 15
START = datetime(2026, 1, 1, tzinfo=UTC)


def bench_gateway(folder: Path) -> dict[str, Any]:
    """Readings a second of one process, JSON batches of 500 samples of 8 readings."""
    plant = bench_plant(N_MACHINES)
    catalogue = Catalogue().update(plant)
    store = EmbeddedStore(folder, partitions=1)
    try:

        def accept(_source: str, batch: Batch) -> Any:
            entries = [readings_entry(c, catalogue.version, rows) for c, rows in batch.rows.items()]
            store.append({0: entries})
            return "stored"

        now_us = int(START.timestamp() * 1e6)
        gateway = create_gateway(
            Resolver(plant, catalogue), {"bench": "token"}, accept, lambda: now_us
        )
        seconds = [_post(gateway.test_client(), body) for body in _bodies()]
    finally:
        store.close()
    rates = sorted(N_MACHINES * N_SENSORS / s for s in seconds[1:])
    return {
        "readings_per_s": round(statistics.median(rates)),
        "spread": [round(rates[0]), round(rates[-1])],
    }


def _post(client: Any, body: bytes) -> float:
    headers = {"Authorization": "Bearer token", "Content-Type": "application/json"}
    start = time.perf_counter()
    answer = client.post("/v1/readings", data=body, headers=headers)
    taken = time.perf_counter() - start
    if answer.status_code != 202 or answer.json["accepted"] != N_MACHINES:
        raise DataError(f"bench: gateway: got {answer.status_code} {answer.json}")
    return taken


def _bodies() -> list[bytes]:
    return [
        orjson.dumps(
            [
                {
                    "machine": f"m{n}",
                    "time": (START - timedelta(seconds=ROUNDS - i)).isoformat(),
                    "values": {f"s{s}": 20.0 + s + 0.01 * i for s in range(N_SENSORS)},
                }
                for n in range(N_MACHINES)
            ]
        )
        for i in range(ROUNDS + 1)
    ]
