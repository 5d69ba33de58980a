"""Row numbers and lane orders that outlive every change of the plant file.

A machine's slot, once given, is its own for the plant's life: packed beliefs, views and streams
are addressed by it. A machine that leaves the plant file is retired and keeps its slot; if it
comes back it finds it again. The lanes of a class (sensors, then inputs) form a numbered list: any
change of it makes a new number, and rows of an older one are carried over by name.

Pure: the store keeps the JSON.
"""

import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple

from twin.errors import SchemaError
from twin.plant import MachineClass, Plant

__all__ = ["Catalogue", "ClassSlots", "Lanes", "Place"]

FORMAT = 1


class Place(NamedTuple):
    """Where a machine's rows are: its class and its slot there."""

    class_id: str
    slot: int


class Lanes(NamedTuple):
    """Order of the values in a row of a class: sensors, then inputs."""

    sensors: tuple[str, ...]
    inputs: tuple[str, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        return self.sensors + self.inputs


@dataclass(frozen=True)
class ClassSlots:
    """One class: who has which slot, who has left, and every order its lanes ever had."""

    slots: tuple[str, ...] = ()
    """Machine id by slot, retired ones included."""
    retired: dict[str, int] = field(default_factory=dict)
    """Machine id → version of the catalogue that retired it."""
    lanes: tuple[Lanes, ...] = ()
    """Version n of the lanes is lanes[n - 1]; the last one holds now."""

    def update(self, machine_ids: list[str], lanes: Lanes | None, version: int) -> "ClassSlots":
        """The class once the plant file names these machines and lanes (None: no such class)."""
        new = tuple(i for i in machine_ids if i not in set(self.slots))
        present = set(machine_ids)
        gone = {i: self.retired.get(i, version) for i in self.slots if i not in present}
        changed = lanes is not None and (not self.lanes or self.lanes[-1] != lanes)
        kept = (*self.lanes, lanes) if changed and lanes is not None else self.lanes
        return ClassSlots(self.slots + new, gone, kept)


@dataclass(frozen=True)
class Catalogue:
    """Slots and lanes of all classes; the version counts changes of any kind."""

    version: int = 0
    classes: dict[str, ClassSlots] = field(default_factory=dict)
    digest: str = ""
    """Of the plant file: a changed limit or cost makes a new version too."""

    def update(self, plant: Plant) -> "Catalogue":
        """The catalogue after the plant file was read (again); itself if nothing changed."""
        version, digest = self.version + 1, sha256(plant.model_dump_json().encode()).hexdigest()
        if digest == self.digest:
            return self
        classes = {
            c: self.classes.get(c, ClassSlots()).update(
                [m.id for m in plant.machines_of(c)], _lanes(plant.classes.get(c)), version
            )
            for c in sorted(self.classes.keys() | plant.classes.keys())
        }
        return Catalogue(version, classes, digest)

    def slot(self, machine_id: str) -> Place:
        """Class and slot of a machine, retired or not. Raises KeyError if it never existed.

        A machine that changed its class has two: the present one, else the one left last.
        """
        found = [
            (entry.retired.get(machine_id, self.version + 1), Place(c, slot))
            for c, entry in self.classes.items()
            for slot in [_index(entry.slots, machine_id)]
            if slot is not None
        ]
        if not found:
            raise KeyError(machine_id)
        return max(found)[1]

    def places(self) -> dict[str, Place]:
        """Class and slot of every machine that is in the plant now."""
        return {
            machine_id: Place(c, slot)
            for c, entry in self.classes.items()
            for slot, machine_id in enumerate(entry.slots)
            if machine_id not in entry.retired
        }

    def machines(self, class_id: str) -> list[str | None]:
        """Machine id by slot; None where the machine is retired."""
        entry = self.classes[class_id]
        return [None if i in entry.retired else i for i in entry.slots]

    def machines_ever(self, class_id: str) -> tuple[str, ...]:
        """Machine id by slot, retired ones included."""
        return self.classes[class_id].slots

    def is_retired(self, machine_id: str) -> bool:
        """Whether the machine is known but not in the plant file. Raises KeyError if unknown."""
        return machine_id in self.classes[self.slot(machine_id).class_id].retired

    def n_slots(self, class_id: str) -> int:
        return len(self.classes[class_id].slots)

    def lane_version(self, class_id: str) -> int:
        """Number of the lane list that holds now, from 1; what a wire entry carries."""
        return len(self.classes[class_id].lanes)

    def lanes(self, class_id: str, version: int | None = None) -> Lanes:
        """Lane list of a version (None: now). Raises KeyError where there is none such."""
        lists = self.classes[class_id].lanes
        number = len(lists) if version is None else version
        if not 1 <= number <= len(lists):
            raise KeyError(f"{class_id}: lane version {version}, want 1 to {len(lists)}")
        return lists[number - 1]

    def remap(self, class_id: str, version: int) -> list[int]:
        """For every lane of now, its index in the rows of an older version; -1 where it had none.

        A sensor that became an input, or the reverse, is another lane.
        """
        old, new = self.lanes(class_id, version), self.lanes(class_id)
        index = {("s", i): n for n, i in enumerate(old.sensors)}
        index |= {("u", i): n + len(old.sensors) for n, i in enumerate(old.inputs)}
        now = [*(("s", i) for i in new.sensors), *(("u", i) for i in new.inputs)]
        return [index.get(lane, -1) for lane in now]

    def to_json(self) -> str:
        """As kept in the store; `from_json` restores it exactly."""
        return json.dumps(
            {
                "format": FORMAT,
                "version": self.version,
                "digest": self.digest,
                "classes": {
                    c: {
                        "slots": entry.slots,
                        "retired": entry.retired,
                        "lanes": [{"sensors": v.sensors, "inputs": v.inputs} for v in entry.lanes],
                    }
                    for c, entry in self.classes.items()
                },
            }
        )

    @classmethod
    def from_json(cls, text: str | bytes) -> "Catalogue":
        """Read what to_json wrote. Raises SchemaError where it is something else."""
        try:
            document = json.loads(text)
            if document["format"] != FORMAT:
                raise SchemaError(f"catalogue: got format {document['format']!r}, want {FORMAT}")
            classes = {c: _class_slots(entry) for c, entry in document["classes"].items()}
            return cls(int(document["version"]), classes, str(document["digest"]))
        except (ValueError, KeyError, TypeError) as error:
            raise SchemaError(f"catalogue: not readable: {error!r}") from error


def _class_slots(entry: dict[str, Any]) -> ClassSlots:
    lanes = tuple(Lanes(tuple(v["sensors"]), tuple(v["inputs"])) for v in entry["lanes"])
    return ClassSlots(tuple(entry["slots"]), dict(entry["retired"]), lanes)


def _lanes(machine_class: MachineClass | None) -> Lanes | None:
    if machine_class is None:
        return None
    return Lanes(tuple(machine_class.sensor_ids), tuple(machine_class.input_ids))


def _index(ids: tuple[str, ...], machine_id: str) -> int | None:
    return ids.index(machine_id) if machine_id in ids else None
