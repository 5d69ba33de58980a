"""A plant of n equal machines with 8 sensors, for what needs a plant file."""

from typing import Any

from twin.evaluation.bench.scenario import N_SENSORS
from twin.plant import Plant

__all__ = ["CLASS", "bench_plant"]

CLASS = "machine"


def bench_plant(n_machines: int) -> Plant:
    """One line, one class, machines m0, m1, …; sensors s0 to s7, a sample a second."""
    document: dict[str, Any] = {
        "plant": {"name": "Bench", "simulated": True},
        "line": [{"id": "line"}],
        "class": {
            CLASS: {
                "period_s": 1.0,
                "step_s": 3600.0,
                "sensor": [
                    {"id": f"s{i}", "unit": "", "normal": [-3.0, 3.0]} for i in range(N_SENSORS)
                ],
            }
        },
        "machine": [{"id": f"m{n}", "class": CLASS, "line": "line"} for n in range(n_machines)],
    }
    return Plant.model_validate(document)
