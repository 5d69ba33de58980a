"""Plants for measuring: the demonstration plant's classes with as many machines as wanted."""

import tomllib
from pathlib import Path

import tomli_w

from twin.config import Settings

__all__ = ["write_plant"]


def write_plant(path: Path, n_machines: int = 0, speed: float = 60.0) -> Path:
    """plant.toml of n machines over the demonstration plant's lines and classes (0: its own)."""
    document = tomllib.loads(Settings().plant.read_text())
    document["source"]["simulator"]["speed"] = speed
    if n_machines:
        own = document["machine"]
        document["machine"] = [
            own[n % len(own)] | {"id": f"{own[n % len(own)]['class']}-{n:04d}", "position": n}
            for n in range(n_machines)
        ]
    path.write_text(tomli_w.dumps(document))
    return path
