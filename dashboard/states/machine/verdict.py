"""Whether everything arrives, and if not, what is wrong, most grievous first. Codes and numbers."""

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["verdict"]

State = Mapping[str, Any]

PART_SILENT_S = 15
BEHIND_S, BEHIND_ENTRIES = 10.0, 1000
HELD_UP_S = 3.0
"""Age of what waits to be read beyond which machines look silent although they send."""
FULL = 0.85
OLD_S, AHEAD_S = 30.0, -5.0
"""Delay of a source's samples, wall seconds, beyond which its clock or its way here is wrong."""


def verdict(state: State, n_machines: int, n_refused_lately: int) -> list[dict[str, Any]]:
    """What is wrong, as {"code", …numbers and names}; [] if everything arrives.

    n_refused_lately: readings refused in the last ten minutes, of those that are listed.
    """
    silent = state["quality"]["silent_machines"]
    behind = list(_backlog(state["partitions"], HELD_UP_S if silent else BEHIND_S))
    return [
        *_parts(state["parts"]),
        *behind,
        *_sources(state["sources"]),
        *_memory(state["memory"]),
        *([] if behind else _machines(silent, n_machines)),
        *_refused(state, n_refused_lately),
        *_sensors(state["quality"]),
    ]


def _parts(parts: Mapping[str, State]) -> Iterator[dict[str, Any]]:
    for name, part in parts.items():
        if part["age_s"] is not None and part["age_s"] > PART_SILENT_S:
            yield {"code": "part_silent", "part": name, "age_s": part["age_s"]}


def _sources(sources: Mapping[str, State]) -> Iterator[dict[str, Any]]:
    for name, source in sources.items():
        if source["rate"] == 0 and not source["sends"]:
            yield {"code": "source_silent", "source": name}
        elif source["rate"] == 0 and source["accepted"]:
            yield {"code": "readings_silent", "source": name}
        elif source["median_s"] is not None and source["median_s"] > OLD_S:
            yield {"code": "source_behind", "source": name, "age_s": source["median_s"]}
        elif source["least_s"] is not None and source["least_s"] < AHEAD_S:
            yield {"code": "source_ahead", "source": name, "age_s": -source["least_s"]}


def _backlog(partitions: list[State], late_s: float) -> Iterator[dict[str, Any]]:
    behind = [p for p in partitions if p["age_s"] > late_s or p["entries"] > BEHIND_ENTRIES]
    if behind:
        worst = max(p["age_s"] for p in behind)
        yield {"code": "worker_behind", "n": len(behind), "of": len(partitions), "age_s": worst}


def _memory(memory: State) -> Iterator[dict[str, Any]]:
    if memory["max"] and memory["used"] > FULL * memory["max"]:
        yield {"code": "store_full", "share": memory["used"] / memory["max"]}


def _machines(silent: int, n_machines: int) -> Iterator[dict[str, Any]]:
    if silent:
        yield {"code": "machines_silent", "n": silent, "of": n_machines}


def _refused(state: State, n_lately: int) -> Iterator[dict[str, Any]]:
    if n_lately:
        reasons = [r["reason"] for r in state["refused"][:n_lately]]
        commonest = max(set(reasons), key=reasons.count)
        yield {"code": "refused", "n": n_lately, "reason": commonest}


def _sensors(quality: State) -> Iterator[dict[str, Any]]:
    n = sum(quality[k] for k in ("bad", "refused", "missing", "silent"))
    if n:
        yield {"code": "sensors", "n": n, "of": quality["of"]}
