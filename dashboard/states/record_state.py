"""State of the track record's page, in no language: what was said, and what came of it."""

from collections.abc import Mapping
from typing import Any

from dashboard.snapshot import Snapshot
from dashboard.times import iso_local
from twin.core.view import HORIZONS
from twin.plant import MachineClass

__all__ = ["LEADS", "N_SHOWN", "WEIGHTY", "headline_of", "held", "record_state"]

LEADS = ("week", "three_days", "day", "shift")
"""How long before a failure what was said is shown, earliest first."""
N_SHOWN = 15
"""Failures and dated forecasts of a class on the page; all of them leave as CSV."""
WEIGHTY = 10.0
"""Horizons of time, not overlapping, that a sentence about a probability needs to rest on."""
MIDDLE = (0.1, 0.9)
HOUR_US = 3_600_000_000
Document = Mapping[str, Any]


def held(snapshot: Snapshot, class_id: str) -> dict[str, Any] | None:
    """{"held": n, "of": m, "kind": "range"}: of the class's last m forecasts with a dated range
    (twin.pipeline.scorer.episodes), n held; None while none has come to its end."""
    found = _part(snapshot, "held").get(class_id)
    return dict(found) if found and found.get("of") else None


def headline_of(scores: Document | None) -> list[float] | None:
    """[said, seen, lowest, highest] of the weightiest bin that says neither "hardly" nor "almost
    surely"; None where none has weight enough for a sentence."""
    bins = scores["bins"] if scores else []
    middle = [b for b in bins if MIDDLE[0] <= b[0] <= MIDDLE[1] and b[5] >= WEIGHTY]
    best = max(middle, key=lambda b: b[5], default=None)
    return None if best is None else list(best[:4])


def record_state(snapshot: Snapshot) -> dict[str, Any]:
    """Everything the page shows, whatever class, horizon and version its address chooses."""
    zone, left = snapshot.plant.zone, _part(snapshot, "left")
    return {
        "classes": {c: _class(snapshot, c, k) for c, k in snapshot.plant.classes.items()},
        "open": _part(snapshot, "episodes").get("open", 0),
        "due": {h: iso_local(t, zone) for h, t in left.get("due", {}).items()},
        "lost": [
            {"horizon": h, "from": iso_local(a, zone), "until": iso_local(b, zone)}
            for h, a, b in left.get("lost", [])
        ],
        "horizons": dict(zip(HORIZONS, (snapshot.plant.plant.shift_h, 24.0, 168.0), strict=True)),
        "known": bool(snapshot.record),
    }


def _part(snapshot: Snapshot, name: str) -> Document:
    return snapshot.record.get(name) or {}


def _class(snapshot: Snapshot, class_id: str, machine_class: MachineClass) -> dict[str, Any]:
    scores = _part(snapshot, "scores").get(class_id) or {}
    day = (scores.get("day") or {}).get("all")
    failures, closed = (_own(snapshot, class_id, name) for name in ("failures", "closed"))
    return {
        "name": machine_class.name or class_id,
        "scores": {h: _dated(snapshot, scores.get(h) or {}) for h in HORIZONS},
        "bands": _part(snapshot, "bands").get(class_id) or {},
        "held": held(snapshot, class_id),
        "headline": headline_of(day),
        "left": (_part(snapshot, "left").get("counts") or {}).get(class_id) or {},
        "fitted": _part(snapshot, "fitted").get(class_id),
        "proposal": _part(snapshot, "proposals").get(class_id),
        "failures": [_failure(snapshot, f) for f in failures[:N_SHOWN]],
        "closed": [_closed(snapshot, w) for w in closed[:N_SHOWN]],
        "more": {"failures": len(failures), "closed": len(closed)},
    }


def _own(snapshot: Snapshot, class_id: str, name: str) -> list[Document]:
    """Failures or dated forecasts of a class, newest first."""
    found = _part(snapshot, "episodes").get(name, [])
    return [entry for entry in found if entry["class"] == class_id]


def _dated(snapshot: Snapshot, by_version: Document) -> dict[str, Any]:
    """Scores with the begin of each week as a date."""
    zone = snapshot.plant.zone
    return {
        version: {**s, "weeks": [[iso_local(w[0], zone)[:10], *w[1:]] for w in s["weeks"]]}
        for version, s in by_version.items()
    }


def _failure(snapshot: Snapshot, failure: Document) -> dict[str, Any]:
    zone = snapshot.plant.zone
    return {
        "machine": failure["machine"],
        "name": _name(snapshot, failure["machine"]),
        "time": iso_local(failure["time"], zone),
        "mode": _mode(snapshot, failure["class"], failure["mode"]),
        "said": {k: s | {"time": iso_local(s["time"], zone)} for k, s in failure["said"].items()},
        "window": _window(failure["time"], failure["time"], snapshot),
    }


def _closed(snapshot: Snapshot, said: Document) -> dict[str, Any]:
    zone, failed = snapshot.plant.zone, said.get("failed")
    return {
        "machine": said["machine"],
        "name": _name(snapshot, said["machine"]),
        "version": said["version"],
        "time": iso_local(said["time"], zone),
        "range": [said["q10"], said["q50"], said["q90"]],
        "after_h": None if failed is None else (failed - said["time"]) / 3.6e9,
        "outcome": said["outcome"],
        "window": _window(
            said["time"], failed or said["time"] + int(said["q90"] * HOUR_US), snapshot
        ),
    }


def _window(begin_us: int, end_us: int, snapshot: Snapshot) -> list[str]:
    """What of the machine's past to look at: two days before and half a day after."""
    zone = snapshot.plant.zone
    return [iso_local(begin_us - 48 * HOUR_US, zone), iso_local(end_us + 12 * HOUR_US, zone)]


def _name(snapshot: Snapshot, machine_id: str) -> Any:
    found = (m.name for m in snapshot.plant.machines if m.id == machine_id)
    return next(found, None) or machine_id


def _mode(snapshot: Snapshot, class_id: str, mode_id: str | None) -> Any:
    machine_class = snapshot.plant.classes.get(class_id)
    modes = machine_class.modes if machine_class else []
    return next((m.name for m in modes if m.id == mode_id and m.name), mode_id)
