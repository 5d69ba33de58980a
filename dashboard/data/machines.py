"""What one machine's page needs besides the snapshot: its past, its belief, and what is ahead."""

from collections.abc import Callable
from typing import Any

import numpy as np

from dashboard.data.cache import Computed
from dashboard.figures.signals import Past, past_of
from dashboard.snapshot import Snapshot
from dashboard.states.machine.outlook import Belief, belief_of, risk_curve
from dashboard.states.machine.past import past_of_estimate, past_of_rows
from twin.catalogue import Catalogue
from twin.modelfile import ClassModel, default_model, parse_model
from twin.pipeline.history.history import Estimate, estimate, history
from twin.pipeline.history.tailcache import TailCache
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
        self.computed = Computed(getattr(store, "url", ""))
        self._tails = TailCache(store)

    def curve(self, snapshot: Snapshot, machine: Machine) -> dict[str, Any] | None:
        """The machine's probability of failure over the horizon, at most CURVE_S old."""
        key = f"curve:{machine.id}"
        return self.computed.get(key, CURVE_S, lambda: self._new_curve(snapshot, machine))

    def _new_curve(self, snapshot: Snapshot, machine: Machine) -> dict[str, Any] | None:
        belief = self.belief(snapshot, machine)
        return None if belief is None else risk_curve(belief)

    def belief(self, snapshot: Snapshot, machine: Machine) -> Belief | None:
        """What the twin believes of the machine as of the last checkpoint; None where it has no
        belief that is kept: before its first sample, or of family linear."""
        class_id, slot = snapshot.slots[machine.id]
        partition, n = slot % self.store.partitions, slot // self.store.partitions
        kept = self.store.load_checkpoint(partition)
        machine_class = snapshot.plant.classes[class_id]
        if kept is None or machine_class.twin.family == "linear":
            return None
        state = np.frombuffer(kept.state.get(class_id, b""), np.float64)
        return belief_of(self.model(class_id, machine_class), machine_class, state, n)

    def past(
        self, plant: Plant, machine: Machine, span_s: float, until_us: int | None = None
    ) -> Past:
        """The machine's last span_s seconds of plant time, as of at most PAST_S ago; or those
        before until_us, µs UTC."""
        key = f"past:{machine.id}:{span_s:g}:{until_us or 'now'}"
        return self.computed.get(
            key, PAST_S, lambda: self._new_past(plant, machine, span_s, until_us)
        )

    def _new_past(
        self, plant: Plant, machine: Machine, span_s: float, until_us: int | None
    ) -> Past:
        machine_class = plant.class_of(machine)
        found = self.rows(plant, machine, span_s, until_us)
        if found is None:
            return past_of(len(machine_class.sensors))
        period_s, zone = machine_class.period_s, plant.zone
        if not isinstance(found, Estimate):
            return past_of_rows(found, len(machine_class.sensors), period_s, zone)
        trend = self.model(machine.class_id, machine_class).trend(machine_class)
        return past_of_estimate(trend, found.rows, found.trace, period_s, zone)

    def rows(
        self, plant: Plant, machine: Machine, span_s: float, until_us: int | None = None
    ) -> Estimate | np.ndarray[Any, np.dtype[np.void]] | None:
        """Rows of the last span_s seconds and the filter at each; of family linear, whose
        estimate is not kept with the history, the rows alone. None before there is a plant."""
        machine_class = plant.class_of(machine)
        text = self.store.catalogue()
        if text is None:
            return None
        end = self.now_us() if until_us is None else until_us
        asked = machine.id, end - int(span_s * 1e6), end
        catalogue = Catalogue.from_json(text)
        if machine_class.twin.family == "linear":
            return history(self.store, catalogue, *asked, tails=self._tails)
        model = self.model(machine.class_id, machine_class)
        trend = model.trend(machine_class)
        return estimate(self.store, catalogue, trend, model.version, *asked, tails=self._tails)

    def now_us(self) -> int:
        """The plant's time, µs UTC."""
        return self.store.clock().plant_now(self._wall_us())

    def model(self, class_id: str, machine_class: MachineClass) -> ClassModel:
        """The class's model in force."""
        text = self.store.model(class_id)
        if text is None:
            return default_model(class_id, machine_class)
        return parse_model(text)
