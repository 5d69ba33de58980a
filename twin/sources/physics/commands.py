"""What is asked of simulated machines from outside: what to run, when to be serviced.

A command is an input of the simulation like its seed: it applies before the first block that begins
at or after its time, so a simulation that is told the same commands again goes the same way again.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

__all__ = ["IDLE", "OWN", "Command", "as_json", "from_json"]

Kind = Literal["drive", "ask", "service", "mend"]
OWN = (float("nan"), float("nan"))
"""Asks for nothing: the machine follows its own demand."""
IDLE = (0.0, 0.0)


class Command(NamedTuple):
    """drive: from now on blocks are short and no service happens that nobody asked for.
    ask: run at this load and speed until asked otherwise, fractions of the rating; speed 0: idle.
    service: stand until `until`, then begin anew, as `note` (id of the service).
    mend: begin anew now, whatever the machine does; no event says so, whoever mended it has.
    """

    time: int
    """µs UTC of the plant."""
    kind: Kind
    machine: str = ""
    load: float = OWN[0]
    speed: float = OWN[1]
    until: int = 0
    note: str = ""


def as_json(commands: Iterable[Command]) -> list[list[Any]]:
    """For orjson, NaN as null."""
    return [[None if v != v else v for v in command] for command in commands]  # noqa: PLR0124


def from_json(lines: Sequence[Sequence[Any]]) -> list[Command]:
    """What as_json made."""
    return [
        Command(*line[:3], *(np.nan if v is None else float(v) for v in line[3:5]), *line[5:])
        for line in lines
    ]
