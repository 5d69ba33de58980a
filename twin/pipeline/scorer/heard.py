"""The plant as the scorer finds it, and how far ahead what was said of it looks."""

from collections.abc import Mapping
from typing import NamedTuple

from twin.core.view import HORIZONS
from twin.pipeline.scorer.labels import HOUR_US
from twin.stores.records import Issued

__all__ = ["AHEAD_US", "LEADS", "Heard", "grace_h", "hours_of"]

LEADS = (*HORIZONS, "three_days")
"""Places in a partition's forecasts: a horizon each, and one for what is said of failures."""
THREE_DAYS_H = 72.0
AHEAD_US = 30 * 24 * HOUR_US
"""A forecast further ahead of the clock than this is of a broken clock, and nobody waits for it."""


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


def hours_of(issued: Issued, lead: str) -> float:
    """How far ahead a record looks at this lead."""
    return issued.horizons_h[HORIZONS.index(lead)] if lead in HORIZONS else THREE_DAYS_H
