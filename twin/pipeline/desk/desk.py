"""The desk: the single writer that folds people's actions and the plant's events, in their order.

A step reads what is new of both streams, merges it by stream id, folds it into the state and
commits documents, events, stream entries and position at once, provided that the position is still
the one it began with. So a desk that dies anywhere, or two desks at once, lose nothing and do
nothing twice.
"""

import sys
import time
from collections.abc import Callable
from typing import Any

from twin.actions import Action, unpack_action
from twin.errors import SchemaError, StoreError
from twin.pipeline.desk import alarms, orders, reports
from twin.pipeline.desk.alarm_summary import summary
from twin.pipeline.desk.aside import spoilt_under, tell, with_aside
from twin.pipeline.desk.effects import Context, Effects
from twin.pipeline.desk.handling import HANDLERS, UNDOERS, handled, undone
from twin.pipeline.desk.kept import DESK, POSITION, load_state, take_changes
from twin.pipeline.desk.lines import action_line, plant_line
from twin.pipeline.desk.state import DeskState
from twin.pipeline.orders.orders import PROGRESS_KINDS
from twin.pipeline.site import Site
from twin.pipeline.view_rows import read_rows
from twin.stores.base import FIRST_ID, DeskCommit, Documents, Store, WireEntry, stream_id
from twin.types import Event

__all__ = ["BATCH_MAX", "Desk"]

BATCH_MAX = 500
"""Entries of each stream that a step takes."""
SUMMARY_S = 5.0
"""Wall time between two looks at the figures of a quiet alarm system."""
ALARM_KINDS = frozenset({"alarm_on", "alarm_off", "alarm_limit"})
REPORT_KINDS = frozenset({"failure", "repair"})


class Desk:
    """`step` until told to stop. `handlers` and `undoers` may be added to before the first step."""

    def __init__(
        self, store: Store, site: Site, clock: Callable[[], int] = lambda: time.time_ns() // 1000
    ) -> None:
        self.store, self.site = store, site
        self.handlers = HANDLERS | {"action.undo": self._undo}
        self.undoers = dict(UNDOERS)
        self.n_folded = 0
        self._clock = clock
        self._state: DeskState | None = None
        self._events: list[Event] = []
        self._entries: dict[int, list[WireEntry]] = {}
        self._documents: dict[str, dict[str, bytes | None]] = {}
        self._next_summary = 0.0

    def change_site(self, site: Site) -> None:
        """The plant file was changed."""
        self.site = site
        if self._state is not None:
            alarms.forget_gone(self._state, site)

    def step(self) -> int:
        """Fold what is new; how many entries. Raises StoreError: the next step begins anew."""
        now_us = self.store.clock().plant_now(self._clock())
        try:
            state = self._state or self._load(now_us)
            self._state = state
            n = self._fold_new(state, now_us)
            alarms.pass_time(state, now_us)
            alarms.hold_by_design(state, now_us)
            self._sum_up(state, now_us, bool(n))
            if n or state.is_changed:
                self._commit(state)
            self.n_folded += n
            return n
        except Exception:  # half a step must not be gone on from
            self._forget()
            raise

    # --- reading --------------------------------------------------------------------------
    def _load(self, now_us: int) -> DeskState:
        state = load_state(self.store, now_us)
        alarms.forget_gone(state, self.site)
        if self._has_gap(state):
            self._catch_up(state, now_us)
        return state

    def _has_gap(self, state: DeskState) -> bool:
        """Whether the stream has dropped the last event that was read, and perhaps later ones."""
        oldest = self.store.events(FIRST_ID, 1)
        begun = state.events_after != FIRST_ID
        return begun and bool(oldest) and stream_id(oldest[0][0]) > stream_id(state.events_after)

    def _catch_up(self, state: DeskState, now_us: int) -> None:
        """Events were dropped from the stream before they were read: say so, and take from the
        views which alarms are over."""
        line_id = f"trimmed-{state.events_after.decode()}"
        state.write(plant_line(line_id, now_us, "stream.trimmed", None, {}))
        rows = read_rows(self.store, self.site)
        for alarm_id, entry in list(state.alarms.items()):
            row = rows.get(entry.machine)
            if row is None or not entry.alarm.active:
                continue
            machine = next(m for m in self.site.plant.machines if m.id == entry.machine)
            lane = self.site.plant.class_of(machine).sensor_ids.index(entry.sensor)
            if not int(row["beyond"]) >> lane & 1:
                gone = Event(now_us, "alarm_off", entry.machine, {"sensor": entry.sensor})
                alarms.fold_alarm(state, gone, f"{line_id}-{alarm_id}", self.site)

    def _fold_new(self, state: DeskState, now_us: int) -> int:
        """Merge both streams by id; where one has more than a batch, the other waits for it."""
        events = self.store.events(state.events_after, BATCH_MAX)
        actions = self.store.actions(state.actions_after, BATCH_MAX)
        if len(events) == BATCH_MAX and self._has_gap(state):  # far behind
            self._catch_up(state, now_us)
        full = [found[-1][0] for found in (events, actions) if len(found) == BATCH_MAX]
        last = min(map(stream_id, full)) if full else None
        new: list[tuple[tuple[int, int], int, bytes, Any]] = []
        new += [(stream_id(i), 0, i, event) for i, event in events]
        new += [(stream_id(i), 1, i, text) for i, text in actions]
        taken = sorted((x for x in new if last is None or x[0] <= last), key=lambda x: x[:2])
        for _, kind, entry_id, what in taken:
            if kind == 0:
                self._take_event(state, f"e{entry_id.decode()}", what)
                state.events_after = entry_id
            else:
                self._fold_action(state, entry_id.decode(), what, now_us)
                state.actions_after = entry_id
        return len(taken)

    # --- folding --------------------------------------------------------------------------
    def _take_event(self, state: DeskState, event_id: str, event: Event) -> None:
        """Fold an event; one that cannot be would come again after every restart: it is said."""
        try:
            self._fold_event(state, event_id, event)
        except (StoreError, MemoryError):
            raise
        except Exception as error:
            print(f"desk: {event.kind} {event_id}: {error!r}", file=sys.stderr, flush=True)

    def _fold_event(self, state: DeskState, event_id: str, event: Event) -> None:
        """What the plant reports; events that the desk itself made are folded already."""
        if "action" in event.detail:
            return
        if event.kind in ALARM_KINDS:
            alarms.hold_by_design(state, event.time)
            alarms.fold_alarm(state, event, event_id, self.site)
        elif event.kind in REPORT_KINDS and event.machine_id:
            reports.fold_report(state, event, event_id)
            alarms.hold_by_design(state, event.time)
        elif event.kind in PROGRESS_KINDS:
            orders.fold_progress(state, event)

    def _fold_action(self, state: DeskState, action_id: str, text: bytes, now_us: int) -> None:
        try:
            action = unpack_action(text)
        except SchemaError as error:
            detail = {"fault": str(error)[:200]}
            state.write(plant_line(action_id, now_us, "action.malformed", None, detail))
            return
        if action.token:
            claim = f"{action.who}\n{action.token}"  # a token is its person's, as where it came in
            if claim in state.tokens:
                return
            state.tokens.append(claim)
            state.mark("tokens")
        context = Context(self.store, self.site, now_us, action_id, self._documents)
        effects = handled(self.handlers, state, action, context)
        self._events += effects.events
        for p, entries in effects.entries.items():
            self._entries.setdefault(p, []).extend(entries)
        for kind, documents in effects.documents.items():
            self._documents.setdefault(kind, {}).update(documents)
        state.write(action_line(action_id, action, effects))

    def _undo(self, state: DeskState, action: Action, context: Context) -> Effects:
        return undone(self.undoers, state, action, context)

    # --- writing --------------------------------------------------------------------------
    def _sum_up(self, state: DeskState, now_us: int, is_news: bool) -> None:
        if is_news or time.monotonic() >= self._next_summary:
            self._next_summary = time.monotonic() + SUMMARY_S
            state.summary = summary(state, now_us)
            state.mark("alarm_rates")

    def _commit(self, state: DeskState) -> None:
        before = state.position_text
        documents: dict[str, Documents] = {**self._documents}
        for kind, changed in take_changes(state).items():
            documents[kind] = {**documents.get(kind, {}), **changed}
        found = spoilt_under(self.store, documents)
        if found:
            position = max(state.events_after, state.actions_after, key=stream_id)
            documents = with_aside(self.store, documents, found, position)
        expected = (DESK, POSITION, before)
        self.store.commit_desk(DeskCommit(documents, expected, self._events, self._entries))
        tell(self.store, found)
        self._events, self._entries, self._documents = [], {}, {}

    def _forget(self) -> None:
        """Nobody knows whether the last commit arrived: read again what the store holds."""
        self._state = None
        self._events, self._entries, self._documents = [], {}, {}
