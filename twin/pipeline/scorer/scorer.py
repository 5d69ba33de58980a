"""One step of the scorer: labels taken up, forecasts whose time has come scored, all written once.

Places and sums are written in one transaction that fails if somebody else has moved the places
meanwhile; then everything is read anew. So a forecast is scored once, however often a step is cut
short.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from twin.core.verification import curve_at, outcome_of
from twin.core.view import HORIZONS
from twin.errors import WireError
from twin.pipeline.scorer.episodes import Episodes
from twin.pipeline.scorer.labels import HOUR_US, KEEP_US, Labels, Leads
from twin.pipeline.scorer.sums import WEEK_US, Sums
from twin.stores.base import FIRST_ID, READ_MAX, DeskCommit, StaleError, Store, stream_id
from twin.stores.records import Issued, unpack_issued
from twin.types import Event

__all__ = ["KIND", "LEADS", "Heard", "Scorer", "grace_h"]

KIND = "record_sums"
LEADS = (*HORIZONS, "three_days")
"""Places in a partition's forecasts: a horizon each, and one for what is said of failures."""
THREE_DAYS_H = 72.0
RECORDS_MAX = 400
"""Records taken at a time: a step stays short, so that the plan is not late."""
CLOSE_H = 8.0
"""Hours past a range of remaining life for which labels are waited for."""
AHEAD_US = 30 * 24 * HOUR_US
"""A forecast further ahead of the clock than this is of a broken clock, and nobody waits for it."""
LABELS_MAX_US = 400 * 24 * HOUR_US
"""Labels older than this are kept for nobody, and open dated forecasts are given up."""
FLOAT = np.float64
Array = NDArray[np.float64]


class Heard(NamedTuple):
    """The plant as it stands: its time and when each machine was last heard, µs UTC."""

    now_us: int
    by_machine: Mapping[str, int]
    """Machine id → source time of its newest sample."""
    machines: Mapping[str, tuple[str, ...]]
    """Class id → machine ids by slot."""
    step_h: Mapping[str, float]
    """Class id → hours between two forecasts of a machine."""
    partitions: int = 1
    labelled_us: int | None = None
    """Time up to which every failure is sure to be among the events; None: until now."""

    def machines_in(self, p: int) -> list[str]:
        """Machines of a partition."""
        return [i for own in self.machines.values() for i in own[p :: self.partitions]]

    def until(self, p: int) -> int:
        """Time up to which a partition is known: its worker may be behind the clock, and a label
        may come some seconds after the readings, which are hours of a plant that runs fast."""
        ids = self.machines_in(p)
        newest = max((self.by_machine.get(i, 0) for i in ids), default=0)
        return min(self.now_us if self.labelled_us is None else self.labelled_us, newest)


def grace_h(horizon_h: float, step_h: float) -> float:
    """Hours past a horizon for which labels are waited for."""
    return max(min(8.0, horizon_h / 4), 2 * step_h)


class Scorer:
    """Holds sums and places; `step` moves them on and writes them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._shortest_h = 0.0
        self._load()

    def _load(self) -> None:
        held = self.store.documents(KIND)
        self._text = held.get("position")
        place = orjson.loads(self._text) if self._text else {}
        self.events_after: str = place.get("events", FIRST_ID.decode())
        self.places: dict[str, str] = place.get("places", {})
        self.passed: dict[str, int] = place.get("passed", {})
        """Place → time of the newest forecast passed, to say what was lost after it."""
        self.lost: list[list[Any]] = place.get("lost", [])
        """[horizon, from, until]: forecasts between these times were trimmed unscored."""
        self.labels = Labels(_json(held.get("labels")))
        self.episodes = Episodes(_json(held.get("episodes")))
        sums = ("tally:", "machines:", "bands:", "left:")
        self.sums = Sums({n: t for n, t in held.items() if n.startswith(sums)})

    def step(self, heard: Heard) -> bool:
        """Take up what has come and score what is due; whether anything moved."""
        labelled = self._follow_events(heard)
        moved = [self._advance(p, lead, heard) for p in range(heard.partitions) for lead in LEADS]
        closed = [self._close(p, heard) for p in range(heard.partitions)]
        if not (labelled or any(closed) or any(moved)):
            return False
        # A partition or a class that sends nothing any more must not keep labels for ever.
        self.labels.forget(max(self._oldest(heard) - KEEP_US, heard.now_us - LABELS_MAX_US))
        self.episodes.give_up(heard.now_us - LABELS_MAX_US)
        self.episodes.thin()
        self.sums.thin(heard.now_us // WEEK_US)
        return self._write()

    def _close(self, p: int, heard: Heard) -> bool:
        """Decide the partition's dated forecasts whose range has passed; whether there was one."""
        own = set(heard.machines_in(p)) if self.episodes.open else ()
        return bool(own) and self.episodes.close(
            self.labels, heard.until(p), {i: heard.by_machine.get(i, 0) for i in own}, CLOSE_H
        )

    def _oldest(self, heard: Heard) -> int:
        """Time from which on forecasts may still be scored: the slowest place says."""
        times = [heard.until(p) for p in range(heard.partitions) if heard.machines_in(p)]
        times += self.passed.values()
        return min([heard.now_us, *times, *(int(said["time"]) for said in self.episodes.open)])

    # --- what happened ------------------------------------------------------------------------
    def _follow_events(self, heard: Heard) -> bool:
        """All events there are: a forecast is scored only when every label has been read."""
        class_of = {m: c for c, ids in heard.machines.items() for m in ids}
        labelled = False
        while found := self.store.events(self.events_after.encode(), READ_MAX):
            self.events_after = found[-1][0].decode()
            for event in self.labels.take(e for _, e in found):
                self._take_label(event, class_of.get(event.machine_id, ""))
                labelled = True
        return labelled

    def _take_label(self, event: Event, class_id: str) -> None:
        if event.kind == "failure_retracted":
            self.episodes.retract(event.machine_id, self.labels)
            self.sums.leave_out(class_id, "retracted_labels", 1)
        elif event.kind == "failure":
            mode = self.labels.mode(event.machine_id, event.time)
            self.episodes.fail(class_id, event.machine_id, event.time, mode)
            if self._is_late(event):
                self.sums.leave_out(class_id, "late_labels", 1)

    def _is_late(self, event: Event) -> bool:
        """Whether forecasts of the shortest horizon that it belongs to have been scored already."""
        passed = [t for place, t in self.passed.items() if place.endswith(f":{HORIZONS[0]}")]
        return event.time <= max(passed, default=0) + self._shortest_h * HOUR_US

    # --- what was said ------------------------------------------------------------------------
    def _advance(self, p: int, lead: str, heard: Heard) -> bool:
        """Score a partition's forecasts that are due at this horizon."""
        place = f"{p}:{lead}"
        after = self.places.get(place, FIRST_ID.decode()).encode()
        found = self.store.forecasts(p, after, RECORDS_MAX)
        if not found:
            return False
        due = list(self._due(found, lead, heard, heard.until(p)))
        if not due:
            return False
        self._note_loss(p, place, lead, after, due[0][1])
        issued = [record for _, record in due if record is not None]
        for whole in _together(issued):
            self._score(whole, lead, heard)
        if issued:
            self._shortest_h = issued[-1].horizons_h[0]
            self.passed[place] = int(issued[-1].rows["time"].max(initial=0))
        self.places[place] = due[-1][0].decode()
        return True

    def _due(
        self, found: list[tuple[bytes, bytes]], lead: str, heard: Heard, until: int
    ) -> Iterator[tuple[bytes, Issued | None]]:
        """Records up to the first that has to wait; None for one that cannot be read."""
        for number, text in found:
            try:
                issued = unpack_issued(text)
            except WireError:
                self.sums.leave_out("", "unreadable", 1)
                yield number, None
                continue
            h = _hours(issued, lead)
            wait = (h + grace_h(h, heard.step_h.get(issued.class_id, 1.0))) * HOUR_US
            times = issued.rows["time"]
            if (times[times <= heard.now_us + AHEAD_US] + wait > until).any():
                return
            yield number, issued

    def _note_loss(
        self, p: int, place: str, lead: str, after: bytes, issued: Issued | None
    ) -> None:
        """Whether entries behind our place were trimmed: then the last one passed is gone too."""
        if after == FIRST_ID or issued is None or place not in self.passed:
            return
        ms, seq = stream_id(after)
        before = b"%d-%d" % ((ms, seq - 1) if seq else (ms - 1, 2**63))
        still = self.store.forecasts(p, before, 1)
        if still and still[0][0] != after:
            self.lost = [*self.lost, [lead, self.passed[place], int(issued.rows["time"][0])]][-50:]

    def _score(self, issued: Issued, lead: str, heard: Heard) -> None:
        ids = heard.machines.get(issued.class_id, ())
        slots = issued.rows["slot"]
        for slot in np.unique(slots).tolist():
            rows = issued.rows[slots == slot]
            sound = rows["time"] <= heard.now_us + AHEAD_US
            if lead == HORIZONS[0]:
                self.sums.leave_out(issued.class_id, "ahead_of_clock", int((~sound).sum()))
            rows = rows[sound]
            if slot < len(ids) and len(rows):
                self._score_machine(issued, lead, ids[slot], rows, heard)

    def _score_machine(
        self, issued: Issued, lead: str, machine_id: str, rows: NDArray[np.void], heard: Heard
    ) -> None:
        """Rows of one machine, in order of time."""
        leads = self.labels.leads(machine_id, rows["time"])
        ran = ~leads.stood
        if lead == HORIZONS[0]:
            self.sums.leave_out(issued.class_id, "standing", int(leads.stood.sum()))
        rows, leads = rows[ran], Leads(leads.failed[ran], leads.served[ran], leads.stood[ran])
        if not len(rows):
            return
        heard_h = (heard.by_machine.get(machine_id, 0) - rows["time"]) / HOUR_US
        self._say(issued, lead, machine_id, rows, leads, heard)
        if lead == HORIZONS[0]:
            self._date(issued, machine_id, rows)
        if lead == HORIZONS[-1]:
            self._bands(issued, rows, leads, heard_h)
        if lead in HORIZONS:
            self._tally(issued, lead, machine_id, rows, leads, heard_h)

    def _tally(
        self,
        issued: Issued,
        lead: str,
        machine_id: str,
        rows: NDArray[np.void],
        leads: Leads,
        heard_h: Array,
    ) -> None:
        n, h = HORIZONS.index(lead), _hours(issued, lead)
        column = outcome_of(leads.failed, leads.served, h)
        seen = (np.minimum(leads.failed, leads.served) <= h) | (heard_h >= h)
        self.sums.leave_out(issued.class_id, f"unknown_{lead}", int((~seen).sum()))
        rows, column = rows[seen], column[seen]
        p = rows["p"][:, n].astype(FLOAT)
        class_id, version = issued.class_id, issued.model_version
        self.sums.score(class_id, lead, version, rows["time"] // WEEK_US, p, column)
        failed = np.where(np.isfinite(leads.failed[seen]), leads.failed[seen], 0.0)
        failed_at = rows["time"] + np.rint(failed * HOUR_US).astype(np.int64)
        self.sums.score_machine((class_id, lead, version), machine_id, p, column, failed_at)

    def _bands(self, issued: Issued, rows: NDArray[np.void], leads: Leads, heard_h: Array) -> None:
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
            self.sums.place(issued.class_id, version, places, width)
        hits: list[int] = np.flatnonzero(failed & (leads.failed <= h)).tolist()
        if hits:
            u = [_transform(issued, rows[n], float(leads.failed[n])) for n in hits]
            part = outcome_of(leads.failed[hits], leads.served[hits], h)
            self.sums.transform(issued.class_id, version, np.array(u), part)

    def _date(self, issued: Issued, machine_id: str, rows: NDArray[np.void]) -> None:
        for row in rows[rows["life_h"][:, 2] <= issued.horizons_h[-1]]:
            if self.episodes.is_armed(self.labels, machine_id, int(row["time"])):
                self.episodes.date(machine_id, _said(issued, row) | {"machine": machine_id})

    def _say(
        self,
        issued: Issued,
        lead: str,
        machine_id: str,
        rows: NDArray[np.void],
        leads: Leads,
        heard: Heard,
    ) -> None:
        """What was said this long before a failure of the same life."""
        h = _hours(issued, lead)
        gap = grace_h(h, heard.step_h.get(issued.class_id, 1.0))
        near = (leads.failed >= h) & (leads.failed < h + gap) & (leads.failed <= leads.served)
        for n in np.flatnonzero(near).tolist():
            row, failed = rows[n], float(leads.failed[n])
            said = _said(issued, row)
            if lead in HORIZONS:
                said["p"] = _number(row["p"][HORIZONS.index(lead)])
            said["inside"] = bool(row["life_h"][0] <= failed <= row["life_h"][2])
            failed_at = int(row["time"]) + round(failed * HOUR_US)
            self.episodes.say(lead, machine_id, failed_at, said)

    # --- keeping ------------------------------------------------------------------------------
    def _write(self) -> bool:
        place = {
            "events": self.events_after,
            "places": self.places,
            "passed": self.passed,
            "lost": self.lost,
        }
        text = orjson.dumps(place)
        changes: dict[str, bytes | None] = self.sums.changes()
        changes["labels"] = orjson.dumps(self.labels.document())
        changes["episodes"] = orjson.dumps(self.episodes.document())
        changes["position"] = text
        try:
            self.store.commit_desk(DeskCommit({KIND: changes}, (KIND, "position", self._text)))
        except StaleError:
            self._load()  # another scorer was faster: go on from its places
            return True
        self._text = text
        return True


def _together(issued: list[Issued]) -> list[Issued]:
    """Records of one class and version as one, in their order."""
    groups: dict[tuple[Any, ...], list[Issued]] = {}
    for record in issued:
        key = (record.class_id, record.model_version, *record.horizons_h)
        groups.setdefault(key, []).append(record)
    return [own[0]._replace(rows=np.concatenate([r.rows for r in own])) for own in groups.values()]


def _hours(issued: Issued, lead: str) -> float:
    return issued.horizons_h[HORIZONS.index(lead)] if lead in HORIZONS else THREE_DAYS_H


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


def _json(text: bytes | None) -> Any:
    return None if text is None else orjson.loads(text)
