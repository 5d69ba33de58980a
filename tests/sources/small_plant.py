"""Plants of the demonstration's classes in any number, for tests of sources and ingest."""

from functools import cache
from pathlib import Path
from typing import Any

from twin.catalogue import Catalogue
from twin.plant import Plant, load_plant

DEMO = Path(__file__).parents[2] / "twin" / "demo" / "plant.toml"
T0 = 1_760_000_000_000_000
"""A Thursday in October 2025, µs UTC."""


@cache
def demo() -> Plant:
    return load_plant(DEMO)


def plant_with(counts: dict[str, int], **changes: Any) -> tuple[Plant, Catalogue]:
    """So many machines of each class; changes replace top-level tables of the plant file."""
    document = demo().model_dump(by_alias=True, exclude_unset=True)
    document["class"] = {c: document["class"][c] for c in counts}
    document["machine"] = [
        {"id": f"{c}-{n:02d}", "class": c, "line": document["line"][0]["id"]}
        for c, n_machines in counts.items()
        for n in range(1, n_machines + 1)
    ]
    plant = Plant.model_validate(document | changes)
    return plant, Catalogue().update(plant)
