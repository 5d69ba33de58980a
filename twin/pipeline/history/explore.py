"""Any window of any machine's history, as it is drawn: one line a sensor, extremes and gaps kept.

explorer = Explorer(open_store(settings), load_plant(settings.plant))
view = explorer.view("mill-01", ["spindle_vib_mms"], moment("2026-03-02T06:00:00+01:00"), ...)
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.catalogue import Catalogue
from twin.core.statespace import Trend
from twin.errors import DataError
from twin.modelfile import ClassModel, default_model, parse_model
from twin.pipeline.history.archive import Archive
from twin.pipeline.history.thin import Line, thin
from twin.pipeline.history.window import RAW_MAX, Beliefs, Samples, Window, read_window
from twin.plant import Machine, Plant
from twin.stores.base import Store

__all__ = ["POINTS", "Z95", "Explorer", "Series", "Subject", "View", "moment", "series_of"]

POINTS = 1500
"""Points of a line; half as many are drawn of the estimate."""
MARKS_MAX = 300
STALE_PERIODS = 3
Z95 = 1.959963984540054

Array = NDArray[np.float64]


class Subject(NamedTuple):
    """A machine, and how its twin sees it; trend None for families whose past is not kept."""

    machine: Machine
    catalogue: Catalogue
    model: ClassModel
    trend: Trend | None
    sensors: list[str]
    period_s: float


class Series(NamedTuple):
    """One sensor in the plant's unit; lines break at gaps."""

    sensor: str
    measured: Line
    estimate: Line
    half: Array
    """Half width of the 95 % band of a reading, at the points of the estimate."""
    uncertain: Line
    not_believed: Line
    bad: NDArray[np.int64]
    """Times at which the source said that the value must not be used."""


class View(NamedTuple):
    series: list[Series]
    is_raw: bool
    """Every sample is among the points that were chosen from, none by its piece alone."""
    n_samples: int


class Explorer:
    """Reads of one store for one plant; safe to share between threads."""

    def __init__(self, store: Store, plant: Plant) -> None:
        self.store, self.plant, self.archive = store, plant, Archive(store)
        self._catalogue: tuple[bytes, Catalogue] = b"", Catalogue()
        self._models: dict[str, tuple[bytes, ClassModel, Trend]] = {}

    def subject(self, machine_id: str) -> Subject:
        """A machine of the plant. Raises DataError for one that there is not."""
        machine = next((m for m in self.plant.machines if m.id == machine_id), None)
        catalogue = self._catalogue_now()
        if machine is None or machine_id not in catalogue.places():
            raise DataError(f"machine: got {machine_id!r}, want one of the plant's")
        machine_class = self.plant.class_of(machine)
        model, trend = self._model(machine.class_id)
        known = None if machine_class.twin.family == "linear" else trend
        sensors = machine_class.sensor_ids
        return Subject(machine, catalogue, model, known, sensors, machine_class.period_s)

    def window(
        self, subject: Subject, start: int, end: int, raw_max: int | None = RAW_MAX
    ) -> Window:
        """What is known from start to end, µs UTC; raw_max None: every sample, however many."""
        version, machine_id = subject.model.version, subject.machine.id
        asked = subject.catalogue, subject.trend, version, machine_id
        gap_us = int(STALE_PERIODS * subject.period_s * 1e6)
        return read_window(self.archive, *asked, start, end, raw_max, gap_us)

    def count(self, subject: Subject, start: int, end: int) -> int:
        """About how many samples are known from start to end."""
        return self.window(subject, start, end, 0).n_samples

    def view(
        self, machine_id: str, sensors: Sequence[str], start: int, end: int, points: int = POINTS
    ) -> View:
        """Sensors of a machine from start to end (µs UTC), as they are drawn. Raises DataError."""
        subject = self.subject(machine_id)
        unknown = [s for s in sensors if s not in subject.sensors]
        if unknown:
            raise DataError(f"sensors: got {', '.join(unknown)}, want {', '.join(subject.sensors)}")
        found = self.window(subject, start, end)
        period_us = int(subject.period_s * 1e6)
        series = [series_of(found, s, subject.sensors.index(s), period_us, points) for s in sensors]
        return View(series, found.is_raw, found.n_samples)

    def held(self, machine_id: str) -> tuple[int, int, int] | None:
        """First time of which anything is known, first of which samples are, and last sealed."""
        catalogue = self._catalogue_now()
        records = self.archive.overview(catalogue, machine_id)
        spans = self.archive.spans(catalogue, machine_id)
        if not len(records):
            return None
        first, last = int(records["start"].min()), int(records["end"].max())
        kept = min((span.start for span in spans), default=last)  # resets among them
        return first, max(first, kept), last

    def _catalogue_now(self) -> Catalogue:
        text = self.store.catalogue()
        if text is None:
            raise DataError("history: nothing was received yet")
        if text != self._catalogue[0]:
            self._catalogue = text, Catalogue.from_json(text)
        return self._catalogue[1]

    def _model(self, class_id: str) -> tuple[ClassModel, Trend]:
        text = self.store.model(class_id) or b""
        held = self._models.get(class_id)
        if held is None or held[0] != text:
            machine_class = self.plant.classes[class_id]
            model = parse_model(text) if text else default_model(class_id, machine_class)
            held = self._models[class_id] = text, model, model.trend(machine_class)
        return held[1], held[2]


def series_of(found: Window, sensor: str, n: int, period_us: int, points: int = POINTS) -> Series:
    """Sensor n of a window, thinned to so many points."""
    samples, limit = found.samples, STALE_PERIODS * period_us
    measured = _measured(samples, n, limit, points)
    level, half = _estimate(found.beliefs, samples, n, limit, points // 2)
    bit = np.uint32(1 << n)
    return Series(
        sensor=sensor,
        measured=measured,
        estimate=level,
        half=half,
        uncertain=_marks(samples, n, (samples.uncertain & bit) > 0),
        not_believed=_marks(samples, n, (samples.gated & bit) > 0),
        bad=samples.start[(samples.bad & bit) > 0][:MARKS_MAX],
    )


def moment(text: str) -> int:
    """µs UTC of an ISO time with its offset. Raises DataError without one."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise DataError(f"time: got {text!r}, want 2026-03-02T06:00:00+01:00") from error
    if at.tzinfo is None:
        raise DataError(f"time: got {text!r}, want it with its offset from UTC")
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _measured(samples: Samples, n: int, limit: int, points: int) -> Line:
    """Lowest and highest of each piece in turn; of a sample the value itself, once."""
    known = np.flatnonzero(np.isfinite(samples.low[:, n]))
    start, end = samples.start[known], samples.end[known]
    twice = (samples.low[known, n] != samples.high[known, n]).astype(np.intp)
    at = np.repeat(np.arange(len(known)), 1 + twice)
    is_second = np.diff(at, prepend=-1) == 0
    time = np.where(is_second, start[at] + (end - start)[at] // 2, start[at])
    value = np.where(is_second, samples.high[known, n][at], samples.low[known, n][at])
    gap_after = np.zeros(len(at), bool)
    last = np.flatnonzero(np.diff(at, append=-1) != 0)
    gap_after[last] = _gaps(start, end, limit)
    return thin(time, value, gap_after, points)


def _gaps(start: NDArray[np.int64], end: NDArray[np.int64], limit: int) -> NDArray[np.bool_]:
    """After which pieces nothing came for longer than the limit, or than the sensor's own pace."""
    if not len(start):
        return np.zeros(0, bool)
    step = start[1:] - end[:-1]
    usual = STALE_PERIODS * float(np.median(step)) if len(step) else 0.0
    return np.append(step > max(limit, usual), False)


def _estimate(
    beliefs: Beliefs, samples: Samples, n: int, limit: int, points: int
) -> tuple[Line, Array]:
    """The level, with a break wherever the machine was silent between two beliefs."""
    if not beliefs.level.shape[1]:
        none = np.zeros(0)
        return Line(np.zeros(0, np.int64), none, np.zeros(0, np.intp)), none
    known = np.flatnonzero(np.isfinite(beliefs.level[:, n]))
    time, level = beliefs.time[known], beliefs.level[known, n]
    silent = samples.end[_gaps(samples.start, samples.end, limit)]
    gap_after = np.diff(np.searchsorted(silent, time), append=0) > 0
    line = thin(time, level, gap_after, points)
    sd = np.where(line.place < 0, np.nan, beliefs.sd[known, n][line.place])
    return line, Z95 * sd


def _marks(samples: Samples, n: int, which: NDArray[np.bool_]) -> Line:
    """Readings that are marked: at most MARKS_MAX, evenly chosen."""
    places = np.flatnonzero(which & np.isfinite(samples.high[:, n]))
    places = places[:: max(1, -(-len(places) // MARKS_MAX))]
    return Line(samples.start[places], samples.high[places, n].astype(np.float64), places)
