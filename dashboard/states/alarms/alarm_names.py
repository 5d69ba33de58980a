"""Names for the ids of alarms, machines and failure modes; what has left the plant keeps its id."""

from typing import Any

from twin.plant import Plant

__all__ = ["Names"]


class Names:
    """Made once for a screen's state: looked up by id, however many machines there are."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self._machines = {m.id: m for m in plant.machines}

    def machine(self, machine_id: str) -> Any:
        machine = self._machines.get(machine_id)
        return machine_id if machine is None else machine.name or machine_id

    def alarm(self, alarm_id: str) -> dict[str, Any]:
        """Machine id, and the names of machine and sensor."""
        machine_id, _, sensor_id = alarm_id.partition(":")
        machine = self._machines.get(machine_id)
        sensors = [] if machine is None else self._plant.class_of(machine).sensors
        sensor = next((s.name or s.id for s in sensors if s.id == sensor_id), sensor_id)
        return {"machine": machine_id, "name": self.machine(machine_id), "sensor": sensor}

    def mode(self, machine_id: str | None, mode_id: str | None) -> Any:
        machine = self._machines.get(machine_id or "")
        modes = [] if machine is None else self._plant.class_of(machine).modes
        return next((m.name or m.id for m in modes if m.id == mode_id), mode_id)
