"""What one machine's page needs besides the snapshot: its past, and its risk curve."""

from collections.abc import Callable
from typing import Any

import numpy as np

from dashboard.data.cache import Computed
from dashboard.figures.signals import Past, past_of
from dashboard.outlook import risk_curve
from dashboard.past import past_of_estimate, past_of_rows
from dashboard.snapshot import Snapshot
from twin.catalogue import Catalogue
from twin.modelfile import ClassModel, default_model, parse_model
from twin.pipeline.history import estimate, history
from twin.plant import Machine, MachineClass, Plant
from twin.stores.base import Store

__all__ = ["CURVE_S", "MachinePast"]

CURVE_S = 10
"""Wall seconds for which a risk curve of a machine serves all its readers."""
PAST_S = 1
"""Wall seconds for which a past does: the live stream joins on to it."""


class MachinePast:
    """Reads histories and states of single machines, when a page asks for them."""

    def __init__(self, store: Store, wall_us: Callable[[], int]) -> None:
        self.store, self._wall_us = store, wall_us
        self._computed = Computed(getattr(store, "url", ""))

    def curve(self, snapshot: Snapshot, machine: Machine) -> dict[str, Any] | None:
        """The machine's probability of failure over the horizon, at most CURVE_S old."""
        key = f"curve:{machine.id}"
        return self._computed.get(key, CURVE_S, lambda: self._new_curve(snapshot, machine))

    def _new_curve(self, snapshot: Snapshot, machine: Machine) -> dict[str, Any] | None:
        class_id, slot = snapshot.slots[machine.id]
        partition, n = slot % self.store.partitions, slot // self.store.partitions
        kept = self.store.load_checkpoint(partition)
        machine_class = snapshot.plant.classes[class_id]
        if kept is None or machine_class.twin.family == "linear":
            return None
        state = np.frombuffer(kept.state.get(class_id, b""), np.float64)
        return risk_curve(self._model(class_id, machine_class), machine_class, state, n)

    def past(self, plant: Plant, machine: Machine, span_s: float) -> Past:
        """The machine's last span_s seconds of plant time, as of at most PAST_S ago."""
        key = f"past:{machine.id}:{span_s:g}"
        return self._computed.get(key, PAST_S, lambda: self._new_past(plant, machine, span_s))

    def _new_past(self, plant: Plant, machine: Machine, span_s: float) -> Past:
        machine_class = plant.class_of(machine)
        text = self.store.catalogue()
        if text is None:
            return past_of(len(machine_class.sensors))
        end = self.store.clock().plant_now(self._wall_us())
        asked = machine.id, end - int(span_s * 1e6), end
        catalogue = Catalogue.from_json(text)
        period_s, zone = machine_class.period_s, plant.zone
        if machine_class.twin.family == "linear":
            # Its estimate is not kept with the history; the stream brings it from now on.
            rows = history(self.store, catalogue, *asked)
            return past_of_rows(rows, len(machine_class.sensors), period_s, zone)
        model = self._model(machine.class_id, machine_class)
        trend = model.trend(machine_class)
        found = estimate(self.store, catalogue, trend, model.version, *asked)
        return past_of_estimate(trend, found.rows, found.trace, period_s, zone)

    def _model(self, class_id: str, machine_class: MachineClass) -> ClassModel:
        text = self.store.model(class_id)
        if text is None:
            return default_model(class_id, machine_class)
        return parse_model(text)
