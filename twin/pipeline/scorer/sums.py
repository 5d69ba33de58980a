"""Sums of scored forecasts, kept as documents: each is small, and only what changed is written.

tally:{class}:{horizon}:{version}:{week}   [[bin, column, n, Σp, Σp², Σ log-loss], …]
machines:{class}:{horizon}:{version}       machine → [[bin, failed, ran through], …]
bands:{class}:{version}                    life ranges: where the failure came; PIT
left:{class}                               what was left out of the scores, by reason
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from twin.core.verification import N_BINS, N_PARTS, bin_of, new_tally, tally_of

__all__ = ["N_PIT", "PLACES", "WEEKS_KEPT", "WEEK_US", "Sums"]

WEEK_US = 7 * 24 * 3_600_000_000
WEEKS_KEPT = 26
"""Older weeks are added to one sum, "before"."""
VERSIONS_KEPT = 6
BEFORE = "before"
N_PIT = 10
PLACES = ("below", "inside", "above", "served", "unknown")
Array = NDArray[np.float64]
Ints = NDArray[np.int64]


class Sums:
    """All sums in memory; `changes` gives the documents that changed since it was last asked."""

    def __init__(self, held: Mapping[str, bytes] | None = None) -> None:
        self.tallies: dict[tuple[str, str, int, str], Array] = {}
        self.machines: dict[tuple[str, str, int], dict[str, Array]] = {}
        self.failures: dict[tuple[str, str, int], dict[str, list[int]]] = {}
        """machine → [number of its failures counted, time of the last of them]"""
        self.bands: dict[tuple[str, int], dict[str, Any]] = {}
        self.left: dict[str, dict[str, int]] = {}
        self._dirty: set[str] = set()
        self._gone: set[str] = set()
        for name, text in (held or {}).items():
            self._load(name, orjson.loads(text))

    # --- counting -----------------------------------------------------------------------------
    def score(
        self, class_id: str, horizon: str, version: int, weeks: Ints, p: Array, column: Ints
    ) -> None:
        """Add forecasts (N,) of any machines, with the columns of their outcomes."""
        for week in np.unique(weeks).tolist():
            own, key = weeks == week, (class_id, horizon, version, str(week))
            tally = self.tallies.setdefault(key, new_tally())
            tally += tally_of(p[own], column[own])
            self._dirty.add(_name("tally", key))

    def score_machine(
        self,
        key: tuple[str, str, int],
        machine_id: str,
        p: Array,
        column: Ints,
        failed_at: Ints,
    ) -> None:
        """Add one machine's forecasts (N,), in order of time, to what is kept by machine."""
        counts = self.machines.setdefault(key, {}).setdefault(machine_id, np.zeros((N_BINS, 2)))
        failed, ran = column < N_PARTS, column == 2 * N_PARTS
        counts[:, 0] += np.bincount(bin_of(p[failed]), minlength=N_BINS)
        counts[:, 1] += np.bincount(bin_of(p[ran]), minlength=N_BINS)
        known = self.failures.setdefault(key, {}).setdefault(machine_id, [0, 0])
        for time in np.unique(failed_at[failed]).tolist():
            if time > known[1]:
                known[:] = [known[0] + 1, time]
        self._dirty.add(_name("machines", key))

    def place(self, class_id: str, version: int, places: Mapping[str, int], width_h: float) -> None:
        """Add life ranges by where the failure came; width_h: sum of those decided."""
        band = self._band(class_id, version)
        for place, n in places.items():
            band[place] += n
        band["width_h"] += width_h

    def transform(self, class_id: str, version: int, u: Array, part: Ints) -> None:
        """Add probability integral transforms (N,) of failures within the longest horizon, and the
        part of it (N,) in which each came: later ones stand for those that a service hid."""
        band = self._band(class_id, version)
        place = np.clip((u * N_PIT).astype(int), 0, N_PIT - 1)
        for k, n in zip(part.tolist(), place.tolist(), strict=True):
            band["pit"][k][n] += 1

    def leave_out(self, class_id: str, reason: str, n: int) -> None:
        """Count forecasts that are not scored, and why."""
        if n:
            counts = self.left.setdefault(class_id, {})
            counts[reason] = counts.get(reason, 0) + n
            self._dirty.add(_name("left", (class_id,)))

    def _band(self, class_id: str, version: int) -> dict[str, Any]:
        self._dirty.add(_name("bands", (class_id, version)))
        empty: dict[str, Any] = {**dict.fromkeys(PLACES, 0), "width_h": 0.0, "pit": _no_pit()}
        return self.bands.setdefault((class_id, version), empty)

    # --- keeping ------------------------------------------------------------------------------
    def thin(self, week: int) -> None:
        """Add weeks long past to one sum, and forget versions long replaced."""
        for key in [k for k in self.tallies if k[3] != BEFORE and int(k[3]) < week - WEEKS_KEPT]:
            old = (*key[:3], BEFORE)
            self.tallies[old] = self.tallies.get(old, new_tally()) + self.tallies.pop(key)
            self._dirty.add(_name("tally", old))
            self._gone.add(_name("tally", key))
        for class_id in {k[0] for k in self.tallies}:
            versions = sorted({k[2] for k in self.tallies if k[0] == class_id})
            for version in versions[:-VERSIONS_KEPT]:
                self._forget(class_id, version)

    def _forget(self, class_id: str, version: int) -> None:
        for key in [k for k in self.tallies if (k[0], k[2]) == (class_id, version)]:
            del self.tallies[key]
            self._gone.add(_name("tally", key))
        for place in [k for k in self.machines if (k[0], k[2]) == (class_id, version)]:
            del self.machines[place]
            self.failures.pop(place, None)
            self._gone.add(_name("machines", place))
        if self.bands.pop((class_id, version), None) is not None:
            self._gone.add(_name("bands", (class_id, version)))

    def changes(self) -> dict[str, bytes | None]:
        """Documents to be written, None: to be removed."""
        out: dict[str, bytes | None] = dict.fromkeys(self._gone)
        out |= {n: orjson.dumps(self._document(n)) for n in self._dirty - self._gone}
        self._dirty, self._gone = set(), set()
        return out

    def _document(self, name: str) -> Any:
        kind, *key = name.split(":")
        if kind == "tally":
            return _sparse(self.tallies[key[0], key[1], int(key[2]), key[3]])
        if kind == "machines":
            place = (key[0], key[1], int(key[2]))
            counts = {m: _sparse_rows(c) for m, c in self.machines[place].items()}
            return {"counts": counts, "failures": self.failures.get(place, {})}
        if kind == "bands":
            return self.bands[key[0], int(key[1])]
        return self.left[key[0]]

    def _load(self, name: str, held: Any) -> None:
        kind, *key = name.split(":")
        if kind == "tally":
            self.tallies[key[0], key[1], int(key[2]), key[3]] = _dense(held)
        elif kind == "machines":
            place = (key[0], key[1], int(key[2]))
            self.machines[place] = {m: _dense_rows(rows) for m, rows in held["counts"].items()}
            self.failures[place] = held["failures"]
        elif kind == "bands":
            self.bands[key[0], int(key[1])] = held
        elif kind == "left":
            self.left[key[0]] = held


def _name(kind: str, key: tuple[Any, ...]) -> str:
    return ":".join([kind, *map(str, key)])


def _no_pit() -> list[list[int]]:
    return [[0] * N_PIT for _ in range(N_PARTS)]


def _sparse(tally: Array) -> list[list[float]]:
    bins, columns = np.nonzero(tally[..., 0])
    cells = tally[bins, columns].tolist()
    return [
        [b, c, *cell] for b, c, cell in zip(bins.tolist(), columns.tolist(), cells, strict=True)
    ]


def _dense(cells: list[list[float]]) -> Array:
    tally = new_tally()
    for b, c, *sums in cells:
        tally[int(b), int(c)] = sums
    return tally


def _sparse_rows(counts: Array) -> list[list[float]]:
    return [[b, *counts[b].tolist()] for b in np.flatnonzero(counts.any(axis=1)).tolist()]


def _dense_rows(rows: list[list[float]]) -> Array:
    counts = np.zeros((N_BINS, 2))
    for b, *pair in rows:
        counts[int(b)] = pair
    return counts
