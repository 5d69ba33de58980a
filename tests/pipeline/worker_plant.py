"""A small plant of two classes, and a stream of awkward entries for it, for the worker's tests."""

from pathlib import Path

import numpy as np

from twin.config import Settings
from twin.core.rows import RESET, row_dtype
from twin.pipeline.worker.worker import PartitionWorker
from twin.stores.codec import readings_entry
from twin.stores.memory import MemoryStore

PARTITIONS = 2
MACHINES = {"mill": 5, "press": 4}
LANES = {"mill": 4, "press": 2}
T0_US = 1_700_000_000_000_000
ALWAYS = -(1 << 62), 1 << 62
N_ENTRIES = 400
"""Of a history that has chunks, a tail, and samples that come late."""

PLANT = """
[plant]
name = "small"
[[line]]
id = "one"
[class.mill]
period_s = 1.0
step_s = 60.0
[[class.mill.sensor]]
id = "temp"
normal = [60.0, 80.0]
alarm = { high = 78.0, deadband = 0.5 }
[[class.mill.sensor]]
id = "pressure"
normal = [4.0, 6.0]
[[class.mill.sensor]]
id = "noise"
normal = [0.0, 1.0]
[[class.mill.input]]
id = "load"
range = [0.0, 100.0]
[class.press]
period_s = 1.0
step_s = 60.0
[[class.press.sensor]]
id = "force"
normal = [90.0, 110.0]
[[class.press.sensor]]
id = "gap"
normal = [1.0, 2.0]
"""
MACHINE = '[[machine]]\nid = "{c}-{n}"\nclass = "{c}"\nline = "one"\n'
MIDDLE = {"mill": [70.0, 5.0, 0.5, 50.0], "press": [100.0, 1.5]}
WIDTH = {"mill": [3.0, 0.3, 0.2, 20.0], "press": [3.0, 0.2]}


def settings_in(folder: Path, **given) -> Settings:
    """Settings of a plant file written to the folder."""
    text = PLANT + "".join(MACHINE.format(c=c, n=i) for c, n in MACHINES.items() for i in range(n))
    (folder / "plant.toml").write_text(text)
    return Settings(
        plant=folder / "plant.toml", data_dir=folder / "var", partitions=PARTITIONS, **given
    )


def patient_store() -> MemoryStore:
    """A store whose leases never run out: compiling, on a busy machine, may outlast one."""
    return MemoryStore(PARTITIONS, clock_s=lambda: 0.0)


def entries_of(n_entries: int, seed: int = 1) -> list[tuple[int, list[bytes]]]:
    """Partition and entry, in order: noise with gaps, outliers, late samples, resets, and entries
    that are malformed."""
    rng = np.random.default_rng(seed)
    out = []
    for k in range(n_entries):
        p = int(rng.integers(PARTITIONS))
        if rng.random() < 0.03:
            out.append((p, _malformed(rng)))
            continue
        c = "mill" if rng.random() < 0.6 else "press"
        own = np.arange(p, MACHINES[c], PARTITIONS)
        rows = np.zeros(int(rng.integers(1, 8)), dtype=row_dtype(LANES[c]))
        rows["slot"] = rng.choice(own, len(rows))
        late = rng.random(len(rows)) < 0.05
        rows["time"] = T0_US + k * 1_000_000 + np.arange(len(rows)) * 1000 - late * 20_000_000
        noise = rng.normal(size=(len(rows), LANES[c]))
        noise[rng.random(noise.shape) < 0.02] *= 40.0
        rows["value"] = np.round(np.array(MIDDLE[c]) + noise * np.array(WIDTH[c]), 2)
        rows["value"][rng.random(noise.shape) < 0.05] = np.nan
        rows["slot"] |= np.where(rng.random(len(rows)) < 0.01, RESET, np.uint32(0))
        out.append((p, list(readings_entry(c, 1, rows))))
    return out


def work(store, site, p, wire, seal_every):
    """Feed one partition entry by entry, sealing now and then."""
    worker = PartitionWorker(store, site, p, "w")
    assert worker.open()
    for n, (at, entry) in enumerate(wire):
        store.append({at: [entry]})
        while worker.step(0):
            pass
        if seal_every and n % seal_every == seal_every - 1:
            worker.sealer.seal_now(worker.last_id, lambda: None)
    return worker


def _malformed(rng: np.random.Generator) -> list[bytes]:
    good = list(readings_entry("mill", 1, np.zeros(2, dtype=row_dtype(4))))
    kind = int(rng.integers(4))
    if kind == 0:
        good[9] = good[9][:-3]
    elif kind == 1:
        good[3] = b"nobody"
    elif kind == 2:
        good[5] = b"\xff"
    return good if kind < 3 else [b"hello", b"world"]
