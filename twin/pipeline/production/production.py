"""OEE from actual starts and ends, or from the views: every look of the planner adds to quarters of
an hour, kept a line; what reports of operations say of setting up and producing, a machine too.

Where a machine's operations are reported, it produces from an actual start to the actual end, and
at the end its planned run time tells how fast it was; a report that comes late counts as if it had
come at once; what setting up took is told apart, where it is reported. Where operations are not,
its newest reading stands for the time since its reading before. That time is unknown where the
machine was silent for more than three periods on average, or where a look came more than an hour
after the last. What was gathered is kept in the store: a planner that starts again goes on.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import orjson

from twin.core.oee import EMPTY, Looks, Tally, tally, total
from twin.core.view import NEVER
from twin.pipeline.production.belated import Accounted, accounted_of, corrections, with_span
from twin.pipeline.production.oee_figures import BUCKET_US, DAY_US, oee_figures
from twin.pipeline.production.producing import UNKNOWN, reading
from twin.pipeline.production.ran import NOTHING, Ran
from twin.pipeline.production.unit_times import UnitTime, UnitTimes
from twin.pipeline.worklist import MachineNow
from twin.plant import Machine, Plant, plant_stands
from twin.stores.base import Store

__all__ = ["BUCKET_US", "ProductionKept", "Seen"]

LOOK_MAX_S = 3600.0
STALE_PERIODS = 3.0
KIND, NAME = "oee", "plant"
SAVE_LOOKS = 5
"""Looks between two writes to the store."""
_Row = tuple[float, bool, bool, float, bool, float]


class Seen(NamedTuple):
    """How far a machine's time is accounted for, µs UTC, and how many samples it had sent."""

    until: int
    n_applied: int


class ProductionKept:
    """Sums a line and quarter of an hour over the last day."""

    def __init__(self) -> None:
        self._seen: dict[str, Seen] = {}
        self._sums: dict[int, dict[str, Tally]] = {}
        self._units = UnitTimes()
        self._accounted: dict[str, Accounted] = {}
        """Of machines whose operations are reported: what late reports are held against."""
        self._worked: dict[str, float] = {}
        """Seconds that operations under way have produced."""
        self._n_looks = 0

    def load(self, store: Store) -> None:
        """Go on from what the store holds, or begin anew where that cannot be read.

        Raises StoreError.
        """
        text = store.documents(KIND).get(NAME)
        if text is None:
            return
        try:
            kept = orjson.loads(text)
            sums = {
                int(bucket): {line: Tally(*sums) for line, sums in lines.items()}
                for bucket, lines in kept["sums"].items()
            }
            seen = {m: Seen(int(kept["until"]), 0) for m in kept["machines"]}
            worked = {str(key): float(s) for key, s in kept.get("worked", {}).items()}
            units = UnitTimes(kept.get("units"))
            accounted = {m: accounted_of(a) for m, a in kept.get("accounted", {}).items()}
        except (AttributeError, KeyError, TypeError, ValueError):  # of another release
            return
        self._sums, self._seen, self._worked, self._units = sums, seen, worked, units
        self._accounted = accounted

    def save(self, store: Store) -> None:
        """Keep what was gathered, at most once in SAVE_LOOKS looks. Raises StoreError."""
        self._n_looks += 1
        if self._n_looks % SAVE_LOOKS or not self._seen:
            return
        document = {
            "until": min(seen.until for seen in self._seen.values()),
            "machines": list(self._seen),
            "worked": {key: round(s, 1) for key, s in self._worked.items()},
            "sums": {
                str(bucket): {line: [round(s, 1) for s in sums] for line, sums in lines.items()}
                for bucket, lines in self._sums.items()
            },
            "units": self._units.document(),
            "accounted": {m: known.document() for m, known in self._accounted.items()},
        }
        store.set_documents(KIND, {NAME: orjson.dumps(document)})

    def look(
        self,
        plant: Plant,
        found: Sequence[MachineNow],
        now_us: int,
        in_service: set[str],
        ran: Ran = NOTHING,
    ) -> None:
        """Add what is seen of the machines at plant time now_us; in_service: planned to stand."""
        works = {line.id: not plant_stands(plant, now_us, line.id) for line in plant.lines}
        # A machine that has left the plant must not hold back the time that all are kept until.
        there = {now.machine.id for now in found}
        self._seen = {m: seen for m, seen in self._seen.items() if m in there}
        by_line: dict[str, list[_Row]] = {}
        told: dict[str, Tally] = {}
        for now in found:
            if now.machine_class.production is not None:
                line = now.machine.line
                planned = works[line] and now.machine.id not in in_service
                rows, own = self._looked_at(now, now_us, planned, ran)
                by_line.setdefault(line, []).extend(rows)
                told[line] = total([told.get(line, EMPTY), own])
        quarter = self._sums.setdefault(now_us // BUCKET_US, {})
        for line, rows in by_line.items():
            columns = (np.array(column) for column in zip(*rows, strict=True))
            seen = [tally(Looks(*columns)), told.get(line, EMPTY)]
            quarter[line] = total([quarter.get(line, EMPTY), *seen])
        oldest = (now_us - DAY_US) // BUCKET_US
        self._sums = {b: sums for b, sums in self._sums.items() if oldest < b}
        self._units.forget(oldest)

    def _looked_at(
        self, now: MachineNow, now_us: int, planned: bool, ran: Ran
    ) -> tuple[list[_Row], Tally]:
        """Rows of Looks of one machine, and what only reports of its operations say."""
        span, row = self._one(now, now_us, planned)
        if not ran.knows(now.machine.id):
            return [row], EMPTY
        counts = planned and not now.is_failed
        self._correct(now.machine, span if counts else None, ran, now_us)
        rows = self._as_ran(now.machine.id, span, row, ran)
        own = self._as_told(now.machine.id, span, rows, ran)
        self._units.add(now_us // BUCKET_US, now.machine.id, UnitTime(own.ran_s, own.setup_s))
        return rows, own

    def _one(self, now: MachineNow, now_us: int, planned: bool) -> tuple[tuple[int, int], _Row]:
        """What is accounted for by this look at one machine: from when to when, a row of Looks."""
        is_absent = now.is_silent or now.row["time"] == NEVER
        until = now_us if is_absent or now.is_failed else int(now.row["time"])
        n_applied = int(now.row["n_applied"])
        before = self._seen.get(now.machine.id, Seen(until, n_applied))
        dt_s = (until - before.until) / 1e6
        if dt_s > 0 or now.machine.id not in self._seen:
            self._seen[now.machine.id] = Seen(until, n_applied)
        periods = max(1, n_applied - before.n_applied) if before.n_applied else 1
        limit_s = min(LOOK_MAX_S, STALE_PERIODS * now.machine_class.period_s * periods)
        is_known = not is_absent and dt_s <= limit_s
        rate, runs, good = reading(now.machine_class, now.row) if is_known else UNKNOWN
        span = (before.until, max(before.until, until))
        return span, (dt_s, planned, now.is_failed, rate, runs, good)

    def _as_ran(self, machine: str, span: tuple[int, int], row: _Row, ran: Ran) -> list[_Row]:
        """The row told apart by actual starts and ends: what was produced in, and the rest."""
        dt_s, planned, is_failed, _, _, good = row
        ran_s = 0.0
        for run, seconds in ran.within(machine, *span) if planned and not is_failed else ():
            self._worked[run.key] = self._worked.get(run.key, 0.0) + seconds
            ran_s += seconds
        ran_s = min(ran_s, max(dt_s, 0.0))
        produced = (ran_s, planned, is_failed, 1.0, True, good)
        return [produced, (dt_s - ran_s, planned, is_failed, 0.0, False, np.nan)]

    def _correct(
        self, machine: Machine, span: tuple[int, int] | None, ran: Ran, now_us: int
    ) -> None:
        """Count again what reports have come too late for; span: what this look accounts for."""
        known = self._accounted.get(machine.id, Accounted())
        runs, found = corrections(known, ran.of(machine.id), BUCKET_US)
        self._accounted[machine.id] = with_span(known, runs, span, now_us - DAY_US)
        for bucket, s in found.produced.items():
            quarter = self._sums.setdefault(bucket, {})
            more = Tally(producing_s=s, made_s=s, ran_s=s)
            quarter[machine.line] = total([quarter.get(machine.line, EMPTY), more])
            self._units.add(bucket, machine.id, UnitTime(ran_s=s))
        for key, s in found.worked.items():
            self._worked[key] = self._worked.get(key, 0.0) + s

    def _as_told(self, machine: str, span: tuple[int, int], rows: list[_Row], ran: Ran) -> Tally:
        """What only reports say of a machine whose rows are those of _as_ran."""
        (ran_s, planned, is_failed, *_), (rest_s, *_) = rows
        slow_s = self._slow_s(machine, span[1], ran)
        if not planned or is_failed:
            return Tally(made_s=-slow_s)
        set_up_s = min(ran.set_up_s(machine, *span), max(0.0, rest_s))
        return Tally(made_s=-slow_s, ran_s=ran_s, setup_s=set_up_s)

    def _slow_s(self, machine: str, until: int, ran: Ran) -> float:
        """By how much operations that have ended took longer than their planned run time; while
        one runs it is taken to be in time, and one that was quicker had a wrong planned time."""
        done = [(run, self._worked.pop(run.key, 0.0)) for run in ran.ended(machine, until)]
        return sum(max(0.0, s - run.planned_s) for run, s in done if run.planned_s > 0)

    def figures(self, plant: Plant, now_us: int) -> dict[str, Any] | None:
        """OEE of what was gathered; None: no class of the plant produces."""
        return oee_figures(plant, self._sums, self._units, now_us)
