"""One step of the scorer: labels taken up, forecasts whose time has come scored, all written once.

Places and sums are written in one transaction that fails if somebody else has moved the places
meanwhile; then everything is read anew. So a forecast is scored once, however often a step is cut
short.
"""

from collections.abc import Iterator
from typing import Any

import orjson

from twin.core.view import HORIZONS
from twin.errors import WireError
from twin.pipeline.scorer.episodes import Episodes
from twin.pipeline.scorer.heard import AHEAD_US, LEADS, Heard, grace_h, hours_of
from twin.pipeline.scorer.labels import HOUR_US, KEEP_US, Labels
from twin.pipeline.scorer.scoring import Books, score, together
from twin.pipeline.scorer.sums import WEEK_US, Sums
from twin.stores.base import FIRST_ID, READ_MAX, DeskCommit, StaleError, Store, stream_id
from twin.stores.records import Issued, unpack_issued
from twin.types import Event

__all__ = ["KIND", "LABELS_MAX_US", "Scorer"]

KIND = "record_sums"
RECORDS_MAX = 400
"""Records taken at a time: a step stays short, so that the plan is not late."""
CLOSE_H = 8.0
"""Hours past a range of remaining life for which labels are waited for."""
LABELS_MAX_US = 400 * 24 * HOUR_US
"""Labels older than this are kept for nobody, and open dated forecasts are given up."""


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
        books = Books(self.labels, self.episodes, self.sums)
        for whole in together(issued):
            score(books, whole, lead, heard)
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
            h = hours_of(issued, lead)
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


def _json(text: bytes | None) -> Any:
    return None if text is None else orjson.loads(text)
