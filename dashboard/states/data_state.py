"""State of the data page, in no language: what comes in, what does not, and how the parts are."""

import math
from collections.abc import Mapping
from typing import Any

from dashboard.numbers import rounded, roundeds
from dashboard.snapshot import STALE_PERIODS, Snapshot, pace
from dashboard.states.data_known import Known, Refused
from dashboard.states.machine.sensor_quality import Faulty, faulty_sensors, quality_counts
from dashboard.states.machine.verdict import verdict
from dashboard.times import iso_local
from twin.pipeline.gateway.senders import SENT, sent_counter

__all__ = ["WORST", "data_state", "parts_of", "sources_of"]

WORST = 20
PAYLOAD_SHOWN = 600
FORGOTTEN_S = 86_400
"""A part silent for longer is no longer part of this installation."""
MINUTE_S = 60.0

State = dict[str, Any]


def data_state(snapshot: Snapshot, known: Known) -> State:
    """Everything the data page shows."""
    faulty = faulty_sensors(snapshot)
    state = {
        "sources": sources_of(snapshot, known.sent),
        "refused": [_refused(snapshot, r) for r in known.refused],
        "reasons": _reasons(snapshot),
        "sensors": [_faulty(snapshot, f) for f in faulty[:WORST]],
        "quality": quality_counts(snapshot, faulty),
        "partitions": _partitions(known),
        "memory": _memory(snapshot, known),
        "parts": parts_of(snapshot),
        "late": sum(int(rows["n_late"].sum()) for rows in snapshot.views.values()),
    }
    recent = sum(snapshot.wall_us - r.time_us < 600e6 for r in known.refused)
    return state | {"verdict": verdict(state, len(snapshot.plant.machines), recent)}


def sources_of(snapshot: Snapshot, sent: Mapping[str, Mapping[str, int]]) -> dict[str, State]:
    """By id: samples a second now and in each minute of the last hour, counts, delay; and what
    else it sends. sent: source → what → when last, wall µs."""
    reports: dict[str, Mapping[str, Any]] = {}
    for part in ("feed", "gateway"):
        reports |= snapshot.parts.get(part, {}).get("sources") or {}
    counted = {k.split(":")[1] for k in snapshot.counters if k.startswith("accepted:")}
    ids = [*snapshot.plant.sources, *sorted({*counted, *sent} - set(snapshot.plant.sources))]
    return {
        i: _source(snapshot, i, reports.get(i, {}).get("ingest") or {})
        | {"sends": _sends(snapshot, i, sent.get(i, {}))}
        for i in ids
    }


def _sends(snapshot: Snapshot, source_id: str, last: Mapping[str, int]) -> State:
    """Besides samples: how many orders or reports of operations, and seconds since the last."""
    return {
        what: {
            "n": snapshot.counters.get(sent_counter(source_id, what), 0),
            "age_s": max(0, round((snapshot.wall_us - last[what]) / 1e6)),
        }
        for what in SENT
        if what in last
    }


def _source(snapshot: Snapshot, source_id: str, ingest: Mapping[str, Any]) -> State:
    wanted = snapshot.plant.sources.get(source_id)
    minutes = ingest.get("minutes")
    skew = ingest.get("skew") or {}
    rejected = sum(
        n for k, n in snapshot.counters.items() if k.startswith(f"rejected:{source_id}:")
    )
    return {
        "type": wanted.type if wanted else None,
        "rate": _rate(snapshot, minutes, float(ingest.get("seconds", 0.0))) if minutes else None,
        "trend": roundeds([n / MINUTE_S for n in minutes[:-1]], 3) if minutes else [],
        "accepted": snapshot.counters.get(f"accepted:{source_id}", 0),
        "rejected": rejected,
        "late": snapshot.counters.get(f"late:{source_id}", 0),
        "again": snapshot.counters.get(f"again:{source_id}", 0),
        # The plant's clock may run faster than the reader's: what a person waits is wall time.
        **{k: _wall(snapshot, skew.get(k)) for k in ("median_s", "least_s", "most_s")},
    }


def _rate(snapshot: Snapshot, minutes: list[int], seconds: float) -> float | None:
    """Samples a second over the minute before and what has passed of this one; over more
    minutes where machines send more seldom."""
    period_s = max(c.period_s for c in snapshot.plant.classes.values()) / pace(snapshot)
    n = min(len(minutes) - 1, max(1, math.ceil(STALE_PERIODS * period_s / MINUTE_S)))
    return rounded(sum(minutes[-n - 1 :]) / (n * MINUTE_S + seconds), 3)


def _wall(snapshot: Snapshot, plant_s: float | None) -> float | None:
    return None if plant_s is None else rounded(plant_s / pace(snapshot), 3)


def _refused(snapshot: Snapshot, refused: Refused) -> State:
    payload = refused.payload
    cut = len(payload) > PAYLOAD_SHOWN
    return {
        "id": refused.id,
        "time": iso_local(refused.time_us, snapshot.plant.zone),
        "source": refused.source,
        "reason": refused.reason,
        "detail": refused.detail,
        "payload": payload[:PAYLOAD_SHOWN] + ("…" if cut else ""),
    }


def _reasons(snapshot: Snapshot) -> dict[str, int]:
    """Refused readings by reason, over all sources, most first."""
    reasons: dict[str, int] = {}
    for key, n in snapshot.counters.items():
        if key.startswith("rejected:"):
            reason = key.split(":", 2)[-1]
            reasons[reason] = reasons.get(reason, 0) + n
    return dict(sorted(reasons.items(), key=lambda pair: -pair[1]))


def _faulty(snapshot: Snapshot, faulty: Faulty) -> State:
    machine_class = snapshot.plant.class_of(faulty.machine)
    lane = [*machine_class.sensors, *machine_class.inputs][faulty.lane]
    return {
        "machine": faulty.machine.id,
        "name": faulty.machine.name or faulty.machine.id,
        "sensor": lane.name or lane.id,
        "state": faulty.state,
        "age_s": faulty.age_s,
    }


def _partitions(known: Known) -> list[State]:
    return [
        {"entries": lag.entries, "age_s": rounded(lag.age_ms / 1000, 3), "length": lag.length}
        for _, lag in sorted(known.lags.items())
    ]


def _memory(snapshot: Snapshot, known: Known) -> State:
    held = known.oldest_us
    return {
        "server": f"{known.info.server} {known.info.version}",
        "used": known.info.memory_bytes,
        "max": known.info.memory_max_bytes or None,
        "persistent": known.info.persistent,
        "held_h": None if held is None else rounded((snapshot.plant_us - held) / 3.6e9, 3),
    }


def parts_of(snapshot: Snapshot) -> dict[str, State]:
    """By name: seconds since a part last said that it lives, its memory, how often it was begun."""
    started = snapshot.parts.get("up", {}).get("parts") or {}
    # A supervised part may speak for itself under another name: it is the same process.
    own = {up["pid"]: up for up in started.values() if up.get("pid")}
    spoken = {beat.get("pid") for beat in snapshot.parts.values()} - {None}
    unheard = [
        n for n, up in started.items() if n not in snapshot.parts and up.get("pid") not in spoken
    ]
    found: dict[str, State] = {}
    for name in [*snapshot.parts, *unheard]:
        beat = snapshot.parts.get(name, {})
        up = started.get(name) or own.get(beat.get("pid"), {})
        time_us = beat.get("time", snapshot.parts.get("up", {}).get("time"))
        age = max(0, round((snapshot.wall_us - time_us) / 1e6)) if time_us is not None else None
        if age is not None and age > FORGOTTEN_S:
            continue
        found[name] = {
            "age_s": age,
            "rss": beat.get("rss_bytes") or up.get("rss_bytes"),
            "restarts": up.get("restarts", 0),
            "state": up.get("state") or beat.get("state"),
        }
    return found
