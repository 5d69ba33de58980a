"""Forecasts whose time has come, held against what came: into the sums and the episodes."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.core.verification import curve_at, outcome_of
from twin.core.view import HORIZONS
from twin.pipeline.scorer.episodes import Episodes
from twin.pipeline.scorer.heard import AHEAD_US, Heard, grace_h, hours_of
from twin.pipeline.scorer.labels import HOUR_US, Labels, Leads
from twin.pipeline.scorer.sums import WEEK_US, Sums
from twin.stores.records import Issued

__all__ = ["Books", "score", "together"]

FLOAT = np.float64
Array = NDArray[np.float64]


class Books(NamedTuple):
    """What is known of the past, and where scores are written: all changed in place."""

    labels: Labels
    episodes: Episodes
    sums: Sums


def together(issued: list[Issued]) -> list[Issued]:
    """Records of one class and version as one, in their order."""
    groups: dict[tuple[Any, ...], list[Issued]] = {}
    for record in issued:
        key = (record.class_id, record.model_version, *record.horizons_h)
        groups.setdefault(key, []).append(record)
    return [own[0]._replace(rows=np.concatenate([r.rows for r in own])) for own in groups.values()]


def score(books: Books, issued: Issued, lead: str, heard: Heard) -> None:
    """Hold a record's rows, any machines of a class, against what came; all are due."""
    ids = heard.machines.get(issued.class_id, ())
    slots = issued.rows["slot"]
    for slot in np.unique(slots).tolist():
        rows = issued.rows[slots == slot]
        sound = rows["time"] <= heard.now_us + AHEAD_US
        if lead == HORIZONS[0]:
            books.sums.leave_out(issued.class_id, "ahead_of_clock", int((~sound).sum()))
        rows = rows[sound]
        if slot < len(ids) and len(rows):
            _score_machine(books, issued, lead, ids[slot], rows, heard)


def _score_machine(
    books: Books, issued: Issued, lead: str, machine_id: str, rows: NDArray[np.void], heard: Heard
) -> None:
    """Rows of one machine, in order of time."""
    leads = books.labels.leads(machine_id, rows["time"])
    ran = ~leads.stood
    if lead == HORIZONS[0]:
        books.sums.leave_out(issued.class_id, "standing", int(leads.stood.sum()))
    rows, leads = rows[ran], Leads(leads.failed[ran], leads.served[ran], leads.stood[ran])
    if not len(rows):
        return
    heard_h = (heard.by_machine.get(machine_id, 0) - rows["time"]) / HOUR_US
    _say(books, issued, lead, machine_id, rows, leads, heard)
    if lead == HORIZONS[0]:
        _date(books, issued, machine_id, rows)
    if lead == HORIZONS[-1]:
        _bands(books, issued, rows, leads, heard_h)
    if lead in HORIZONS:
        _tally(books, issued, lead, machine_id, rows, leads, heard_h)


def _tally(
    books: Books,
    issued: Issued,
    lead: str,
    machine_id: str,
    rows: NDArray[np.void],
    leads: Leads,
    heard_h: Array,
) -> None:
    n, h = HORIZONS.index(lead), hours_of(issued, lead)
    column = outcome_of(leads.failed, leads.served, h)
    seen = (np.minimum(leads.failed, leads.served) <= h) | (heard_h >= h)
    books.sums.leave_out(issued.class_id, f"unknown_{lead}", int((~seen).sum()))
    rows, column = rows[seen], column[seen]
    p = rows["p"][:, n].astype(FLOAT)
    class_id, version = issued.class_id, issued.model_version
    books.sums.score(class_id, lead, version, rows["time"] // WEEK_US, p, column)
    failed = np.where(np.isfinite(leads.failed[seen]), leads.failed[seen], 0.0)
    failed_at = rows["time"] + np.rint(failed * HOUR_US).astype(np.int64)
    books.sums.score_machine((class_id, lead, version), machine_id, p, column, failed_at)


def _bands(
    books: Books, issued: Issued, rows: NDArray[np.void], leads: Leads, heard_h: Array
) -> None:
    """Life ranges that lie within the horizon, and where failures fell on the life curves."""
    h, version = issued.horizons_h[-1], issued.model_version
    low, high = rows["life_h"][:, 0].astype(FLOAT), rows["life_h"][:, 2].astype(FLOAT)
    dated = high <= h
    failed = np.isfinite(leads.failed) & (leads.failed <= leads.served)
    came = np.where(failed, leads.failed, np.inf)
    served = ~failed & (leads.served < high)
    unknown = ~failed & ~served & (heard_h < high)
    decided = dated & ~served & ~unknown
    inside = (came >= low) & (came <= high)
    places = {
        "below": int((decided & (came < low)).sum()),
        "inside": int((decided & inside).sum()),
        "above": int((decided & (came > high)).sum()),
        "served": int((dated & served).sum()),
        "unknown": int((dated & unknown).sum()),
    }
    if any(places.values()):
        width = float((high[decided] - low[decided]).sum())
        books.sums.place(issued.class_id, version, places, width)
    hits: list[int] = np.flatnonzero(failed & (leads.failed <= h)).tolist()
    if hits:
        u = [_transform(issued, rows[n], float(leads.failed[n])) for n in hits]
        part = outcome_of(leads.failed[hits], leads.served[hits], h)
        books.sums.transform(issued.class_id, version, np.array(u), part)


def _date(books: Books, issued: Issued, machine_id: str, rows: NDArray[np.void]) -> None:
    for row in rows[rows["life_h"][:, 2] <= issued.horizons_h[-1]]:
        if books.episodes.is_armed(books.labels, machine_id, int(row["time"])):
            books.episodes.date(machine_id, _said(issued, row) | {"machine": machine_id})


def _say(
    books: Books,
    issued: Issued,
    lead: str,
    machine_id: str,
    rows: NDArray[np.void],
    leads: Leads,
    heard: Heard,
) -> None:
    """What was said this long before a failure of the same life."""
    h = hours_of(issued, lead)
    gap = grace_h(h, heard.step_h.get(issued.class_id, 1.0))
    near = (leads.failed >= h) & (leads.failed < h + gap) & (leads.failed <= leads.served)
    for n in np.flatnonzero(near).tolist():
        row, failed = rows[n], float(leads.failed[n])
        said = _said(issued, row)
        if lead in HORIZONS:
            said["p"] = _number(row["p"][HORIZONS.index(lead)])
        said["inside"] = bool(row["life_h"][0] <= failed <= row["life_h"][2])
        failed_at = int(row["time"]) + round(failed * HOUR_US)
        books.episodes.say(lead, machine_id, failed_at, said)


def _transform(issued: Issued, row: np.void, failed_h: float) -> float:
    """P(T ≤ failed | T ≤ horizon) as it was said: uniform where the life curve is right."""
    lives = row["life_h"].astype(FLOAT)
    known = np.isfinite(lives)
    times = np.r_[np.array(issued.horizons_h), lives[known]]
    p = np.r_[row["p"].astype(FLOAT), np.array([0.1, 0.5, 0.9])[known]]
    whole = curve_at(times, p, issued.horizons_h[-1])
    return curve_at(times, p, failed_h) / whole if whole > 0 else 1.0


def _said(issued: Issued, row: np.void) -> dict[str, Any]:
    low, middle, high = (_number(x) for x in row["life_h"])
    return {
        "class": issued.class_id,
        "version": issued.model_version,
        "time": int(row["time"]),
        "q10": low,
        "q50": middle,
        "q90": high,
    }


def _number(value: Any) -> float | None:
    return round(float(value), 6) if np.isfinite(value) else None
