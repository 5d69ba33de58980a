"""Setting up and producing by machine and quarter of an hour, where operations are reported.

AUST and AUPT of ISO 22400-2 are times of a work unit: each machine has its own setup ratio, and a
line's is of the sums of its machines.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

__all__ = ["UnitTime", "UnitTimes"]


class UnitTime(NamedTuple):
    """Seconds of one machine between reported starts and ends."""

    ran_s: float = 0.0
    setup_s: float = 0.0
    """AUST."""

    def plus(self, other: "UnitTime") -> "UnitTime":
        """Both together."""
        return UnitTime(self.ran_s + other.ran_s, self.setup_s + other.setup_s)

    @property
    def setup_ratio(self) -> float | None:
        """AUST / AUPT, AUPT = APT + AUST; None where no setup was reported."""
        return self.setup_s / (self.ran_s + self.setup_s) if self.setup_s > 0 else None


class UnitTimes:
    """Kept by number of the quarter and machine; where nothing is told there is nothing."""

    def __init__(self, kept: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        """kept: what `document` gave. Raises TypeError, ValueError or AttributeError."""
        self._times = {
            int(bucket): {m: UnitTime(*map(float, times)) for m, times in machines.items()}
            for bucket, machines in (kept or {}).items()
        }

    def add(self, bucket: int, machine: str, time: UnitTime) -> None:
        """Add what a machine did in a quarter."""
        if any(time):
            quarter = self._times.setdefault(bucket, {})
            quarter[machine] = quarter.get(machine, UnitTime()).plus(time)

    def forget(self, last: int) -> None:
        """Drop quarters up to this one."""
        self._times = {bucket: times for bucket, times in self._times.items() if bucket > last}

    def since(self, bucket: int) -> dict[str, UnitTime]:
        """Machine → its times from a quarter on."""
        found: dict[str, UnitTime] = {}
        for quarter, times in self._times.items():
            for machine, time in times.items() if quarter >= bucket else ():
                found[machine] = found.get(machine, UnitTime()).plus(time)
        return found

    def document(self) -> dict[str, dict[str, list[float]]]:
        """As it is stored."""
        return {
            str(bucket): {machine: [round(s, 1) for s in time] for machine, time in times.items()}
            for bucket, times in self._times.items()
        }
