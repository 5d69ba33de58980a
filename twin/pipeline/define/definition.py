"""A person's word on each column, checked as the plant file would be."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from twin.core.rows import row_dtype
from twin.core.view import NEVER
from twin.errors import DataError, SchemaError
from twin.pipeline.define.profile import times_of
from twin.pipeline.define.table import read_table
from twin.plant import AlarmLimits, Input, MachineClass, Sensor
from twin.plant.words import Key, Strict, Text

__all__ = ["Column", "Definition", "parse_definition"]

LEAST_SAMPLES = 50


class Column(Strict):
    """One column of the file, and what it is."""

    column: str
    role: Literal["sensor", "input"]
    id: Key
    name: Text = ""
    unit: str = ""
    normal: tuple[float, float] | None = None
    range: tuple[float, float] | None = None
    alarm: AlarmLimits = AlarmLimits()


class Definition(Strict):
    """A class as it is to be."""

    class_id: Key
    name: Text = ""
    time_column: str
    time_unit: Literal["iso", "s", "ms", "us"]
    machine_column: str | None = None
    period_s: Annotated[float, Field(gt=0)]
    step_s: Annotated[float, Field(gt=0)]
    columns: Annotated[list[Column], Field(min_length=1)]
    line: str | None = None
    """Put the file's machines on this line of the plant; None: define the class alone."""

    def machine_class(self) -> MachineClass:
        """The class. Raises SchemaError naming what is wrong."""
        try:
            return MachineClass.model_validate(
                {
                    "name": self.name,
                    "period_s": self.period_s,
                    "step_s": self.step_s,
                    "sensor": [_sensor(c) for c in self.columns if c.role == "sensor"],
                    "input": [_input(c) for c in self.columns if c.role == "input"],
                }
            )
        except ValidationError as error:
            raise SchemaError("; ".join(_fault(e) for e in error.errors())) from error

    def ordered(self) -> list[Column]:
        """Columns in the order of lanes: sensors, then inputs."""
        return sorted(self.columns, key=lambda c: c.role != "sensor")

    def rows(self, path: Path, zone: str) -> dict[str, NDArray[np.void]]:
        """Rows (twin.core.rows) of each machine of the file, by time. Raises DataError."""
        table = read_table(path)
        lanes = self.ordered()
        wanted = {c.column for c in lanes} | {self.time_column}
        missing = sorted(wanted - set(table.cells.columns))
        if missing:
            raise DataError(f"got no column {', '.join(missing)} in the file")
        at = times_of(table, self.time_column, self.time_unit, zone)
        rows = np.zeros(len(at), dtype=row_dtype(len(lanes)))
        rows["time"] = at
        for n, lane in enumerate(lanes):
            rows["value"][:, n] = table.numbers(lane.column)
        names = np.full(len(at), self.class_id + "-01", dtype=object)
        if self.machine_column is not None:
            names = table.cells[self.machine_column].fillna("").to_numpy(dtype=object)
        return _by_machine(rows[at != NEVER], names[at != NEVER])


def parse_definition(document: Mapping[str, Any]) -> Definition:
    """A definition as a browser sends it. Raises SchemaError: key, got and want of every fault."""
    try:
        return Definition.model_validate(document)
    except ValidationError as error:
        raise SchemaError("; ".join(_fault(e) for e in error.errors())) from error


def _by_machine(rows: NDArray[np.void], names: NDArray[np.object_]) -> dict[str, NDArray[np.void]]:
    found = {}
    for name in sorted(set(names.tolist())):
        own = rows[names == name]
        own = own[np.argsort(own["time"], kind="stable")]
        found[str(name)] = own[np.concatenate([[True], np.diff(own["time"]) > 0])]
    most = max((len(own) for own in found.values()), default=0)
    if most < LEAST_SAMPLES:
        raise DataError(f"got {most} samples of a machine at most, want {LEAST_SAMPLES} or more")
    return found


def _sensor(column: Column) -> Sensor:
    if column.normal is None:
        raise SchemaError(f"{column.id}: got no normal range, want [low, high]")
    return Sensor(
        id=column.id,
        name=column.name,
        unit=column.unit,
        normal=column.normal,
        alarm=column.alarm,
    )


def _input(column: Column) -> Input:
    if column.range is None:
        raise SchemaError(f"{column.id}: got no range, want [low, high]")
    return Input(id=column.id, name=column.name, unit=column.unit, range=column.range)


def _fault(error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"]) or "definition"
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] in {"missing", "extra_forbidden", "value_error"}:
        return f"{where}: {message}"
    return f"{where}: got {str(error['input'])[:60]!r}, want: {message}"
