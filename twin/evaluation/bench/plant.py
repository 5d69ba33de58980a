"""A plant of n equal machines with 8 sensors and a failure model of the usual size."""

from typing import Any

import numpy as np

from twin.catalogue import Catalogue
from twin.core.hazard import lead_bins
from twin.evaluation.bench.scenario import N_SENSORS
from twin.modelfile import ClassModel, HazardModel, ModeModel, default_model
from twin.pipeline.site import Site
from twin.plant import Plant
from twin.stores.base import Store

__all__ = ["CLASS", "bench_plant", "bench_site"]

CLASS = "machine"
HORIZON = 168.0
DF = 5
RANK = 32
FACTORS = 6


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
                    {"id": f"s{i}", "unit": "", "normal": [15.0, 25.0]} for i in range(N_SENSORS)
                ],
                "failure_mode": [{"id": "wear"}],
            }
        },
        "machine": [{"id": f"m{n}", "class": CLASS, "line": "line"} for n in range(n_machines)],
    }
    return Plant.model_validate(document)


def bench_site(store: Store, n_machines: int) -> Site:
    """The plant with its catalogue and model, in the store as a start would put them there."""
    plant = bench_plant(n_machines)
    catalogue = Catalogue().update(plant)
    store.set_catalogue(catalogue.to_json().encode())
    return Site(plant, catalogue, {CLASS: _model(plant)})


def _model(plant: Plant) -> ClassModel:
    """A hazard of the size that a fit has (one mode, 38 features); its numbers are arbitrary."""
    rng = np.random.default_rng(1)
    base, pairs = 2 * N_SENSORS + 1, FACTORS * (FACTORS + 1) // 2
    width = 1 + base + pairs
    coef = rng.normal(0.0, 0.05, (DF, width))
    coef[:, 0] = -6.0
    factor = rng.normal(0.0, 0.01, (RANK, DF, width))
    hazard = HazardModel(
        sensors=plant.classes[CLASS].sensor_ids,
        edges=lead_bins(HORIZON).tolist(),
        df=DF,
        centre=[0.0] * base,
        scale=[1.0] * base,
        low=[-4.0] * base,
        high=[4.0] * base,
        components=rng.normal(0.0, 0.3, (base, FACTORS)).tolist(),
        product_centre=[0.0] * pairs,
        product_scale=[1.0] * pairs,
        modes=[
            ModeModel(
                id="wear",
                n_failures=100,
                coef=coef.tolist(),
                factor=factor.tolist(),
                reference=[0.0] * (N_SENSORS + 1),
            )
        ],
        provisional=False,
    )
    model = default_model(CLASS, plant.classes[CLASS])
    return model.model_copy(update={"hazard_model": hazard, "version": 1})
