"""The plant file's table `objectives` in the terms of a problem."""

from twin.plant import Plant
from twin.scheduling.problem import Order, Weights

__all__ = ["order_of", "weights_of"]


def weights_of(plant: Plant) -> Weights:
    """What a unit of each objective is worth at this plant.

    Its factor on stability is in the costs of moving themselves, which totals are told without.
    """
    given = plant.objectives
    return Weights(
        given.makespan_h,
        given.tardiness,
        given.risk,
        given.energy,
        given.changeover,
        given.idle_h,
    )


def order_of(plant: Plant) -> Order | None:
    """In which order they count, by the names of weights; None: by their weighted sum."""
    given = plant.objectives
    if not given.order:
        return None
    return Order(tuple(name.removesuffix("_h") for name in given.order), given.tolerance)
