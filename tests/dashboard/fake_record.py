"""A track record for the invented plant: forecasts of lives drawn by law, scored by the scorer.

Mills say what is true; pumps say it too surely, so that a correction is proposed for them; presses
have seen too little; compressors nothing.
"""

from functools import cache

import numpy as np

from twin.config import Settings
from twin.modelfile import load_model
from twin.pipeline.scorer import Scorer
from twin.pipeline.scorer.heard import Heard
from twin.pipeline.scorer.run import publish
from twin.pipeline.site import load_site, models_folder
from twin.stores.base import Commit
from twin.stores.records import ISSUED, Issued, pack_issued
from twin.types import Event

HOUR = 3_600_000_000
HORIZONS = np.array([8.0, 24.0, 168.0])
WEEKS = {"mill": 5, "pump": 6, "press": 2}
CALM_H, WORN_H = 250.0, (12.0, 45.0)
SURE = {"mill": 1.0, "pump": 1.9, "press": 1.0}


def seed_record(fake) -> None:
    """Fill a FakePlant's store with forecasts, what came of them, and the scores."""
    store, rng = fake.store, np.random.default_rng(11)
    site = load_site(store, fake.plant)
    now = fake.store.clock().plant_now(fake.wall_us)
    end = now // HOUR - 1
    said: dict[int, list[tuple[str, int, np.ndarray]]] = {}
    for class_id, weeks in WEEKS.items():
        _class(fake, rng, class_id, end - weeks * 168, end, said)
    for hour in sorted(said):
        _issue(fake, said[hour])
    ids = {c: site.catalogue.machines_ever(c) for c in fake.plant.classes}
    by_machine = {i: now for own in ids.values() for i in own}
    heard = Heard(now, by_machine, ids, dict.fromkeys(ids, 1.0), store.partitions)
    scorer = Scorer(store)
    while scorer.step(heard):
        pass
    models = {c: load_model(models_folder(Settings()) / f"{c}.json") for c in fake.plant.classes}
    newer = {c: m.model_copy(update={"version": 2}) for c, m in models.items()}
    publish(store, scorer, site._replace(models=newer))


def _class(fake, rng, class_id: str, begin: int, end: int, said: dict) -> None:
    """Lives that wear: the rate of failure is low first and high in the last days."""
    ids = fake.catalogue.machines_ever(class_id)
    modes = [m.id for m in fake.plant.classes[class_id].modes] or [None]
    found: dict[int, list[np.ndarray]] = {}
    for slot, machine_id in enumerate(ids):
        hour = begin
        while hour < end:
            hour = _life(fake, rng, class_id, slot, machine_id, modes, hour, end, found)
    for hour, rows in found.items():
        own = (class_id, 1 + (hour > begin + 150), np.concatenate(rows))
        said.setdefault(hour, []).append(own)


def _issue(fake, said: list[tuple[str, int, np.ndarray]]) -> None:
    for p, lease in enumerate(fake.leases):
        records = [
            pack_issued(Issued(c, v, HORIZONS.tolist(), rows[rows["slot"] % len(fake.leases) == p]))
            for c, v, rows in said
        ]
        fake.store.commit(lease, Commit(b"1-0", {}, [], [], forecasts=records))


def _life(fake, rng, class_id, slot, machine_id, modes, hour, end, found) -> int:
    calm, worn = rng.exponential(CALM_H), float(rng.choice(WORN_H))
    fails = calm + rng.exponential(worn)
    stops = rng.exponential(500.0)
    last = min(fails, stops)
    for h in range(hour, min(end, hour + int(last) + 1)):
        row = _row(h - hour > calm, worn, SURE[class_id]).copy()
        row["slot"], row["time"] = slot, h * HOUR
        found.setdefault(h, []).append(row)
    done = hour + last
    if done < end:
        time = int(done * HOUR)
        events = [Event(time + HOUR // 2, "repair", machine_id, {"planned": fails > stops})]
        if fails <= stops:
            mode = str(rng.choice(modes))
            events = [Event(time, "failure", machine_id, {"mode": mode}), *events]
        fake.store.add_events(events)
    return int(done) + 2


@cache
def _row(is_worn: bool, worn: float, sure: float) -> np.ndarray:
    """What is true of a machine in its calm days, which end at 1 / CALM_H an hour, or worn."""
    t = np.arange(0.0, 3000.0, 0.25)
    calm = np.exp(-t / CALM_H)
    alive = np.exp(-t / worn)
    if not is_worn:
        alive = calm + (alive - calm) / CALM_H / (1 / CALM_H - 1 / worn)
    p = np.interp(HORIZONS, t, 1 - alive)
    life = np.interp([0.1, 0.5, 0.9], 1 - alive, t)
    odds = (p / (1 - p)) ** sure
    said = odds / (1 + odds)
    row = (0, b"", 0, said, said * 0.8, np.minimum(said * 1.2, 1), life)
    return np.array([row], dtype=ISSUED)
