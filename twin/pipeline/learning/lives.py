"""A history cut into lives: from commissioning or repair to failure, service or the last sample.

A life that ended in a failure teaches the hazard when; every other life teaches until when not.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.core.rows import RESET
from twin.errors import DataError

__all__ = ["HistoryEvent", "Kind", "Life", "cut_lives"]

Kind = Literal["failure", "service", "reset", "censor"]
ENDS = ("failure", "service", "censor")


class HistoryEvent(NamedTuple):
    """Something known of a machine besides its readings. mode: of a failure, else None.

    failure and service end a life; reset begins one (the machine runs again as new); censor ends
    what is known of a life although readings go on.
    """

    machine_id: str
    time_us: int
    kind: Kind
    mode: str | None = None


class Life(NamedTuple):
    """One life of one machine; rows carry slot 0 and rising times, none a RESET."""

    machine: int
    """Index of the machine: lives of one machine are not independent."""
    born_us: int
    end_us: int
    cause: int
    """Index of the failure mode, -1: the life was cut off (censored)."""
    rows: NDArray[np.void]


def cut_lives(
    histories: Mapping[str, NDArray[np.void]],
    events: Iterable[HistoryEvent],
    modes: Sequence[str],
    born_us: Mapping[str, int] | None = None,
) -> list[Life]:
    """Lives with at least two samples, machine by machine in the mapping's order.

    histories: rows of each machine (slots ignored, RESET rows count as resets). born_us: begin of
    the first life, default its first sample. Raises DataError: event, got, want.
    """
    by_machine: dict[str, list[HistoryEvent]] = {machine: [] for machine in histories}
    for event in events:
        _check(event, by_machine, modes)
        by_machine[event.machine_id].append(event)
    lives: list[Life] = []
    for number, (machine_id, rows) in enumerate(histories.items()):
        if len(rows) == 0:
            continue
        begin = (born_us or {}).get(machine_id, int(rows["time"].min()))
        lives += _machine_lives(number, machine_id, rows, by_machine[machine_id], modes, begin)
    return [life for life in lives if len(life.rows) >= 2]


def _check(event: HistoryEvent, machines: Mapping[str, object], modes: Sequence[str]) -> None:
    if event.machine_id not in machines:
        raise DataError(f"event at {event.time_us}: no readings of machine {event.machine_id!r}")
    if event.kind == "failure" and event.mode not in modes:
        raise DataError(
            f"failure of {event.machine_id!r} at {event.time_us}: mode: got {event.mode!r}, "
            f"want one of {list(modes)}"
        )


def _machine_lives(
    number: int,
    machine_id: str,
    rows: NDArray[np.void],
    events: Sequence[HistoryEvent],
    modes: Sequence[str],
    begin: int,
) -> list[Life]:
    resets = (rows["slot"] & RESET) != 0
    seen = [HistoryEvent(machine_id, int(t), "reset") for t in rows["time"][resets]]
    rows = rows[~resets]
    rows = rows[np.argsort(rows["time"], kind="stable")]
    rows = rows[np.concatenate([[True], np.diff(rows["time"]) > 0])].copy()
    rows["slot"] = 0
    lives: list[Life] = []
    born: int | None = begin
    ordered = sorted([*events, *seen], key=lambda e: (e.time_us, e.kind == "reset"))
    for place, event in enumerate(ordered):
        cause = modes.index(event.mode) if event.kind == "failure" and event.mode else -1
        if born is not None:
            lives += _life(number, rows, born, event.time_us, cause)
        down = event.kind in ENDS and _restarts_later(ordered[place + 1 :])
        born = None if down or event.kind == "censor" else event.time_us + 1
    if born is not None and len(rows):
        lives += _life(number, rows, born, int(rows["time"][-1]), -1)
    return lives


def _life(machine: int, rows: NDArray[np.void], born: int, end: int, cause: int) -> list[Life]:
    """The life between two moments. One that was cut off is known until its last sample only."""
    first, last = np.searchsorted(rows["time"], [born, end + 1])
    mine = rows[first:last]
    if len(mine) == 0:
        return []
    return [Life(machine, born, end if cause >= 0 else int(mine["time"][-1]), cause, mine)]


def _restarts_later(later: Sequence[HistoryEvent]) -> bool:
    """Whether the machine stands until a reset that is known; else it is as new at once."""
    return bool(later) and later[0].kind == "reset"
